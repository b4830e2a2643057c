package io.upstream4j.distribution.admin;

import static java.util.Objects.requireNonNull;

import io.upstream4j.core.Upstreams;
import io.upstream4j.core.connect.Connector;
import io.upstream4j.distribution.gateway.Gateway;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells the state of upstreams and gateway, and changes it. What it answers is described in {@code
 * docs/admin.md}.
 *
 * <p>Everybody on the machine may use it at a loopback address; at any other, and anywhere when it
 * has a token, only who has the token, but for the page itself and for what says whether the
 * process is live and ready. That, and metrics, may have an address of their own as well.
 *
 * <p>Runs on the event loops of the upstreams' connector. All methods may be called by any thread
 * but those loops.
 */
public final class Admin implements AutoCloseable {
  /** The largest body that is read: of an upstream with some thousand addresses. */
  static final int MAX_BODY_BYTES = 1 << 20;

  static final int MAX_LINE_BYTES = 4 * 1024;
  static final int MAX_HEAD_BYTES = 8 * 1024;

  /** Requests that one connection sends before it has its answers; beyond, it is closed. */
  static final int MAX_PIPELINED = 128;

  /** What a connection may be sent beyond what its client reads, before that waits. */
  static final int MAX_UNSENT_BYTES = 64 * 1024;

  // Of a thread without work.
  private static final int IDLE_SECONDS = 60;

  // Two, so that a change that takes long does not keep the state from being read.
  private static final int WORKERS = 2;

  private final @Nullable AdminToken token;
  private final AdminServer server;
  private final AdminServer health;
  private final ThreadPoolExecutor worker;

  /**
   * Creates an admin server that does not listen yet.
   *
   * @param token opens it; empty for a loopback address only
   * @param events hears those of the upstreams
   * @param webhook whose losses are told; empty when there is none
   */
  public Admin(
      Upstreams upstreams,
      Gateway gateway,
      Optional<AdminToken> token,
      EventLog events,
      Optional<Webhook> webhook) {
    this.token = token.orElse(null);
    this.worker =
        new ThreadPoolExecutor(
            WORKERS,
            WORKERS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(AdminLimits.MAX_CONNECTIONS),
            task -> {
              Thread made = new Thread(task, "upstream4j-admin");
              made.setDaemon(true);
              return made;
            });
    worker.allowCoreThreadTimeOut(true);
    Connector connector = upstreams.connector();
    AdminLimits limits = new AdminLimits();
    AdminRoutes routes =
        new AdminRoutes(
            upstreams,
            requireNonNull(gateway, "gateway"),
            requireNonNull(events, "events"),
            () -> webhook.map(Webhook::undelivered).orElse(0L),
            limits,
            worker);
    this.server = new AdminServer(connector, routes, new AdminAccess(this.token), limits, worker);
    this.health =
        new AdminServer(
            connector, routes.probes(), AdminGuard.Access.OPEN, new AdminLimits(), worker);
  }

  /**
   * Listens. Port 0 takes any free one. Blocks until bound.
   *
   * @return the address it listens at
   * @throws java.io.UncheckedIOException when it cannot listen there
   * @throws IllegalStateException when the address is no loopback address and there is no token
   */
  public InetSocketAddress start(String host, int port) {
    if (token == null && !isLoopback(host)) {
      throw new IllegalStateException(
          host + " is no loopback address (expected: one, or a token, see --admin-token-file)");
    }
    return server.start(host, port);
  }

  /**
   * Listens for those who ask for readiness and metrics, who need no token and get nothing else. As
   * {@link #start}, at any address.
   */
  public InetSocketAddress startHealth(String host, int port) {
    return health.start(host, port);
  }

  /** Whether only programs of this machine reach what listens there. Blocks for a name. */
  public static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(requireNonNull(host, "host")).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /** The most that any connection holds which was not sent yet. For tests. */
  long mostUnsentBytes() {
    return server.mostUnsentBytes();
  }

  /** Stops listening and closes all connections. A change under way comes to its end. */
  @Override
  public void close() {
    worker.shutdown();
    server.close();
    health.close();
  }
}
