package io.upstream4j.benchmarks;

import io.servicetalk.client.api.ConnectionFactory;
import io.servicetalk.client.api.LoadBalancedConnection;
import io.servicetalk.client.api.LoadBalancer;
import io.servicetalk.client.api.ServiceDiscovererEvent;
import io.servicetalk.concurrent.api.Completable;
import io.servicetalk.concurrent.api.Publisher;
import io.servicetalk.concurrent.api.Single;
import io.servicetalk.context.api.ContextMap;
import io.servicetalk.loadbalancer.LoadBalancers;
import io.servicetalk.loadbalancer.LoadBalancingPolicies;
import io.servicetalk.loadbalancer.LoadBalancingPolicy;
import io.servicetalk.transport.api.TransportObserver;
import io.upstream4j.benchmarks.Contenders.Prepared;
import java.util.Collection;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * ServiceTalk's balancer. Its choice cannot be called alone, because it returns a connection. Here
 * each host has one connection that does nothing.
 */
final class ServiceTalkPeer {
  private ServiceTalkPeer() {}

  static Prepared roundRobin(int backends) {
    return of(LoadBalancingPolicies.roundRobin().build(), backends);
  }

  static Prepared powerOfTwo(int backends) {
    return of(LoadBalancingPolicies.p2c().build(), backends);
  }

  private static Prepared of(LoadBalancingPolicy<String, Connection> policy, int backends) {
    Collection<ServiceDiscovererEvent<String>> found =
        IntStream.range(0, backends)
            .<ServiceDiscovererEvent<String>>mapToObj(i -> new Found(Peers.host(i)))
            .toList();
    LoadBalancer<Connection> balancer =
        LoadBalancers.<String, Connection>builder("benchmark")
            .loadBalancingPolicy(policy)
            .build()
            .newLoadBalancer(
                Publisher.from(found).concat(Publisher.never()), new Connections(), "benchmark");
    return new Prepared(number -> select(balancer), () -> balancer.closeAsync().toFuture().get());
  }

  private static Object select(LoadBalancer<Connection> balancer) {
    try {
      return balancer.selectConnection(connection -> true, null).toFuture().get();
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  private record Found(String address) implements ServiceDiscovererEvent<String> {
    @Override
    public Status status() {
      return Status.AVAILABLE;
    }
  }

  private static final class Connections implements ConnectionFactory<String, Connection> {
    @Override
    public Single<Connection> newConnection(
        String address, @Nullable ContextMap context, @Nullable TransportObserver observer) {
      return Single.succeeded(new Connection());
    }

    @Override
    public Completable onClose() {
      return Completable.never();
    }

    @Override
    public Completable closeAsync() {
      return Completable.completed();
    }
  }

  private static final class Connection implements LoadBalancedConnection {
    @Override
    public Result tryRequest() {
      return Result.Accepted;
    }

    @Override
    public void requestFinished() {}

    @Override
    public boolean tryReserve() {
      return false;
    }

    @Override
    public Completable releaseAsync() {
      return Completable.completed();
    }

    @Override
    public int score() {
      return 1;
    }

    @Override
    public Completable onClose() {
      return Completable.never();
    }

    @Override
    public Completable closeAsync() {
      return Completable.completed();
    }
  }
}
