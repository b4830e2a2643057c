package io.upstream4j.distribution;

import io.upstream4j.api.option.ConfigException;
import io.upstream4j.api.option.FileErrors;
import io.upstream4j.core.Upstreams;
import io.upstream4j.core.connect.TransportType;
import io.upstream4j.core.connect.tls.TlsProviders;
import io.upstream4j.core.event.UpstreamEvent;
import io.upstream4j.core.event.UpstreamEvent.ConfigRefused;
import io.upstream4j.core.plugin.PluginException;
import io.upstream4j.distribution.Orders.Order;
import io.upstream4j.distribution.access.AccessLog;
import io.upstream4j.distribution.admin.Admin;
import io.upstream4j.distribution.admin.AdminToken;
import io.upstream4j.distribution.admin.EventLog;
import io.upstream4j.distribution.admin.Webhook;
import io.upstream4j.distribution.admin.WebhookTarget;
import io.upstream4j.distribution.gateway.Gateway;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** {@code upstream serve}: runs a gateway and its admin address until an order to stop. */
final class Serve {
  /** The time after which upstreams that are not ready are logged. */
  private static final long SLOW_START_NANOS = Duration.ofSeconds(5).toNanos();

  private static final long STOP_STEP_MILLIS = 20;

  private final Terminal terminal;
  private final Orders orders;
  private final ServeOptions options;
  private final EventLog events = new EventLog(EventText::of);
  private final ConfigWatch watch = new ConfigWatch();
  private final ConfigWatch certificateWatch = new ConfigWatch();
  private final Log log;
  private volatile boolean loaded;
  private volatile boolean stopping;

  Serve(Terminal terminal, Orders orders, ServeOptions options) {
    this.terminal = terminal;
    this.orders = orders;
    this.options = options;
    this.log =
        new Log(
            terminal.err(),
            options.logFormat(),
            Journal.isAttached() ? null : InstantSource.system());
    BackgroundLog.to(log);
    watch.follow(List.of(options.config())); // before it is read, so that no change is missed
  }

  /** Runs until an order to stop. Returns the exit status. */
  int run() throws InterruptedException {
    if (options.adminToken().isEmpty() && !Admin.isLoopback(options.admin().host())) {
      log.error(
          "--admin "
              + options.admin()
              + ": no loopback address (expected: one, or --admin-token-file as well)");
      return ExitStatus.WRONG;
    }
    Optional<TokenFile> token;
    try {
      token = options.adminToken().map(TokenFile::new);
    } catch (IllegalArgumentException e) {
      log.error("--admin-token-file " + e.getMessage());
      return ExitStatus.WRONG;
    }
    Optional<PidFile> pid;
    try {
      pid = options.pidFile().map(PidFile::write);
    } catch (IllegalArgumentException e) {
      log.error("--pid-file " + e.getMessage());
      return ExitStatus.WRONG;
    }
    try {
      return serve(token, pid);
    } finally {
      pid.ifPresent(PidFile::close);
    }
  }

  private int serve(Optional<TokenFile> token, Optional<PidFile> pid) throws InterruptedException {
    Optional<WebhookFile> webhook;
    try {
      webhook = options.webhook().map(told -> new WebhookFile(told, log::warn));
    } catch (IllegalArgumentException e) {
      log.error("--webhook " + e.getMessage());
      return ExitStatus.WRONG;
    }
    try {
      return serve(token, webhook, pid);
    } finally {
      webhook.ifPresent(it -> it.webhook().close());
    }
  }

  private int serve(Optional<TokenFile> token, Optional<WebhookFile> webhook, Optional<PidFile> pid)
      throws InterruptedException {
    Optional<AccessLog> accessLog;
    try {
      accessLog = options.accessLog().map(told -> told.open(terminal, log));
    } catch (UncheckedIOException e) {
      log.error(
          "--access-log "
              + options.accessLog().orElseThrow().file()
              + ": cannot be written: "
              + reason(e));
      return ExitStatus.WRONG;
    }
    try {
      return serve(token, webhook, pid, accessLog);
    } finally {
      accessLog.ifPresent(AccessLog::close);
    }
  }

  private int serve(
      Optional<TokenFile> token,
      Optional<WebhookFile> webhook,
      Optional<PidFile> pid,
      Optional<AccessLog> accessLog)
      throws InterruptedException {
    TlsListen tls = options.tls();
    orders.listen();
    // Loads the transport in parallel with plug-ins and the file.
    Thread transport = new Thread(TransportType::best, "load-transport");
    transport.setDaemon(true);
    transport.start();
    if (tls != null) {
      certificateWatch.follow(tls.files()); // before they are read
    }
    try {
      Upstreams loaded = unlessStopped("load", () -> load(webhook));
      return loaded == null ? ExitStatus.OK : serve(loaded, token, webhook, pid, accessLog);
    } catch (ConfigException e) {
      log.refused(e);
      return ExitStatus.WRONG;
    } catch (PluginException | TlsListen.UnusableException e) {
      log.error(String.valueOf(e.getMessage()));
      return ExitStatus.WRONG;
    } catch (CannotListenException e) {
      log.error(String.valueOf(e.getMessage()));
      return ExitStatus.FAILED;
    }
  }

