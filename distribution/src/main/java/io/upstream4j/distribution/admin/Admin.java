package io.upstream4j.distribution.admin;

import io.upstream4j.core.Upstreams;
import io.upstream4j.distribution.gateway.Gateway;
import java.net.InetSocketAddress;

/** SKELETON: bodies to come; the signatures hold. */
public final class Admin implements AutoCloseable {
  /** Creates an admin server that does not listen yet. */
  public Admin(Upstreams upstreams, Gateway gateway) {
    throw new IllegalStateException("skeleton " + upstreams + gateway);
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

  /** Stops listening and closes all connections. */
  @Override
  public void close() {
    throw new IllegalStateException("skeleton");
  }
}
