package io.upstream4j.distribution;

import io.upstream4j.api.option.ConfigException;
import io.upstream4j.core.UpstreamEvent;
import io.upstream4j.core.UpstreamEvent.ConfigRefused;
import io.upstream4j.core.Upstreams;
import io.upstream4j.core.connect.TlsProviders;
import io.upstream4j.core.connect.TransportType;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** {@code upstream serve}: a gateway and its admin address, until it is told to stop. */
final class Serve {
  // So that the first requests find backends that were probed. A backend that does not answer at
  // all must not keep the others from being served, so there is a limit.
  private static final Duration READY_LIMIT = Duration.ofSeconds(5);
  private static final Duration READY_STEP = Duration.ofMillis(50);

  private final Terminal terminal;
  private final Orders orders;
  private final ServeOptions options;
  private final EventLog events = new EventLog(EventText::of);
  private final ConfigWatch watch = new ConfigWatch();
  private final ConfigWatch certificateWatch = new ConfigWatch();
  private volatile boolean stopping;

  Serve(Terminal terminal, Orders orders, ServeOptions options) {
    this.terminal = terminal;
    this.orders = orders;
    this.options = options;
    watch.follow(List.of(options.config())); // before it is read, so that no change is missed
  }

  /** Runs until an order to stop; returns the exit status. */
  int run() throws InterruptedException {
    if (options.adminToken().isEmpty() && !Admin.isLoopback(options.admin().host())) {
      terminal
          .err()
          .println(
              "--admin "
                  + options.admin()
                  + ": no loopback address (expected: one, or --admin-token-file as well)");
      return ExitStatus.WRONG;
    }
    Optional<TokenFile> token;
    try {
      token = options.adminToken().map(TokenFile::new);
    } catch (IllegalArgumentException e) {
      terminal.err().println("--admin-token-file " + e.getMessage());
      return ExitStatus.WRONG;
    }
    Optional<PidFile> pid;
    try {
      pid = options.pidFile().map(PidFile::write);
    } catch (IllegalArgumentException e) {
      terminal.err().println("--pid-file " + e.getMessage());
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
      webhook = options.webhook().map(told -> new WebhookFile(told, terminal.err()::println));
    } catch (IllegalArgumentException e) {
      terminal.err().println("--webhook " + e.getMessage());
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
      accessLog = options.accessLog().map(told -> told.open(terminal));
    } catch (UncheckedIOException e) {
      terminal.err().println("--access-log: cannot be written: " + e.getCause());
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
    // While plug-ins are looked for and the file is read.
    Thread transport = new Thread(TransportType::best, "load-transport");
    transport.setDaemon(true);
    transport.start();
    if (tls != null) {
      certificateWatch.follow(tls.files()); // before they are read
    }
    try (Upstreams upstreams = load(webhook);
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
          gateway.showAs(tls.identity()); // a wrong file is told before anything listens
        }
        gateway.warnTo(terminal.err()::println);
        accessLog.ifPresent(gateway::logTo);
        options.traces().ifPresent(gateway::createTraces);
        followFiles(upstreams);
        if (!awaitReady(upstreams)) {
          return ExitStatus.OK;
        }
        listen(upstreams, gateway, admin);
        new ServiceManager().ready();
        obey(upstreams, gateway, token, webhook, pid);
      } finally {
        stopping = true;
      }
      return ExitStatus.OK;
    } catch (ConfigException | PluginException | TlsListen.UnusableException e) {
      terminal.err().println(e.getMessage());
      return ExitStatus.WRONG;
    } catch (CannotListenException e) {
      terminal.err().println(e.getMessage());
      return ExitStatus.FAILED;
    }
  }

  /** A token and the watch over its file, which begins before it is read. */
  private record TokenFile(FileWatch watch, AdminToken token) {
    TokenFile(Path file) {
      this(new FileWatch(file), new AdminToken(file));
    }
  }

  /** A webhook and the watch over the file that says where it goes. */
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
    terminal.out().printf("listening on http://%s (%s)%n", at, upstreams.connector().transport());
    if (tls != null) {
      ListenAddress secureAt =
          bind("--tls-listen", tls.address(), l -> gateway.startTls(l.host(), l.port()).getPort());
      terminal.out().printf("listening on https://%s (%s)%n", secureAt, TlsProviders.name());
    }
    terminal.out().println("admin on http://" + adminAt);
  }

  private Upstreams load(Optional<WebhookFile> webhook) {
    Upstreams.Builder builder = Upstreams.builder().listener(this::print).listener(events);
    webhook.ifPresent(it -> builder.listener(event -> tell(it.webhook(), event)));
    options.plugins().forEach(builder::plugins);
    options.transport().ifPresent(builder::transport);
    return builder.load(options.config());
  }

  private void tell(Webhook webhook, UpstreamEvent event) {
    if (!stopping) {
      webhook.onEvent(event);
    }
  }

  private void print(UpstreamEvent event) {
    // A refused configuration is told by the reload itself, and that stopping removes is no news.
    if (!stopping && !(event instanceof ConfigRefused)) {
      terminal.err().println(EventText.of(event));
    }
  }

  /** Whether to go on: false when told to stop meanwhile. */
  private boolean awaitReady(Upstreams upstreams) throws InterruptedException {
    long end = System.nanoTime() + READY_LIMIT.toNanos();
    while (!upstreams.awaitReady(READY_STEP)) {
      if (orders.take(Duration.ZERO) == Order.STOP) {
        return false;
      }
      if (System.nanoTime() - end > 0) {
        upstreams.unready().forEach(terminal.err()::println);
        terminal.err().println("listening all the same");
        return true;
      }
    }
    return true;
  }

  private Optional<String> reload(Upstreams upstreams) {
    try {
      upstreams.reload();
      followFiles(upstreams);
      return Optional.empty();
    } catch (ConfigException | PluginException e) {
      terminal.err().println(e.getMessage());
      terminal.err().println("nothing was changed; the configuration before stays in use");
      return Optional.of(String.valueOf(e.getMessage()));
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
      terminal.err().println("the certificate of " + tls.certificate() + " is shown from now on");
      return Optional.empty();
    } catch (TlsListen.UnusableException e) {
      terminal.err().println(e.getMessage());
      terminal.err().println("the certificate before stays in use");
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private Optional<String> reread(TokenFile token) {
    token.watch().known();
    try {
      token.token().reread();
      terminal.err().println("the admin token was read again");
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      terminal.err().println("--admin-token-file " + e.getMessage());
      terminal.err().println("the admin token before stays in use");
      return Optional.of("--admin-token-file " + e.getMessage());
    }
  }

  private Optional<String> reread(WebhookFile webhook) {
    webhook.watch().known();
    try {
      webhook.webhook().target(WebhookTarget.read(webhook.file()));
      terminal.err().println("the webhook's file was read again");
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      terminal.err().println("--webhook " + e.getMessage());
      terminal.err().println("the webhook before stays in use");
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
    while (order != Order.STOP) {
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
    terminal.err().println("stopping");
    new ServiceManager().stopping();
    stopping = true;
    if (!gateway.drain(options.grace())) {
      long active = gateway.stats().active();
      terminal
          .err()
          .printf(
              "cut off after %d ms: %d %s%n",
              options.grace().toMillis(), active, active == 1 ? "request" : "requests");
    }
  }

  /** Binds an address, and makes an address in use an error that a user can act on. */
  static ListenAddress bind(String option, ListenAddress address, Binder binder) {
    try {
      return address.withPort(binder.bind(address));
    } catch (UncheckedIOException e) {
      throw new CannotListenException(option, address, e);
    }
  }

  /** Listens; returns the port. */
  @FunctionalInterface
  interface Binder {
    int bind(ListenAddress address);
  }

  /** An address that the user chose is not to be had. */
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