  /**
   * Runs a task that plug-ins may block on a thread of its own. Returns null when an order to stop
   * arrives before the task has ended.
   */
  private <T> @Nullable T unlessStopped(String what, Callable<T> task) throws InterruptedException {
    FutureTask<T> result = new FutureTask<>(task);
    Thread thread = new Thread(result, "upstream4j-" + what);
    thread.setDaemon(true);
    thread.start();
    while (!orders.isStopGiven()) {
      try {
        return result.get(STOP_STEP_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        // check for an order and continue to wait
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RuntimeException cause) {
          throw cause;
        }
        throw new IllegalStateException(e.getCause());
      }
    }
    return null;
  }

  private int serve(
      Upstreams loaded,
      Optional<TokenFile> token,
      Optional<WebhookFile> webhook,
      Optional<PidFile> pid,
      Optional<AccessLog> accessLog)
      throws InterruptedException {
    TlsListen tls = options.tls();
    try (Upstreams upstreams = loaded;
        Gateway gateway = new Gateway(upstreams);
        Admin admin =
            new Admin(
                upstreams,
                gateway,
                token.map(TokenFile::token),
                events,
                webhook.map(WebhookFile::webhook))) {
      try {
        if (tls != null) {
          gateway.showAs(tls.identity()); // fails before anything listens if a file is wrong
        }
        gateway.warnTo(log::warn);
        accessLog.ifPresent(gateway::logTo);
        options.traces().ifPresent(gateway::createTraces);
        followFiles(upstreams);
        listen(upstreams, gateway, admin);
        new ServiceManager().ready();
        obey(upstreams, gateway, token, webhook, pid);
      } finally {
        stopping = true;
      }
      return ExitStatus.OK;
    }
  }

  private static String reason(UncheckedIOException e) {
    return e.getCause() == null ? String.valueOf(e.getMessage()) : FileErrors.reason(e.getCause());
  }

  /** A token and the watch of its file, which starts before the file is read. */
  private record TokenFile(FileWatch watch, AdminToken token) {
    TokenFile(Path file) {
      this(new FileWatch(file), new AdminToken(file));
    }
  }

  /** A webhook and the watch of the file with its target. */
  private record WebhookFile(Path file, FileWatch watch, Webhook webhook) {
    WebhookFile(WebhookOptions options, Consumer<String> log) {
      this(
          options.file(),
          new FileWatch(options.file()),
          new Webhook(
              WebhookTarget.read(options.file()),
              options.format(),
              options.kinds(),
              EventText::of,
              log));
    }
  }

  private void listen(Upstreams upstreams, Gateway gateway, Admin admin) {
    ListenAddress at =
        bind("--listen", options.listen(), l -> gateway.start(l.host(), l.port()).getPort());
    ListenAddress adminAt =
        bind("--admin", options.admin(), l -> admin.start(l.host(), l.port()).getPort());
    TlsListen tls = options.tls();
    Log ready = log.to(terminal.out());
    ready.info("listening on http://" + at + " (" + upstreams.connector().transport() + ")");
    if (tls != null) {
      ListenAddress secureAt =
          bind("--tls-listen", tls.address(), l -> gateway.startTls(l.host(), l.port()).getPort());
      ready.info("listening on https://" + secureAt + " (" + TlsProviders.name() + ")");
    }
    options
        .health()
        .ifPresent(
            address -> {
              ListenAddress healthAt =
                  bind("--health", address, l -> admin.startHealth(l.host(), l.port()).getPort());
              ready.info("health on http://" + healthAt);
            });
    ready.info("admin on http://" + adminAt);
  }

  private Upstreams load(Optional<WebhookFile> webhook) {
    Upstreams.Builder builder =
        Upstreams.builder().adjust(RequiredRoutes::checked).listener(this::print).listener(events);
    webhook.ifPresent(it -> builder.listener(event -> tell(it.webhook(), event)));
    options.plugins().forEach(builder::plugins);
    options.transport().ifPresent(builder::transport);
    Upstreams upstreams = builder.load(options.config());
    loaded = true;
    return upstreams;
  }

  private void tell(Webhook webhook, UpstreamEvent event) {
    if (!stopping) {
      webhook.onEvent(event);
    }
  }

  private void print(UpstreamEvent event) {
    // Problems at the start are reported elsewhere, and removals while stopping are not reported.
    if (!stopping && (loaded || !(event instanceof ConfigRefused))) {
      log.event(event);
    }
  }

