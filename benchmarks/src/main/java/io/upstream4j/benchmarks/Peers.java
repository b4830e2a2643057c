package io.upstream4j.benchmarks;

import com.linecorp.armeria.client.ClientRequestContext;
import com.linecorp.armeria.client.Endpoint;
import com.linecorp.armeria.client.endpoint.EndpointGroup;
import com.linecorp.armeria.client.endpoint.EndpointSelectionStrategy;
import com.linecorp.armeria.client.endpoint.EndpointSelector;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import io.smallrye.stork.api.ServiceInstance;
import io.smallrye.stork.impl.DefaultServiceInstance;
import io.smallrye.stork.impl.RoundRobinLoadBalancer;
import io.smallrye.stork.loadbalancer.poweroftwochoices.PowerOfTwoChoicesLoadBalancer;
import io.upstream4j.benchmarks.Contenders.Prepared;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.endpoint.InteractionMetrics;
import io.vertx.core.net.endpoint.LoadBalancer;
import io.vertx.core.net.endpoint.ServerEndpoint;
import io.vertx.core.net.endpoint.ServerInteraction;
import io.vertx.core.net.endpoint.ServerSelector;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Strategies of other libraries, called at the point at which each of them chooses. */
final class Peers {
  private Peers() {}

  /** Returns the contender of a name, such as {@code Armeria: round robin}. */
  static Prepared of(String name, int backends) {
    return switch (name) {
      case "Armeria: round robin" -> armeria(EndpointSelectionStrategy.roundRobin(), backends, 1);
      case "Armeria: round robin weighted" ->
          armeria(EndpointSelectionStrategy.weightedRoundRobin(), backends, 5);
      case "Armeria: sticky" ->
          armeria(
              EndpointSelectionStrategy.sticky(context -> context.path().hashCode()), backends, 1);
      case "gRPC: round robin" -> GrpcPeer.roundRobin(backends);
      case "Vert.x: round robin" -> vertx(LoadBalancer.ROUND_ROBIN, backends);
      case "Vert.x: P2C" -> vertx(LoadBalancer.POWER_OF_TWO_CHOICES, backends);
      case "Vert.x: consistent hash" -> vertxByKey(backends);
      case "Stork: round robin" -> stork(new RoundRobinLoadBalancer(0), backends);
      case "Stork: P2C" -> stork(new StorkPowerOfTwo(), backends);
      case "ServiceTalk: round robin" -> ServiceTalkPeer.roundRobin(backends);
      case "ServiceTalk: P2C" -> ServiceTalkPeer.powerOfTwo(backends);
      default -> throw new IllegalArgumentException("contender: " + name);
    };
  }

  static String host(int backend) {
    return "10.0." + backend / 250 + "." + (backend % 250 + 1);
  }

  private static Prepared armeria(EndpointSelectionStrategy strategy, int backends, int weights) {
    List<Endpoint> endpoints =
        IntStream.range(0, backends)
            .mapToObj(i -> Endpoint.of(host(i), 80).withWeight(1 + i % weights))
            .toList();
    EndpointSelector selector = strategy.newSelector(EndpointGroup.of(endpoints));
    ClientRequestContext[] contexts = new ClientRequestContext[Requests.COUNT];
    String[] keys = Requests.keys();
    for (int i = 0; i < contexts.length; i++) {
      contexts[i] = ClientRequestContext.of(HttpRequest.of(HttpMethod.GET, keys[i]));
    }
    return Prepared.of(number -> selector.selectNow(contexts[number & (Requests.COUNT - 1)]));
  }

  private static Prepared vertx(LoadBalancer balancer, int backends) {
    List<VertxEndpoint> endpoints = vertxEndpoints(balancer, backends);
    ServerSelector selector = balancer.selector(endpoints);
    return Prepared.of(number -> endpoints.get(selector.select()));
  }

  private static Prepared vertxByKey(int backends) {
    List<VertxEndpoint> endpoints = vertxEndpoints(LoadBalancer.CONSISTENT_HASHING, backends);
    ServerSelector selector = LoadBalancer.CONSISTENT_HASHING.selector(endpoints);
    String[] keys = Requests.keys();
    return Prepared.of(
        number -> endpoints.get(selector.select(keys[number & (Requests.COUNT - 1)])));
  }

  private static List<VertxEndpoint> vertxEndpoints(LoadBalancer balancer, int backends) {
    return IntStream.range(0, backends)
        .mapToObj(i -> new VertxEndpoint(host(i), balancer.newMetrics()))
        .toList();
  }

  private record VertxEndpoint(String key, InteractionMetrics<?> metrics)
      implements ServerEndpoint {
    @Override
    public SocketAddress address() {
      return SocketAddress.inetSocketAddress(80, key);
    }

    @Override
    public String protocolId() {
      return "http/1.1";
    }

    @Override
    public ServerInteraction newInteraction() {
      throw new UnsupportedOperationException("only picks are measured");
    }

    @Override
    public Object unwrap() {
      return key;
    }
  }

  private static Prepared stork(io.smallrye.stork.api.LoadBalancer balancer, int backends) {
    List<ServiceInstance> instances =
        IntStream.range(0, backends)
            .<ServiceInstance>mapToObj(
                i -> new DefaultServiceInstance(i, host(i), 80, Optional.empty(), false))
            .toList();
    return Prepared.of(number -> balancer.selectServiceInstance(instances));
  }

  private static final class StorkPowerOfTwo extends PowerOfTwoChoicesLoadBalancer {
    StorkPowerOfTwo() {
      super(false);
    }
  }
}
