package io.upstream4j.core.config;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Problem;
import io.upstream4j.api.option.Shape;
import io.upstream4j.api.option.StatusRange;
import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.IpAddress;
import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.Http2Options;
import io.upstream4j.core.peer.ResponseLimits;
import io.upstream4j.core.peer.TlsOptions;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The keys of an upstream: names, meanings, bounds and defaults. */
final class Keys {
  private static final Duration TICK = Duration.ofMillis(1);
  private static final Duration DAY = Duration.ofDays(1);

  private static final Shape TEXTS = new Shape.ListOf(new Shape.Text());

  // Passed to the discovery, which reads them.
  static final Option<Node> ADDRS =
      any(
              "addrs",
              "the servers, or what else the discovery looks up",
              "a list of \"host:port\" or \"host:port weight\"")
          .shaped(TEXTS)
          .optional();
  static final Option<Node> UPDATE_FREQUENCY =
      any("update_frequency", "how often the discovery looks again", "a duration")
          .shaped(new Shape.Time())
          .optional();
  static final Option<Node> DNS_SERVER =
      any("dns_server", "the name servers to ask", "IP addresses, with or without a port")
          .shaped(TEXTS)
          .optional();
  static final Option<Node> DNS_DOMAIN =
      any("dns_domain", "the domain that names belong to", "a domain").shaped(TEXTS).optional();
  static final Option<Node> DNS_SEARCH =
      any("dns_search", "the domains to try behind a name", "domains").shaped(TEXTS).optional();
  static final Option<Node> IPV4_ONLY =
      any("ipv4_only", "whether IPv6 addresses are left out", "true or false")
          .shaped(new Shape.Flag())
          .optional();

  /** The keys that the discovery reads. */
  static final List<Option<Node>> OF_DISCOVERY =
      List.of(ADDRS, UPDATE_FREQUENCY, DNS_SERVER, DNS_DOMAIN, DNS_SEARCH, IPV4_ONLY);

  // Plug-ins: a short form or a mapping.
  static final Option<Node> DISCOVERY =
      any(
              "discovery",
              "what finds the servers; unless given, dns when one is written by name, else static",
              "a type such as static, or { <type>: { <options> } }")
          .optional();
  static final Option<Node> ALGO =
      any(
              "algo",
              "what chooses among the servers; round_robin unless given",
              "a type such as round_robin, hash:<key>, or { <type>: { <options> } }")
          .optional();
  static final Option<Node> HEALTH_CHECK =
      any(
              "health_check",
              "how the servers are checked; by default tcp",
              "none, a type such as tcp, a URL such as http://host/path, or { <type>: { <options> } }")
          .optional();

  // TLS and HTTP.
  static final Option<String> SNI =
      Option.of(
              "sni",
              "turns TLS on; the name that is sent in the handshake and that the certificate must"
                  + " be for; $host is that of each request",
              "a host name",
              Keys::sni)
          .optional();
  static final Option<Boolean> VERIFY_CERT =
      Option.flag("verify_cert", "whether the certificate must come from a trusted authority")
          .orElse(true);
  static final Option<Boolean> VERIFY_HOSTNAME =
      Option.flag(
              "verify_hostname",
              "whether the certificate must be for the name of sni; true unless verify_cert is"
                  + " false")
          .optional();
  static final Option<Node> TLS =
      any(
              "tls",
              "more on TLS, which sni turns on: whom to trust, and who we are",
              "a mapping with ca, cert, key, verify_name, protocols or ciphers")
          .optional();
  static final Option<Alpn> ALPN =
      Option.of(
              "alpn",
              "the versions of HTTP that are spoken; H2 without sni is HTTP/2 in clear text, and"
                  + " H2H1 needs sni",
              "H1, H2 or H2H1",
              Keys::alpn)
          .shaped(new Shape.Choice(List.of("H1", "H2", "H2H1")))
          .orElse(Alpn.H1);
  static final Option<Integer> MAX_H2_STREAMS =
      Option.integer(
              "max_h2_streams",
              "requests that share one HTTP/2 connection; the server may allow fewer",
              1,
              1_000_000)
          .orElse(Http2Options.DEFAULT.maxStreams());
  static final Option<Duration> H2_PING_INTERVAL =
      Option.duration(
              "h2_ping_interval",
              "how long a silent HTTP/2 connection waits before it is asked whether it lives, and"
                  + " then for the answer",
              TICK,
              DAY)
          .optional();
  static final Option<Long> H2_STREAM_WINDOW =
      Option.size(
              "h2_stream_window",
              "how much of one HTTP/2 response may be under way, or wait for a slow client",
              1_024,
              1L << 30)
          .orElse((long) Http2Options.DEFAULT.streamWindowBytes());
  static final Option<Long> H2_CONNECTION_WINDOW =
      Option.size(
              "h2_connection_window",
              "how much of all responses of one HTTP/2 connection may be under way; at least"
                  + " h2_stream_window",
              65_536,
              1L << 30)
          .orElse((long) Http2Options.DEFAULT.connectionWindowBytes());
  static final Option<Integer> MAX_RESPONSE_FIELDS =
      Option.integer(
              "max_response_fields", "fields of a response's head, and of its trailers", 10, 10_000)
          .orElse(ResponseLimits.DEFAULT.fields());
  static final Option<Long> MAX_RESPONSE_HEAD =
      Option.size(
              "max_response_head",
              "a response's head, and its trailers, where each field counts 32 bytes beside its"
                  + " own",
              1_024,
              1 << 20)
          .orElse((long) ResponseLimits.DEFAULT.bytes());

