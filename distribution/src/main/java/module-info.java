/** The {@code upstream} command, the gateway and its admin address. */
@org.jspecify.annotations.NullMarked
module io.upstream4j.distribution {
  requires io.upstream4j.api;
  requires io.upstream4j.core;
  requires static org.jspecify;
  requires com.fasterxml.jackson.core;
  requires com.fasterxml.jackson.databind;
  requires com.fasterxml.jackson.dataformat.toml;
  requires info.picocli;
  requires io.netty.buffer;
  requires io.netty.codec;
  requires io.netty.codec.http;
  requires io.netty.codec.http2;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.transport;
  requires io.netty.transport.classes.epoll; // socket of systemd
  requires io.netty.transport.unix.common;
  requires java.logging; // used by Netty
  requires java.net.http; // used by the webhook
  requires jdk.unsupported; // sun.misc.Signal

  provides System.LoggerFinder with
      io.upstream4j.distribution.BackgroundLog;

  opens io.upstream4j.distribution to
      info.picocli;
}
