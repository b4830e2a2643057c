package io.upstream4j.distribution.convert;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Problems;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Says an upstream of pingap in our terms. */
final class PingapUpstream {
  /** What is done with a value. */
  private enum Kind {
    AS_IS,
    /** Empty text is as good as none there. */
    TEXT,
    TIME,
    SIZE,
    IN_CAPITALS,
    /** 0 switches it off there. */
    LIMIT,
    /** There is no such thing here. */
    NOT_HERE
  }

  private static final Map<String, Kind> KEYS = new LinkedHashMap<>();

  private static final Map<String, String> RENAMED =
      Map.of(
          "h2_stream_window_size",
          "h2_stream_window",
          "h2_connection_window_size",
          "h2_connection_window");

  /** Becomes a part of {@code tls}. */
  private static final String CA = "ca";

  static {
    KEYS.put("addrs", Kind.AS_IS);
    for (String key :
        List.of(
            "discovery",
            "dns_server",
            "dns_domain",
            "dns_search",
            "algo",
            "sni",
            "health_check",
            "backend_failure_status_code",
            "ca",
            "remark")) {
      KEYS.put(key, Kind.TEXT);
    }
    for (String key :
        List.of(
            "update_frequency",
            "connection_timeout",
            "total_connection_timeout",
            "read_timeout",
            "idle_timeout",
            "write_timeout",
            "tcp_idle",
            "tcp_interval",
            "tcp_user_timeout",
            "circuit_break_open_duration",
            "backend_stats_interval")) {
      KEYS.put(key, Kind.TIME);
    }
    for (String key :
        List.of(
            "verify_cert",
            "ipv4_only",
            "enable_tracer",
            "enable_backend_stats",
            "tcp_fast_open",
            "tcp_probe_count",
            "max_h2_streams",
            "circuit_break_min_requests_threshold",
            "circuit_break_half_open_consecutive_success_threshold")) {
      KEYS.put(key, Kind.AS_IS);
    }
    KEYS.put("circuit_break_max_consecutive_failures", Kind.LIMIT);
    KEYS.put("circuit_break_max_failure_percent", Kind.LIMIT);
    KEYS.put("tcp_recv_buf", Kind.SIZE);
    KEYS.put("alpn", Kind.IN_CAPITALS);
    for (String key :
        List.of(
            "strip_hop_by_hop",
            "strip_connection_nominated",
            "reject_malformed_connection_nominations",
            "h1_upgrade")) {
      KEYS.put(key, Kind.NOT_HERE);
    }
    RENAMED.forEach((theirs, ours) -> KEYS.put(theirs, Kind.SIZE));
  }

  private static final List<String> LIMITS =
      List.of(
          "connection_timeout",
          "total_connection_timeout",
          "read_timeout",
          "write_timeout",
          "idle_timeout");
  private static final Set<String> KEYLESS = Set.of("hash:cookie", "hash:header", "hash:query");
  private static final Set<String> KEEP_ALIVE =
      Set.of("tcp_idle", "tcp_interval", "tcp_probe_count");
  private static final Set<String> LOOK_UP = Set.of("dns_server", "dns_domain", "dns_search");

  /** A server that is written by its address. */
  private static final Pattern ADDRESS =
      Pattern.compile(
          "([0-9.]+|\\[[0-9A-Fa-f:.]+]|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:.*)(:[0-9]+)?(\\s.*)?");

  private final Set<String> ours;
  private final Problems problems;
  private final Notes notes;

  /**
   * Made for one conversion.
   *
   * @param ours the keys that an upstream has here
   */
  PingapUpstream(Set<String> ours, Problems problems, Notes notes) {
    this.ours = ours;
    this.problems = problems;
    this.notes = notes;
  }

  /**
   * The same upstream, or null when there is no such thing here.
   *
   * @param hosts what the locations that use it are for; empty when one is for any host
   */
  Node.@Nullable Mapping convert(Node.Mapping table, String path, List<String> hosts) {
    Map<String, Node.Entry> result = new LinkedHashMap<>();
    for (Node.Entry entry : table.entries()) {
      if (problems.isFull()) {
        break;
      }
      Node.Entry converted = convert(entry, path + "." + entry.key());
      if (converted != null) {
        result.put(converted.key(), converted);
      }
    }
    if (text(result, "discovery").toLowerCase(Locale.ROOT).equals("transparent")) {
      return transparent(table, result, path, hosts);
    }
    if (answersItself(result, path)) {
      return null;
    }
    Node.Entry algo = result.get("algo");
    if (algo != null && KEYLESS.contains(text(result, "algo").toLowerCase(Locale.ROOT))) {
      result.remove("algo");
      notes.loss(algo.location(), path + ".algo", "left out: it names no key to hash");
    }
    fitTimes(result, path);
    dropWhatDoesNothing(result, path);
    trust(result, path);
    return new Node.Mapping(table.location(), List.copyOf(result.values()));
  }

