import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.api.spi.HealthChecker;
import io.upstream4j.api.spi.LoadBalancerProvider;

/** Wires plug-ins into upstreams, picks a peer for each request and pools connections to it. */
@org.jspecify.annotations.NullMarked
@SuppressWarnings("module") // the gateway's is not known when this one is compiled
module io.upstream4j.core {
  requires transitive io.upstream4j.api;
  requires static org.jspecify;
  requires com.fasterxml.jackson.core;
  requires io.netty.buffer;
  requires io.netty.codec;
  requires io.netty.codec.http;
  requires io.netty.codec.http2;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.resolver;
  requires io.netty.transport;
  requires io.netty.transport.classes.epoll;
  requires static io.netty.transport.classes.io_uring; // for programs that want it
  requires org.snakeyaml.engine;
  requires io.netty.transport.unix.common;

  exports io.upstream4j.core;
  exports io.upstream4j.core.config;
  exports io.upstream4j.core.connect;
  exports io.upstream4j.core.connect.codec to
      io.upstream4j.distribution;
  exports io.upstream4j.core.connect.memory;
  exports io.upstream4j.core.connect.tls to
      io.upstream4j.distribution;
  exports io.upstream4j.core.event;
  exports io.upstream4j.core.http;
  exports io.upstream4j.core.http1 to
      io.upstream4j.distribution;
  exports io.upstream4j.core.peer;
  exports io.upstream4j.core.plugin;
  exports io.upstream4j.core.stats;

  provides HealthChecker with
      io.upstream4j.core.probe.TcpChecker;

  uses DiscoveryProvider;
  uses HealthChecker;
  uses LoadBalancerProvider;
}