  private Optional<String> reload(Upstreams upstreams) throws InterruptedException {
    try {
      if (unlessStopped("reload", upstreams::reload) == null) {
        return Optional.empty(); // the order to stop is next
      }
      followFiles(upstreams);
      return Optional.empty();
    } catch (ConfigException | PluginException e) {
      return Optional.of(String.valueOf(e.getMessage())); // the event was logged
    }
  }

  private void followFiles(Upstreams upstreams) {
    List<Path> files = new ArrayList<>(upstreams.files());
    files.add(options.config());
    watch.follow(files);
  }

  private Optional<String> reloadCertificate(Gateway gateway, TlsListen tls) {
    try {
      gateway.showAs(tls.identity());
      log.info("the certificate of " + tls.certificate() + " is shown from now on");
      return Optional.empty();
    } catch (TlsListen.UnusableException e) {
      log.error("certificate refused, the one before stays in use: " + e.getMessage());
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private Optional<String> reread(TokenFile token) {
    token.watch().known();
    try {
      token.token().reread();
      log.info("the admin token was read again");
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      log.error(
          "admin token refused, the one before stays in use: --admin-token-file " + e.getMessage());
      return Optional.of("--admin-token-file " + e.getMessage());
    }
  }

  private Optional<String> reread(WebhookFile webhook) {
    webhook.watch().known();
    try {
      webhook.webhook().target(WebhookTarget.read(webhook.file()));
      log.info("the webhook's file was read again");
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      log.error("webhook refused, the one before stays in use: --webhook " + e.getMessage());
      return Optional.of("--webhook " + e.getMessage());
    }
  }

  private void obey(
      Upstreams upstreams,
      Gateway gateway,
      Optional<TokenFile> token,
      Optional<WebhookFile> webhook,
      Optional<PidFile> pid)
      throws InterruptedException {
    TlsListen tls = options.tls();
    Order order = null;
    long began = System.nanoTime();
    boolean startTold = false;
    while (order != Order.STOP) {
      if (!startTold && System.nanoTime() - began > SLOW_START_NANOS) {
        startTold = true;
        upstreams.unready().forEach(log::warn);
      }
      List<String> problems = new ArrayList<>();
      if (watch.hasChanged() || order == Order.RELOAD) {
        watch.known();
        reload(upstreams).ifPresent(problems::add);
      }
      if (tls != null && (certificateWatch.hasChanged() || order == Order.RELOAD)) {
        certificateWatch.known();
        reloadCertificate(gateway, tls).ifPresent(problems::add);
      }
      if (token.isPresent() && (order == Order.RELOAD || token.get().watch().hasChanged())) {
        reread(token.get()).ifPresent(problems::add);
      }
      if (webhook.isPresent() && (order == Order.RELOAD || webhook.get().watch().hasChanged())) {
        reread(webhook.get()).ifPresent(problems::add);
      }
      if (order == Order.RELOAD) {
        pid.ifPresent(file -> file.reloaded(problems));
      }
      order = orders.take(FileWatch.INTERVAL);
    }
    log.info("stopping");
    new ServiceManager().stopping();
    gateway.leave();
    awaitDrainDelay();
    stopping = true;
    if (!gateway.drain(options.grace())) {
      long active = gateway.stats().active();
      log.warn(
          "cut off after %d ms: %d %s"
              .formatted(options.grace().toMillis(), active, active == 1 ? "request" : "requests"));
    }
  }

  /** Gives load balancers time to notice. Another order to stop ends the wait. */
  private void awaitDrainDelay() throws InterruptedException {
    long end = System.nanoTime() + options.drainDelay().toNanos();
    long left = options.drainDelay().toNanos();
    while (left > 0 && orders.take(Duration.ofNanos(left)) != Order.STOP) {
      left = end - System.nanoTime();
    }
  }

  /** Binds an address. Converts an address in use to an error on which a user can act. */
  static ListenAddress bind(String option, ListenAddress address, Binder binder) {
    try {
      return address.withPort(binder.bind(address));
    } catch (UncheckedIOException e) {
      throw new CannotListenException(option, address, e);
    }
  }

  /** Binds an address and returns the port. */
  @FunctionalInterface
  interface Binder {
    int bind(ListenAddress address);
  }

  /** Thrown when an address that the user chose cannot be bound. */
  static final class CannotListenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CannotListenException(String option, ListenAddress address, UncheckedIOException cause) {
      super(message(option, address, String.valueOf(cause.getMessage())), cause);
    }

    private static String message(String option, ListenAddress address, String reason) {
      return reason.contains("already in use")
          ? "cannot listen on "
              + address
              + ": another program does (expected: a free address, see "
              + option
              + ")"
          : reason;
    }
  }
}
