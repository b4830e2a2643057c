package io.upstream4j.core.config;

import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.option.Problems;
import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.Http2Options;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.peer.PoolLimits;
import io.upstream4j.core.peer.ResponseLimits;
import io.upstream4j.core.peer.SocketOptions;
import io.upstream4j.core.peer.Timeouts;
import io.upstream4j.core.peer.TlsOptions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Reads how an upstream's backends are reached, and checks that keys are consistent. */
final class PeerReader {
  private static final List<Option<?>> KEEP_ALIVE =
      List.of(Keys.TCP_IDLE, Keys.TCP_INTERVAL, Keys.TCP_PROBE_COUNT);

  private static final List<Option<?>> OF_HTTP2 =
      List.of(
          Keys.MAX_H2_STREAMS,
          Keys.H2_PING_INTERVAL,
          Keys.H2_STREAM_WINDOW,
          Keys.H2_CONNECTION_WINDOW);

  private final Problems problems;
  private final FileAccess files;

  PeerReader(Problems problems, FileAccess files) {
    this.problems = problems;
    this.files = files;
  }

  /**
   * Reads the options, or adds problems and returns null. Skips checks with keys that already have
   * a problem.
   */
  @Nullable PeerOptions read(Options options, String path) {
    int before = problems.size();
    checkTimeouts(options, path);
    checkTls(options, path);
    checkHttp2(options, path);
    checkKeepAlive(options, path);
    checkConnections(options, path);
    TlsOptions tls = tls(options, path);
    boolean complete = Keys.ALL.stream().allMatch(key -> isReadable(options, key));
    if (problems.size() > before || !complete) {
      return null;
    }
    return new PeerOptions(
        options.get(Keys.ALPN),
        Optional.ofNullable(tls),
        new Timeouts(
            options.get(Keys.CONNECTION_TIMEOUT),
            options.get(Keys.TOTAL_CONNECTION_TIMEOUT),
            options.get(Keys.READ_TIMEOUT),
            options.get(Keys.WRITE_TIMEOUT),
            options.get(Keys.IDLE_TIMEOUT)),
        new PoolLimits(
            options.get(Keys.MAX_CONNECTIONS),
            options.get(Keys.MAX_PENDING),
            options.get(Keys.PENDING_TIMEOUT),
            options
                .find(Keys.MAX_REQUESTS_PER_CONNECTION)
                .map(OptionalInt::of)
                .orElse(OptionalInt.empty()),
            options.find(Keys.MAX_CONNECTION_AGE),
            options.get(Keys.MIN_IDLE_CONNECTIONS)),
        new SocketOptions(
            options.find(Keys.TCP_IDLE),
            options.find(Keys.TCP_INTERVAL),
            options.find(Keys.TCP_PROBE_COUNT),
            options.find(Keys.TCP_USER_TIMEOUT),
            options.find(Keys.TCP_RECV_BUF).map(Math::toIntExact),
            options.get(Keys.TCP_FAST_OPEN),
            options.find(Keys.BIND_TO),
            options.find(Keys.DSCP)),
        new Http2Options(
            options.get(Keys.MAX_H2_STREAMS),
            options.find(Keys.H2_PING_INTERVAL),
            Math.toIntExact(options.get(Keys.H2_STREAM_WINDOW)),
            Math.toIntExact(options.get(Keys.H2_CONNECTION_WINDOW))),
        new ResponseLimits(
            options.get(Keys.MAX_RESPONSE_FIELDS),
            Math.toIntExact(options.get(Keys.MAX_RESPONSE_HEAD))));
  }

  /** Returns whether a key has a value or is not given. A given key without a value was refused. */
  private static boolean isReadable(Options options, Option<?> key) {
    return options.find(key).isPresent() || !options.isGiven(key);
  }

  private @Nullable TlsOptions tls(Options options, String path) {
    boolean verify = options.find(Keys.VERIFY_CERT).orElse(true);
    String name = options.find(Keys.SNI).orElse(null);
    if (name == null) {
      return null;
    }
    TlsOptions plain =
        new TlsOptions(name, verify, options.find(Keys.VERIFY_HOSTNAME).orElse(verify));
    return options
        .find(Keys.TLS)
        .map(node -> new TlsReader(problems, files).read(plain, node, path + "." + Keys.TLS.name()))
        .orElse(plain);
  }

