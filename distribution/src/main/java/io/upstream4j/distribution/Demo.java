package io.upstream4j.distribution;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.core.Upstreams;
import io.upstream4j.core.event.UpstreamEvent;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.stats.BackendStats;
import io.upstream4j.core.stats.UpstreamStats;
import io.upstream4j.distribution.Serve.CannotListenException;
import io.upstream4j.distribution.admin.Admin;
import io.upstream4j.distribution.admin.EventLog;
import io.upstream4j.distribution.gateway.Gateway;
import io.upstream4j.distribution.gateway.GatewayStats;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@code upstream demo}: demonstrates failover with three backends in this process. */
final class Demo {
  private static final ListenAddress USUAL = new ListenAddress("127.0.0.1", 8080);
  private static final Duration READY_LIMIT = Duration.ofSeconds(5);
  private static final Duration DRAIN_LIMIT = Duration.ofSeconds(5);
  private static final long TICK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final PrintWriter out;
  private final Terminal terminal;
  private final Orders orders;
  private volatile boolean over;

  Demo(Terminal terminal, Orders orders) {
    this.out = terminal.out();
    this.terminal = terminal;
    this.orders = orders;
  }

  /**
   * Runs until an order or for a time. Returns the exit status.
   *
   * @param listen the address of the gateway; null for the default one, or another port if it is in
   *     use
   * @param time null for no limit
   */
  int run(@Nullable ListenAddress listen, @Nullable Duration time) throws InterruptedException {
    orders.listen();
    EventLoopGroup loops =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("demo-backends"), NioIoHandler.newFactory());
    try {
      List<DemoBackend> backends =
          Stream.of("a", "b", "c").map(name -> new DemoBackend(name, loops.next())).toList();
      for (DemoBackend backend : backends) {
        backend.start();
      }
      return run(backends, listen, time);
    } catch (CannotListenException e) {
      terminal.err().println(e.getMessage());
      return ExitStatus.FAILED;
    } finally {
      loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }
  }

  private int run(
      List<DemoBackend> backends, @Nullable ListenAddress listen, @Nullable Duration time)
      throws InterruptedException {
    String yaml = yaml(backends);
    EventLog events = new EventLog(event -> named(EventText.of(event), backends));
    try (Upstreams upstreams =
            Upstreams.builder()
                .listener(event -> print(event, backends))
                .listener(events)
                .load("demo", yaml);
        Gateway gateway = new Gateway(upstreams);
        Admin admin = new Admin(upstreams, gateway, Optional.empty(), events, Optional.empty())) {
      upstreams.awaitReady(READY_LIMIT);
      ListenAddress at = bind(gateway, listen);
      int adminPort = admin.start(USUAL.host(), 0).getPort();
      introduce(at.local(), adminPort, yaml);
      DemoTraffic traffic = traffic(upstreams, at.local());
      DemoTraffic.End running = traffic.start();
      play(backends, upstreams, gateway, time);
      running.within(DRAIN_LIMIT);
      over = true;
      gateway.drain(DRAIN_LIMIT);
      sumUp(backends, upstreams, gateway, traffic);
      return ExitStatus.OK;
    }
  }

  private void print(UpstreamEvent event, List<DemoBackend> backends) {
    if (!over) { // backends removed at the end are not reported
      out.println("  * " + named(EventText.of(event), backends));
    }
  }

  private static String yaml(List<DemoBackend> backends) {
    String addresses =
        backends.stream()
            .map(backend -> "\"" + backend.address() + "\"")
            .collect(Collectors.joining(", "));
    return String.join(
        "\n",
        "upstreams:",
        "  demo:",
        "    addrs: [" + addresses + "]",
        "    health_check: { http: { path: /healthz }, check_frequency: 500ms, success: 2,"
            + " failure: 2 }",
        "");
  }

  private static ListenAddress bind(Gateway gateway, @Nullable ListenAddress chosen) {
    if (chosen != null) {
      return bindTo(gateway, chosen);
    }
    try {
      return bindTo(gateway, USUAL);
    } catch (CannotListenException e) {
      return bindTo(gateway, USUAL.withPort(0)); // not chosen by the user, so use another port
    }
  }

  private static ListenAddress bindTo(Gateway gateway, ListenAddress address) {
    return Serve.bind("--listen", address, l -> gateway.start(l.host(), l.port()).getPort());
  }

  private void introduce(ListenAddress at, int adminPort, String yaml) {
    out.println();
    out.println("Three backends, a, b and c, and a gateway before them with this configuration:");
    out.println();
    yaml.lines().map(line -> "    " + line).forEach(out::println);
    out.println();
    out.println("listening on http://" + at);
    out.println("admin on http://" + USUAL.withPort(adminPort));
    out.println();
    out.println("Try, in another terminal or a browser:");
    out.println("    curl -i http://" + at + "/");
    out.println("    http://" + USUAL.withPort(adminPort) + "/");
    out.println("    curl http://" + USUAL.withPort(adminPort) + "/upstreams");
    out.println();
    out.println("The demo sends 50 requests a second of its own, and lets backends fail:");
  }

  private static DemoTraffic traffic(Upstreams upstreams, ListenAddress gateway) {
    // Options of a peer in this configuration are also suitable for the gateway.
    HttpPeer like = upstreams.get("demo").newHttpPeer();
    return new DemoTraffic(
        upstreams.connector(),
        new HttpPeer(
            "gateway",
            Backend.of(gateway.host(), gateway.port()),
            new InetSocketAddress(gateway.host(), gateway.port()),
            like.options()));
  }

  /** Plays one step of the script and prints one line of counts per second. */
  private void play(
      List<DemoBackend> backends, Upstreams upstreams, Gateway gateway, @Nullable Duration time)
      throws InterruptedException {
    DemoScript script = new DemoScript(backends, what -> out.println("  > " + what));
    long start = System.nanoTime();
    for (int second = 1; ; second++) {
      long elapsed = System.nanoTime() - start;
      long left = time == null ? Long.MAX_VALUE : time.toNanos() - elapsed;
      long untilTick = second * TICK_NANOS - elapsed;
      long pause = Math.max(0, Math.min(untilTick, left));
      if (orders.take(Duration.ofNanos(pause)) != null || left <= untilTick) {
        return;
      }
      script.play(second);
      out.printf(
          "%4ds  %s%n", second, counts(backends, upstreams.get("demo").stats(), gateway.stats()));
    }
  }

  private static String counts(
      List<DemoBackend> backends, UpstreamStats upstream, GatewayStats gateway) {
    StringBuilder line = new StringBuilder();
    line.append(String.format("requests %5d", gateway.requests()));
    for (DemoBackend backend : backends) {
      BackendStats stats = stats(backend, upstream);
      line.append(
          String.format(
              "   %s %5d %s", backend.name(), stats.requests(), stats.healthy() ? "up  " : "DOWN"));
    }
    return line.append(
            String.format("   failed %d   retries %d", failed(gateway), upstream.retries()))
        .toString();
  }

  private static BackendStats stats(DemoBackend backend, UpstreamStats upstream) {
    return upstream.backends().stream()
        .filter(stats -> stats.backend().endpoint().toString().equals(backend.address()))
        .findFirst()
        .orElseThrow();
  }

  private static long failed(GatewayStats gateway) {
    return gateway.responses5xx() + gateway.broken();
  }

  /** Inserts the backend's name before the first mention of its address. */
  private static String named(String text, List<DemoBackend> backends) {
    for (DemoBackend backend : backends) {
      int at = text.indexOf(backend.address());
      if (at >= 0) {
        return text.substring(0, at) + "backend " + backend.name() + " " + text.substring(at);
      }
    }
    return text;
  }

  private void sumUp(
      List<DemoBackend> backends, Upstreams upstreams, Gateway gateway, DemoTraffic traffic) {
    UpstreamStats stats = upstreams.get("demo").stats();
    out.println();
    out.println("Summary");
    Table table = new Table("  what", "count");
    table.add("  requests", Long.toString(gateway.stats().requests()));
    for (DemoBackend backend : backends) {
      table.add(
          "  tries at backend " + backend.name(), Long.toString(stats(backend, stats).requests()));
    }
    table.add("  retries", Long.toString(stats.retries()));
    table.add("  failed", Long.toString(failed(gateway.stats()) + traffic.unanswered()));
    table.print(out);
  }
}