  // Time limits.
  static final Option<Duration> CONNECTION_TIMEOUT =
      Option.duration("connection_timeout", "until the TCP connection is open", TICK, DAY)
          .orElse(Duration.ofSeconds(3));
  static final Option<Duration> TOTAL_CONNECTION_TIMEOUT =
      Option.duration(
              "total_connection_timeout",
              "until the connection is ready for a request, the TLS handshake included",
              TICK,
              DAY)
          .orElse(Duration.ofSeconds(10));
  static final Option<Duration> READ_TIMEOUT =
      Option.duration("read_timeout", "between two arrivals of response bytes", TICK, DAY)
          .orElse(Duration.ofSeconds(60));
  static final Option<Duration> WRITE_TIMEOUT =
      Option.duration("write_timeout", "between two departures of request bytes", TICK, DAY)
          .orElse(Duration.ofSeconds(60));
  static final Option<Duration> IDLE_TIMEOUT =
      Option.duration("idle_timeout", "until a connection that nobody uses is closed", TICK, DAY)
          .orElse(Duration.ofSeconds(60));

  // The TCP socket; bounds are those of Linux, tcp(7).
  static final Option<Duration> TCP_IDLE =
      seconds("tcp_idle", "how long a silent connection waits for its first keep-alive probe");
  static final Option<Duration> TCP_INTERVAL =
      seconds("tcp_interval", "between two keep-alive probes");
  static final Option<Integer> TCP_PROBE_COUNT =
      Option.integer(
              "tcp_probe_count", "unanswered keep-alive probes that end a connection", 1, 127)
          .optional();
  static final Option<Duration> TCP_USER_TIMEOUT =
      Option.duration(
              "tcp_user_timeout",
              "how long sent data may stay unacknowledged (RFC 5482)",
              TICK,
              DAY)
          .optional();
  static final Option<Long> TCP_RECV_BUF =
      Option.size("tcp_recv_buf", "the size of the socket's receive buffer", 1_024, 1L << 30)
          .optional();
  static final Option<Boolean> TCP_FAST_OPEN =
      Option.flag("tcp_fast_open", "whether the first request may travel in the SYN (RFC 7413)")
          .orElse(false);

  static final Option<InetAddress> BIND_TO =
      Option.of(
              "bind_to",
              "the address of this machine that connections come from; then only servers of its"
                  + " family, IPv4 or IPv6, are reached",
              "an IP address",
              Keys::ipAddress)
          .optional();
  static final Option<Integer> DSCP =
      Option.of(
              "dscp",
              "the class of service of what is sent to the servers (RFC 2474)",
              Dscp.EXPECTED,
              Dscp::parse)
          .optional();

