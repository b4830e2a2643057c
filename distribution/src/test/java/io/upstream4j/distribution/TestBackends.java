package io.upstream4j.distribution;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Backends that answer with their names. */
final class TestBackends implements AutoCloseable {
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final List<DemoBackend> started = new ArrayList<>();

  DemoBackend start(String name) {
    DemoBackend backend = new DemoBackend(name, loops.next());
    backend.start();
    started.add(backend);
    return backend;
  }

  /** Returns a configuration with these backends and a health check of {@code /healthz}. */
  static String yaml(DemoBackend... backends) {
    List<String> addresses = new ArrayList<>();
    for (DemoBackend backend : backends) {
      addresses.add("\"" + backend.address() + "\"");
    }
    return "upstreams:\n  web:\n    addrs: "
        + addresses
        + "\n    health_check: { http: { path: /healthz }, check_frequency: 1h }\n";
  }

  @Override
  public void close() {
    for (DemoBackend backend : started) {
      backend.die();
    }
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