  private void checkTimeouts(Options options, String path) {
    Duration connection = options.find(Keys.CONNECTION_TIMEOUT).orElse(null);
    Duration total = options.find(Keys.TOTAL_CONNECTION_TIMEOUT).orElse(null);
    if (connection == null || total == null || total.compareTo(connection) >= 0) {
      return;
    }
    Option<?> culprit =
        options.isGiven(Keys.TOTAL_CONNECTION_TIMEOUT)
            ? Keys.TOTAL_CONNECTION_TIMEOUT
            : Keys.CONNECTION_TIMEOUT;
    problems.add(
        options.location(culprit),
        path + "." + culprit.name(),
        "total_connection_timeout is shorter than connection_timeout: "
            + seconds(total)
            + " and "
            + seconds(connection)
            + " (expected: at least as long, since it includes the TLS handshake)");
  }

  private void checkConnections(Options options, String path) {
    Integer most = options.find(Keys.MAX_CONNECTIONS).orElse(null);
    Integer idle = options.find(Keys.MIN_IDLE_CONNECTIONS).orElse(null);
    if (most != null && idle != null && idle > most) {
      problems.add(
          options.location(Keys.MIN_IDLE_CONNECTIONS),
          path + "." + Keys.MIN_IDLE_CONNECTIONS.name(),
          idle + " (expected: at most max_connections, which is " + most + ")");
    }
  }

  private void checkTls(Options options, String path) {
    for (Option<?> key : List.of(Keys.VERIFY_CERT, Keys.VERIFY_HOSTNAME, Keys.TLS)) {
      if (options.isGiven(key) && !options.isGiven(Keys.SNI)) {
        problems.add(
            options.location(key),
            path + "." + key.name(),
            "has no effect without TLS (expected: sni as well, which turns it on)");
      }
    }
    if (options.find(Keys.VERIFY_HOSTNAME).orElse(false)
        && !options.find(Keys.VERIFY_CERT).orElse(true)) {
      problems.add(
          options.location(Keys.VERIFY_HOSTNAME),
          path + "." + Keys.VERIFY_HOSTNAME.name(),
          "true while verify_cert is false (expected: verify_cert: true, since a name in a"
              + " certificate that anyone may have made proves nothing)");
    }
  }

  private void checkHttp2(Options options, String path) {
    Alpn alpn = options.find(Keys.ALPN).orElse(Alpn.H1);
    if (alpn == Alpn.H2H1 && !options.isGiven(Keys.SNI)) {
      problems.add(
          options.location(Keys.ALPN),
          path + "." + Keys.ALPN.name(),
          "H2H1 without TLS, whose handshake chooses between the two (expected: sni as well, or H1"
              + " or H2)");
    }
    checkWindows(options, path);
    for (Option<?> key : OF_HTTP2) {
      if (options.isGiven(key) && alpn == Alpn.H1 && !isRefused(options, Keys.ALPN)) {
        problems.add(
            options.location(key),
            path + "." + key.name(),
            "has no effect on HTTP/1.1 (expected: alpn: H2 or H2H1 as well)");
      }
    }
  }

  private void checkWindows(Options options, String path) {
    long stream = options.find(Keys.H2_STREAM_WINDOW).orElse(0L);
    long connection = options.find(Keys.H2_CONNECTION_WINDOW).orElse(Long.MAX_VALUE);
    if (stream > connection) {
      Option<?> culprit =
          options.isGiven(Keys.H2_CONNECTION_WINDOW)
              ? Keys.H2_CONNECTION_WINDOW
              : Keys.H2_STREAM_WINDOW;
      problems.add(
          options.location(culprit),
          path + "." + culprit.name(),
          "h2_connection_window is less than h2_stream_window: "
              + connection
              + " and "
              + stream
              + " bytes (expected: at least as much, since it holds for all streams together)");
    }
  }

  private static boolean isRefused(Options options, Option<?> key) {
    return !isReadable(options, key);
  }

  private void checkKeepAlive(Options options, String path) {
    List<Option<?>> given = KEEP_ALIVE.stream().filter(options::isGiven).toList();
    if (given.isEmpty()) {
      return;
    }
    for (Option<?> key : KEEP_ALIVE) {
      if (!given.contains(key)) {
        problems.add(
            options.location(given.get(0)),
            path + "." + given.get(0).name(),
            "without "
                + key.name()
                + " (expected: tcp_idle, tcp_interval and tcp_probe_count"
                + " together)");
        return;
      }
    }
    for (Option<Duration> key : List.of(Keys.TCP_IDLE, Keys.TCP_INTERVAL)) {
      if (options.find(key).orElse(Duration.ZERO).toMillis() % 1_000 != 0) {
        problems.add(
            options.location(key),
            path + "." + key.name(),
            options.find(key).orElseThrow().toMillis() + "ms (expected: whole seconds)");
      }
    }
  }

  private static String seconds(Duration duration) {
    long millis = duration.toMillis();
    return millis % 1_000 == 0 ? millis / 1_000 + "s" : millis + "ms";
  }
}
