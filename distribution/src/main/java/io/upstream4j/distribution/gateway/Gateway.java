package io.upstream4j.distribution.gateway;

import io.upstream4j.core.Upstreams;
import java.net.InetSocketAddress;
import java.time.Duration;

/** SKELETON: bodies to come; the signatures hold. */
public final class Gateway implements AutoCloseable {
  /** Creates a gateway that does not listen yet. The upstreams stay the caller's to close. */
  public Gateway(Upstreams upstreams) {
    throw new IllegalStateException("skeleton " + upstreams);
  }

  /**
   * Listens. Port 0 takes any free one. Blocks until bound.
   *
   * @return the address it listens at
   * @throws java.io.UncheckedIOException when it cannot listen there
   */
  public InetSocketAddress start(String host, int port) {
    throw new IllegalStateException("skeleton " + host + port);
  }

  /** Takes over the routes of the upstreams' configuration; to be called after each reload. */
  public void reloadRoutes() {
    throw new IllegalStateException("skeleton");
  }

  /** What happened so far. */
  public GatewayStats stats() {
    throw new IllegalStateException("skeleton");
  }

  /** Whether {@link #drain} or {@link #close} was called. */
  public boolean isDraining() {
    throw new IllegalStateException("skeleton");
  }

  /**
   * Stops listening, closes idle connections, answers the requests under way and waits for them.
   *
   * @return whether all ended within the limit
   */
  public boolean drain(Duration limit) throws InterruptedException {
    throw new IllegalStateException("skeleton " + limit);
  }

  /** Stops listening and closes all connections at once. */
  @Override
  public void close() {
    throw new IllegalStateException("skeleton");
  }
}