  /** Whether it has files or fixed answers for servers, as early versions could. */
  private boolean answersItself(Map<String, Node.Entry> result, String path) {
    Node.Entry addrs = result.get("addrs");
    if (addrs == null || !(addrs.value() instanceof Node.Sequence list)) {
      return false;
    }
    boolean answers =
        list.items().stream()
            .anyMatch(
                item ->
                    item instanceof Node.Scalar scalar
                        && scalar.text().matches("(?s)(file|mock)://.*"));
    if (answers) {
      notes.loss(
          addrs.location(),
          path + ".addrs",
          "left out with the locations that use it: files and fixed answers are not served here");
    }
    return answers;
  }

  /** Time limits that are errors here. */
  private void fitTimes(Map<String, Node.Entry> result, String path) {
    for (String key : LIMITS) {
      if (Times.millis(text(result, key)) > Times.DAY) {
        replace(result, key, path, "1d", "the longest time limit here");
      }
    }
    if (text(result, "idle_timeout").equals("0s")) {
      replace(result, "idle_timeout", path, "1ms", "the shortest here");
    }
    long connect = Times.millis(text(result, "connection_timeout"));
    Node.Entry total = result.get("total_connection_timeout");
    if (total == null && connect > Keyed.TOTAL_UNLESS_GIVEN) {
      Node.Entry given = requireNonNull(result.get("connection_timeout"));
      result.put(
          "total_connection_timeout",
          new Node.Entry(given.location(), "total_connection_timeout", given.value()));
    } else if (total != null && Times.millis(text(result, total.key())) < connect) {
      replace(
          result,
          "connection_timeout",
          path,
          text(result, total.key()),
          "that of total_connection_timeout, which is shorter");
    }
  }

  private void replace(
      Map<String, Node.Entry> result, String key, String path, String text, String reason) {
    Node.Entry entry = requireNonNull(result.get(key));
    notes.remark(entry.location(), path + "." + key, text + ", " + reason);
    result.put(key, with(entry, text));
  }

  /** Whose certificates count: a file here, there also its content. */
  private void trust(Map<String, Node.Entry> result, String path) {
    Node.Entry ca = result.remove(CA);
    if (ca != null && text(Map.of(CA, ca), CA).matches("[^\\s]*[/.][^\\s]{1,300}")) {
      result.put("tls", new Node.Entry(ca.location(), "tls", mapping(ca.value(), CA, ca.value())));
    } else if (ca != null) {
      notes.loss(
          ca.location(),
          path + ".ca",
          "left out: the certificate itself (here: tls: { ca: FILE })");
    }
  }

  private Node.@Nullable Entry convert(Node.Entry given, String path) {
    Node.Entry entry =
        new Node.Entry(
            given.location(), RENAMED.getOrDefault(given.key(), given.key()), given.value());
    Kind kind = KEYS.get(given.key());
    if (kind == null) {
      problems.addUnknown(entry.location(), path, "unknown key", entry.key(), KEYS.keySet());
      return null;
    }
    if (kind == Kind.NOT_HERE || !(ours.contains(entry.key()) || entry.key().equals(CA))) {
      notes.loss(entry.location(), path, "left out: there is no such key here");
      return null;
    }
    String text = entry.value() instanceof Node.Scalar scalar ? scalar.text() : "";
    if (text.isEmpty() && kind == Kind.TEXT && entry.value() instanceof Node.Scalar) {
      return null;
    }
    return switch (kind) {
      case TIME -> read(entry, path, HumanTime::convert);
      case SIZE -> read(entry, path, ByteSize::convert);
      case IN_CAPITALS -> read(entry, path, value -> value.toUpperCase(Locale.ROOT));
      case LIMIT -> text.equals("0") ? null : entry;
      case AS_IS, TEXT, NOT_HERE -> entry;
    };
  }

  private Node.@Nullable Entry read(Node.Entry entry, String path, UnaryOperator<String> reading) {
    if (!(entry.value() instanceof Node.Scalar scalar)) {
      problems.add(entry.location(), path, "a " + entry.value().kind() + " (expected: text)");
      return null;
    }
    try {
      return with(entry, reading.apply(scalar.text()));
    } catch (IllegalArgumentException e) {
      problems.add(entry.location(), path, String.valueOf(e.getMessage()));
      return null;
    }
  }

