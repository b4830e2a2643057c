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
 * Serves the state of upstreams and the gateway, and accepts changes. {@code docs/admin.md}
 * describes the API.
 *
 * <p>Without a token, it listens at a loopback address only, and every program of the machine may
 * use it. With a token, clients must present it, except for the page itself and for liveness and
 * readiness. Health and metrics can also have an address of their own.
 *
 * <p>Runs on the event loops of the upstreams' connector. Methods may be called by any thread
 * except those event loops.
 */
public final class Admin implements AutoCloseable {
  /** The limit of a request's body, enough for an upstream with several thousand addresses. */
  static final int MAX_BODY_BYTES = 1 << 20;

  static final int MAX_LINE_BYTES = 4 * 1024;
  static final int MAX_HEAD_BYTES = 8 * 1024;

  /**
   * The requests that a connection may send before it receives their responses; it is closed beyond
   * that.
   */
  static final int MAX_PIPELINED = 128;

  /** The unread bytes that a connection may be sent before writing pauses. */
  static final int MAX_UNSENT_BYTES = 64 * 1024;

  // How long an idle worker thread lives.
  private static final int IDLE_SECONDS = 60;

  // Two threads, so that a slow change does not block reading the state.
  private static final int WORKERS = 2;

  private final @Nullable AdminToken token;
  private final AdminServer server;
  private final AdminServer health;
  private final ThreadPoolExecutor worker;

  /**
   * Creates an admin server that does not listen yet.
   *
   * @param token the token that clients must present; empty for a loopback address only
   * @param events a listener of the upstreams' events
   * @param webhook the webhook whose losses are reported; empty for none
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
   * Starts listening. Port 0 selects a free port. Blocks until bound.
   *
   * @return the bound address
   * @throws java.io.UncheckedIOException when it cannot listen at the address
   * @throws IllegalStateException when the address is not a loopback address and there is no token
   */
  public InetSocketAddress start(String host, int port) {
    if (token == null && !isLoopback(host)) {
      throw new IllegalStateException(
          host + " is no loopback address (expected: one, or a token, see --admin-token-file)");
    }
    return server.start(host, port);
  }

  /**
   * Starts listening for health checks and metrics only, without a token. Like {@link #start}, but
   * at any address.
   */
  public InetSocketAddress startHealth(String host, int port) {
    return health.start(host, port);
  }

  /**
   * Returns whether an address can be reached only from this machine. Blocks if the host is a name.
   */
  public static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(requireNonNull(host, "host")).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /** Returns the greatest number of unsent bytes of any connection. For tests. */
  long mostUnsentBytes() {
    return server.mostUnsentBytes();
  }

  /** Stops listening and closes all connections. A change in progress is completed. */
  @Override
  public void close() {
    worker.shutdown();
    server.close();
    health.close();
  }
}