  // Bounds.
  static final Option<Integer> MAX_CONNECTIONS =
      Option.integer("max_connections", "open connections to one server", 1, 1_000_000)
          .orElse(1_024);
  static final Option<Integer> MAX_PENDING =
      Option.integer(
              "max_pending",
              "requests that may wait for a connection to one server when all are in use",
              0,
              1_000_000)
          .orElse(1_024);
  static final Option<Duration> PENDING_TIMEOUT =
      Option.duration("pending_timeout", "how long one may wait", TICK, DAY)
          .orElse(Duration.ofSeconds(5));
  static final Option<Integer> MIN_IDLE_CONNECTIONS =
      Option.integer(
              "min_idle_connections",
              "connections to one healthy server that are opened before a request wants them",
              0,
              1_000_000)
          .orElse(0);
  static final Option<Integer> MAX_REQUESTS_PER_CONNECTION =
      Option.integer(
              "max_requests_per_connection",
              "requests after which a connection is replaced; any number unless given",
              1,
              1_000_000_000)
          .optional();
  static final Option<Duration> MAX_CONNECTION_AGE =
      Option.duration(
              "max_connection_age",
              "until a connection is replaced, less up to 10 % by lot; any time unless given",
              TICK,
              DAY)
          .optional();
  private static final int DEFAULT_RETRIES = 2;
  static final Option<Node> RETRIES =
      any(
              "retries",
              "how often a request is tried again when that is safe",
              "0 to 100, or { max, budget_percent, budget_per_second }")
          .orElse(new Node.Scalar(new Location("default", 1, 1), "" + DEFAULT_RETRIES));

  // Policies of picks for all load balancers.
  static final Option<Duration> SLOW_START =
      Option.duration(
              "slow_start",
              "how long a server that is new or healthy again takes to get its whole share",
              TICK,
              DAY)
          .optional();
  static final Option<Double> SLOW_START_AGGRESSION =
      Option.decimal(
              "slow_start_aggression",
              "the greater, the sooner that share grows; 1.0 for evenly",
              0.1,
              100)
          .orElse(1.0);
  static final Option<Integer> MAX_REQUESTS_PER_BACKEND =
      Option.integer(
              "max_requests_per_backend",
              "requests in flight that one server may have; any number unless given",
              1,
              1_000_000)
          .optional();
  static final Option<String> ZONE =
      Option.of(
              "zone",
              "where this process runs: servers of that zone are preferred",
              "text of at most " + Attributes.MAX_ZONE + " characters",
              text -> {
                if (text.isEmpty() || text.length() > Attributes.MAX_ZONE) {
                  throw new IllegalArgumentException();
                }
                return text;
              })
          .optional();
  static final Option<Integer> OVERPROVISIONING_PERCENT =
      Option.integer(
              "overprovisioning_percent",
              "how far the healthy servers of a priority may stand in for the others before requests"
                  + " go to the next priority",
              100,
              1_000)
          .orElse(140);
  static final Option<Integer> PANIC_THRESHOLD_PERCENT =
      Option.integer(
              "panic_threshold_percent",
              "with fewer healthy servers than that, health is ignored; 0 for never",
              0,
              100)
          .orElse(0);
  static final Option<PolicyConfig.AllDown> ALL_DOWN =
      Option.oneOf("all_down", "what is done when no server is healthy", PolicyConfig.AllDown.class)
          .orElse(PolicyConfig.AllDown.FAIL);