  private static Node.Entry with(Node.Entry entry, String text) {
    return new Node.Entry(
        entry.location(), entry.key(), new Node.Scalar(entry.value().location(), text));
  }

  private static String text(Map<String, Node.Entry> entries, String key) {
    Node.Entry entry = entries.get(key);
    return entry != null && entry.value() instanceof Node.Scalar scalar ? scalar.text() : "";
  }

  /** Reaches any host there; here the hosts are named, lest it be an open proxy. */
  private Node.@Nullable Mapping transparent(
      Node.Mapping table, Map<String, Node.Entry> result, String path, List<String> hosts) {
    Node.Entry discovery = requireNonNull(result.get("discovery"));
    if (hosts.isEmpty()) {
      notes.loss(
          discovery.location(),
          path,
          "left out with the locations that use it: discovery \"transparent\" reaches any host"
              + " (here: algo: { transparent: { allow: [hosts that may be reached] } })");
      return null;
    }
    Node.Mapping at = table;
    Node allow =
        new Node.Sequence(
            at.location(),
            hosts.stream().<Node>map(host -> new Node.Scalar(at.location(), host)).toList());
    for (String key :
        List.of(
            "addrs",
            "discovery",
            "algo",
            "health_check",
            "update_frequency",
            "ipv4_only",
            "dns_server",
            "dns_domain",
            "dns_search")) {
      result.remove(key);
    }
    notes.remark(
        discovery.location(),
        path + ".discovery",
        "is an algo here, and reaches the hosts of its locations only, at ports 80 and 443 of public"
            + " addresses");
    List<Node.Entry> entries = new ArrayList<>();
    entries.add(
        new Node.Entry(
            discovery.location(), "algo", mapping(at, "transparent", mapping(at, "allow", allow))));
    entries.addAll(result.values());
    return new Node.Mapping(table.location(), entries);
  }

  private static Node.Mapping mapping(Node at, String key, Node value) {
    return new Node.Mapping(at.location(), List.of(new Node.Entry(at.location(), key, value)));
  }

  /** What does nothing there is an error here. */
  private void dropWhatDoesNothing(Map<String, Node.Entry> result, String path) {
    if (!result.containsKey("sni")) {
      drop(result, Set.of("verify_cert", "ca"), path, "does nothing without sni");
    }
    if (!KEEP_ALIVE.stream().allMatch(result::containsKey)) {
      drop(
          result,
          KEEP_ALIVE,
          path,
          "does nothing without all of tcp_idle, tcp_interval and tcp_probe_count");
    }
    if (!text(result, "alpn").startsWith("H2")) {
      drop(
          result,
          Set.of("max_h2_streams", "h2_stream_window", "h2_connection_window"),
          path,
          "does nothing without alpn H2 or H2H1");
    }
    if (isStatic(result)) {
      drop(result, LOOK_UP, path, "does nothing when no server is looked up");
    }
    if (!text(result, "enable_backend_stats").equals("true")
        && result.keySet().stream().anyMatch(key -> key.startsWith("circuit_break_"))) {
      Set<String> breaker =
          Set.copyOf(
              result.keySet().stream()
                  .filter(
                      key ->
                          key.startsWith("circuit_break_")
                              || key.equals("backend_failure_status_code")
                              || key.equals("backend_stats_interval"))
                  .toList());
      if (ours.contains("enable_backend_stats")) {
        drop(result, breaker, path, "does nothing without enable_backend_stats");
      }
    }
  }

  private static boolean isStatic(Map<String, Node.Entry> result) {
    String discovery = text(result, "discovery").toLowerCase(Locale.ROOT);
    Node.Entry addrs = result.get("addrs");
    boolean named =
        addrs != null
            && addrs.value() instanceof Node.Sequence list
            && !list.items().stream()
                .allMatch(
                    item ->
                        item instanceof Node.Scalar scalar
                            && ADDRESS.matcher(scalar.text()).matches());
    return discovery.equals("static") || (discovery.isEmpty() && !named);
  }

  private void drop(Map<String, Node.Entry> result, Set<String> keys, String path, String reason) {
    for (String key : keys.stream().sorted().toList()) {
      Node.Entry entry = result.remove(key);
      if (entry != null) {
        notes.remark(entry.location(), path + "." + key, "left out: " + reason);
      }
    }
  }
}
