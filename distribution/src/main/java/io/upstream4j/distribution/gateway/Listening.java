package io.upstream4j.distribution.gateway;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Binds server sockets, with clear errors. */
public final class Listening {
  private Listening() {}

  /**
   * Binds a server socket. Blocks until bound.
   *
   * @throws UncheckedIOException when it cannot bind; the message has the address and the reason
   */
  public static Channel at(String host, int port, ServerBootstrap bootstrap) {
    ChannelFuture bound = bootstrap.bind(host, port).awaitUninterruptibly();
    Throwable cause = bound.cause();
    if (cause == null) {
      return bound.channel();
    }
    String address = (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    throw new UncheckedIOException(
        "cannot listen on " + address + ": " + cause.getMessage(),
        cause instanceof IOException failure ? failure : new IOException(cause));
  }
}