  // The circuit breaker; the names are those of pingap.
  static final Option<InRow> CIRCUIT_BREAK_MAX_CONSECUTIVE_FAILURES =
      Option.of(
              "circuit_break_max_consecutive_failures",
              "failed requests in a row that eject a server; auto: 3 while the other servers answer,"
                  + " 10 unless most of them fail, too; off: any number, as by default with another"
                  + " limit",
              InRow.EXPECTED,
              InRow::parse)
          .orElse(InRow.AUTO);
  static final Option<Integer> CIRCUIT_BREAK_MAX_FAILURE_PERCENT =
      Option.integer(
              "circuit_break_max_failure_percent",
              "failed requests per hundred that eject a server; any part unless given",
              1,
              100)
          .optional();
  static final Option<Integer> CIRCUIT_BREAK_MIN_REQUESTS_THRESHOLD =
      Option.integer(
              "circuit_break_min_requests_threshold",
              "with fewer requests the percentage says nothing",
              1,
              1_000_000)
          .orElse(10);
  static final Option<Double> CIRCUIT_BREAK_SUCCESS_RATE_STDEV_FACTOR =
      Option.decimal(
              "circuit_break_success_rate_stdev_factor",
              "a server is ejected whose part of good responses lies more than that many standard"
                  + " deviations below the mean of all, such as 1.9; never for that unless given",
              0.1,
              100)
          .optional();
  static final Option<Integer> CIRCUIT_BREAK_SUCCESS_RATE_MIN_BACKENDS =
      Option.integer(
              "circuit_break_success_rate_min_backends",
              "with fewer servers that have enough requests none is compared",
              2,
              1_000_000)
          .orElse(5);
  static final Option<Integer> CIRCUIT_BREAK_SUCCESS_RATE_MIN_REQUESTS =
      Option.integer(
              "circuit_break_success_rate_min_requests",
              "with fewer requests in the interval a server is not compared",
              1,
              1_000_000)
          .orElse(100);
  static final Option<Duration> BACKEND_STATS_INTERVAL =
      Option.duration(
              "backend_stats_interval",
              "over which the percentage is taken, and servers are compared",
              TICK,
              DAY)
          .orElse(Duration.ofSeconds(60));
  static final Option<List<StatusRange>> BACKEND_FAILURE_STATUS_CODE =
      Option.of(
              "backend_failure_status_code",
              "responses that count as failed, as requests without a response do; by default"
                  + " 500-599 with a limit of the circuit breaker, and 502-504 without",
              "statuses and ranges, such as 500,502-504",
              Keys::statuses)
          .optional();
  static final Option<Duration> CIRCUIT_BREAK_OPEN_DURATION =
      Option.duration(
              "circuit_break_open_duration",
              "how long an ejected server gets no requests, the first time",
              TICK,
              DAY)
          .orElse(Duration.ofSeconds(10));
  static final Option<Integer> CIRCUIT_BREAK_HALF_OPEN_CONSECUTIVE_SUCCESS_THRESHOLD =
      Option.integer(
              "circuit_break_half_open_consecutive_success_threshold",
              "good responses in a row, one request at a time, that end it",
              1,
              1_000_000)
          .orElse(5);
  static final Option<Integer> MAX_EJECTED_PERCENT =
      Option.integer("max_ejected_percent", "of the servers, that may be ejected at a time", 0, 100)
          .orElse(50);

  static final Option<Duration> GRACE =
      Option.duration(
              "grace", "how long requests to a removed server may go on", Duration.ZERO, DAY)
          .orElse(Duration.ofSeconds(30));
  static final Option<Boolean> ENABLE_BACKEND_STATS =
      Option.flag(
              "enable_backend_stats",
              "whether the metrics tell the requests and the state of each server, rather than of the"
                  + " upstream alone")
          .orElse(true);
  static final Option<Boolean> ENABLE_TRACER =
      Option.flag("enable_tracer", "whether the metrics tell the connections of each server")
          .orElse(true);
  static final Option<List<String>> INCLUDES =
      Option.text(
              "includes",
              "files of YAML whose keys hold here, too, unless given; from the folder of this file")
          .list()
          .optional();
  static final Option<Node> REMARK = any("remark", "free text for people", "anything").optional();

