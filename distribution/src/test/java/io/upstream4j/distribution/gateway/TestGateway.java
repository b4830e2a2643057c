package io.upstream4j.distribution.gateway;

import io.upstream4j.core.Upstreams;
import io.upstream4j.core.connect.TransportType;
import io.upstream4j.core.stats.BackendStats;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;

/** A gateway in front of an upstream with given backends. */
final class TestGateway implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(20);

  final Upstreams upstreams;
  final Gateway gateway;
  final InetSocketAddress address;

  private TestGateway(String yaml, ClientTimeouts timeouts, ConnectionLimit room)
      throws InterruptedException {
    this(Upstreams.builder().threads(2).load("test.yaml", yaml), timeouts, room);
  }

  private TestGateway(Upstreams upstreams, ClientTimeouts timeouts, ConnectionLimit room)
      throws InterruptedException {
    this.upstreams = upstreams;
    gateway = new Gateway(upstreams, timeouts, room);
    address = gateway.start("127.0.0.1", 0);
    if (!upstreams.awaitReady(PATIENCE)) {
      throw new AssertionError("the upstreams did not become ready");
    }
  }

  static TestGateway of(String yaml) throws InterruptedException {
    return new TestGateway(yaml, ClientTimeouts.DEFAULT, ConnectionLimit.ofProcess());
  }

  /** Starts a gateway with a limit of clients, one event loop, and a transport. */
  static TestGateway withRoom(ConnectionLimit room, TransportType type, TestBackend... backends)
      throws InterruptedException {
    Upstreams upstreams =
        Upstreams.builder().threads(1).transport(type).load("test.yaml", yaml("", backends));
    return new TestGateway(upstreams, ClientTimeouts.DEFAULT, room);
  }

  /** Starts a gateway that sends requests to the backends in turn, without health checks. */
  static TestGateway before(TestBackend... backends) throws InterruptedException {
    return with("", backends);
  }

  /** Starts a gateway with short time-outs for clients. */
  static TestGateway hurrying(ClientTimeouts timeouts, TestBackend... backends)
      throws InterruptedException {
    return new TestGateway(yaml("", backends), timeouts, ConnectionLimit.ofProcess());
  }

  /** Starts a gateway with other limits on clients, such as {@code header_fields: 20}. */
  static TestGateway limiting(String limits, TestBackend... backends) throws InterruptedException {
    return of(yaml("", backends) + "gateway: { limits: { " + limits + " } }\n");
  }

  /** Starts a gateway with additional lines for the upstream. */
  static TestGateway with(String options, TestBackend... backends) throws InterruptedException {
    return of(yaml(options, backends));
  }

  static String yaml(String options, TestBackend... backends) {
    List<String> addresses = List.of(backends).stream().map(b -> '"' + b.address() + '"').toList();
    StringBuilder yaml =
        new StringBuilder("upstreams:\n  api:\n    health_check: none\n    addrs: ")
            .append(addresses)
            .append('\n');
    options.lines().forEach(line -> yaml.append("    ").append(line).append('\n'));
    return yaml.toString();
  }

  RawClient connect() throws IOException {
    return new RawClient(address);
  }

  int inFlight() {
    return upstreams.get("api").stats().backends().stream().mapToInt(BackendStats::inFlight).sum();
  }

  /** Waits for a condition that other threads will fulfil. */
  static void await(String what, BooleanSupplier condition) throws InterruptedException {
    Object never = new Object();
    long end = System.nanoTime() + PATIENCE.toNanos();
    synchronized (never) {
      while (!condition.getAsBoolean()) {
        if (System.nanoTime() - end > 0) {
          throw new AssertionError("never happened: " + what);
        }
        never.wait(5);
      }
    }
  }

  @Override
  public void close() {
    gateway.close();
    upstreams.close();
  }
}