  /** All keys, in the order of the documentation. */
  static final List<Option<?>> ALL =
      Stream.<Option<?>>of(
              ADDRS,
              DISCOVERY,
              UPDATE_FREQUENCY,
              DNS_SERVER,
              DNS_DOMAIN,
              DNS_SEARCH,
              IPV4_ONLY,
              ALGO,
              HEALTH_CHECK,
              SNI,
              VERIFY_CERT,
              VERIFY_HOSTNAME,
              TLS,
              ALPN,
              MAX_H2_STREAMS,
              H2_PING_INTERVAL,
              H2_STREAM_WINDOW,
              H2_CONNECTION_WINDOW,
              MAX_RESPONSE_FIELDS,
              MAX_RESPONSE_HEAD,
              CONNECTION_TIMEOUT,
              TOTAL_CONNECTION_TIMEOUT,
              READ_TIMEOUT,
              WRITE_TIMEOUT,
              IDLE_TIMEOUT,
              TCP_IDLE,
              TCP_INTERVAL,
              TCP_PROBE_COUNT,
              TCP_USER_TIMEOUT,
              TCP_RECV_BUF,
              TCP_FAST_OPEN,
              BIND_TO,
              DSCP,
              MAX_CONNECTIONS,
              MAX_PENDING,
              PENDING_TIMEOUT,
              MIN_IDLE_CONNECTIONS,
              MAX_REQUESTS_PER_CONNECTION,
              MAX_CONNECTION_AGE,
              RETRIES,
              SLOW_START,
              SLOW_START_AGGRESSION,
              MAX_REQUESTS_PER_BACKEND,
              ZONE,
              OVERPROVISIONING_PERCENT,
              PANIC_THRESHOLD_PERCENT,
              ALL_DOWN,
              CIRCUIT_BREAK_MAX_CONSECUTIVE_FAILURES,
              CIRCUIT_BREAK_MAX_FAILURE_PERCENT,
              CIRCUIT_BREAK_MIN_REQUESTS_THRESHOLD,
              CIRCUIT_BREAK_SUCCESS_RATE_STDEV_FACTOR,
              CIRCUIT_BREAK_SUCCESS_RATE_MIN_BACKENDS,
              CIRCUIT_BREAK_SUCCESS_RATE_MIN_REQUESTS,
              BACKEND_STATS_INTERVAL,
              BACKEND_FAILURE_STATUS_CODE,
              CIRCUIT_BREAK_OPEN_DURATION,
              CIRCUIT_BREAK_HALF_OPEN_CONSECUTIVE_SUCCESS_THRESHOLD,
              MAX_EJECTED_PERCENT,
              GRACE,
              ENABLE_BACKEND_STATS,
              ENABLE_TRACER,
              INCLUDES,
              REMARK)
          .toList();

  // Keys of a mapping under retries.
  static final Option<Integer> MAX =
      Option.integer("max", "tries beyond the first, for one request", 0, 100)
          .orElse(DEFAULT_RETRIES);
  static final Option<Integer> BUDGET_PERCENT =
      Option.integer(
              "budget_percent",
              "retries per hundred requests in flight, and per hundred of the last ten seconds",
              0,
              100)
          .orElse(20);
  static final Option<Integer> BUDGET_PER_SECOND =
      Option.integer(
              "budget_per_second",
              "retries that are allowed each second whatever the traffic",
              0,
              1_000_000)
          .orElse(10);
  static final List<Option<?>> OF_RETRIES = List.of(MAX, BUDGET_PERCENT, BUDGET_PER_SECOND);

  // Keys of a mapping under health_check, other than the type.
  static final Option<Duration> CHECK_FREQUENCY =
      Option.duration("check_frequency", "how often each server is checked", TICK, DAY)
          .orElse(Duration.ofSeconds(10));
  static final Option<Duration> UNHEALTHY_CHECK_FREQUENCY =
      Option.duration(
              "unhealthy_check_frequency",
              "how often an unhealthy server is checked; as any other unless given",
              TICK,
              DAY)
          .optional();
  static final Option<HealthConfig.Initial> INITIAL =
      Option.oneOf(
              "initial",
              "what a server counts as before its first check",
              HealthConfig.Initial.class)
          .orElse(HealthConfig.Initial.HEALTHY);
  static final Option<Integer> SUCCESS =
      Option.integer(
              "success", "good answers in a row that turn an unhealthy server healthy", 1, 1_000)
          .orElse(1);
  static final Option<Integer> FAILURE =
      Option.integer(
              "failure", "bad answers in a row that turn a healthy server unhealthy", 1, 1_000)
          .orElse(2);
  static final Option<Integer> PARALLEL =
      Option.integer("parallel", "servers that are checked at the same time", 1, 10_000).orElse(32);
  static final Option<Duration> CHECK_CONNECTION_TIMEOUT =
      Option.duration(
              "connection_timeout",
              "until a check's connection is ready; by default check_frequency, though at most 3s",
              TICK,
              DAY)
          .optional();
  static final Option<Duration> CHECK_READ_TIMEOUT =
      Option.duration(
              "read_timeout",
              "until a check's answer is there after that; by default check_frequency, though at"
                  + " most 3s",
              TICK,
              DAY)
          .optional();
  static final Option<Boolean> REUSE =
      Option.flag(
              "reuse",
              "whether checks of http and grpc share a connection rather than open one each")
          .orElse(false);
  static final List<Option<?>> OF_HEALTH_CHECK =
      List.of(
          CHECK_FREQUENCY,
          UNHEALTHY_CHECK_FREQUENCY,
          INITIAL,
          SUCCESS,
          FAILURE,
          PARALLEL,
          CHECK_CONNECTION_TIMEOUT,
          CHECK_READ_TIMEOUT,
          REUSE);

  /** The form of a plug-in's type. */
  static final Pattern TYPE = Pattern.compile("[a-z][a-z0-9_]*");

  /** The greatest length of the text: every status, with spaces. */
  private static final int MAX_STATUSES = 2_000;

  private Keys() {}

  /** Creates a key whose value is read elsewhere. */
  static Option<Node> any(String name, String help, String expected) {
    return Option.ofNode(name, help, expected, (node, path, problems) -> node);
  }

  /** Describes a value in messages: the text of a scalar, or else the kind of node. */
  static String describe(Node node) {
    if (node instanceof Node.Scalar scalar) {
      return scalar.text().isEmpty() ? "nothing" : Problem.quoted(scalar.text());
    }
    if (node instanceof Node.Mapping mapping && mapping.entries().isEmpty()) {
      return "an empty mapping";
    }
    return "a " + node.kind();
  }

  private static Option<Duration> seconds(String name, String help) {
    Duration min = Duration.ofSeconds(1);
    Duration max = Duration.ofSeconds(32_767);
    return Option.duration(name, help + "; whole seconds", min, max).optional();
  }

  private static List<StatusRange> statuses(String text) {
    if (text.matches("[1-5]xx")) {
      String first = text.substring(0, 1);
      throw new IllegalArgumentException(
          Problem.quoted(text) + "; did you mean \"" + first + "00-" + first + "99\"?");
    }
    if (text.length() > MAX_STATUSES) {
      throw new IllegalArgumentException();
    }
    return Stream.of(text.split(",", -1)).map(String::strip).map(StatusRange::parse).toList();
  }

  private static String sni(String text) {
    if (text.equals("true") || text.equals("false")) { // write such a host with a trailing dot
      throw new IllegalArgumentException(
          Problem.quoted(text)
              + " is no host name (expected: the server's name, which turns TLS on)");
    }
    return text.equals(TlsOptions.REQUEST_HOST) ? text : TlsReader.serverName(text);
  }

  private static Alpn alpn(String text) {
    return switch (text) {
      case "H1" -> Alpn.H1;
      case "H2" -> Alpn.H2;
      case "H2H1" -> Alpn.H2H1;
      default -> {
        String meant =
            switch (text.toLowerCase(Locale.ROOT).replace(" ", "")) {
              case "http1", "http1.1", "http/1.1", "http/1", "1.1" -> "H1";
              case "h2c", "http2", "http/2", "http/2.0", "2" -> "H2";
              case "h2,http/1.1", "h2,h1", "http/1.1,h2", "h1h2", "auto", "both" -> "H2H1";
              default -> throw new IllegalArgumentException();
            };
        throw new IllegalArgumentException(
            Problem.quoted(text) + "; did you mean \"" + meant + "\"? (expected: H1, H2 or H2H1)");
      }
    };
  }

  private static InetAddress ipAddress(String text) {
    IpAddress address = IpAddress.parse(text, 0, text.length());
    if (address == null) {
      throw new IllegalArgumentException("(expected: an IP address)");
    }
    try {
      return InetAddress.getByName(address.toString()); // no look-up
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(String.valueOf(e.getMessage()), e);
    }
  }
}
