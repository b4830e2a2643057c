package io.upstream4j.core.config;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Problem;
import io.upstream4j.api.option.Problems;
import io.upstream4j.api.option.Suggestion;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Expands the short forms of {@code algo}, {@code discovery} and {@code health_check}, which are
 * those of pingap, to mappings with the location of the text. An unknown form is a problem; nothing
 * is guessed.
 */
final class ShortForms {
  private static final Pattern URL =
      Pattern.compile("([a-z]+)://([^/?#]*)([^?#]*)(?:\\?([^#]*))?(#.*)?");
  private static final Pattern HOST =
      Pattern.compile("([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(:[0-9]{1,5})?");
  private static final List<String> CORE = Keys.OF_HEALTH_CHECK.stream().map(Option::name).toList();

  /** Shorter parameters are as likely the server's own as misspelt. */
  private static final int MIN_SLIP = 4;

  /** Keys of other programs that a server is unlikely to use in its own URL. */
  private static final Set<String> CHECK_WORDS =
      Set.of(
          "interval",
          "check_interval",
          "rise",
          "fall",
          "fails",
          "failures",
          "passes",
          "successes",
          "healthy_threshold",
          "unhealthy_threshold",
          "timeout",
          "check_timeout",
          "connect_timeout",
          "frequency");

  private static final List<String> OF_TCP = List.of("send", "expect");

  private final Problems problems;

  ShortForms(Problems problems) {
    this.problems = problems;
  }

  /** Expands {@code <type>}. */
  Node.@Nullable Mapping discovery(Node.Scalar text, String path) {
    if (Keys.TYPE.matcher(text.text()).matches()) {
      return type(text.location(), text.text(), List.of());
    }
    return refuse(text, path, Keys.DISCOVERY.expected());
  }

  /** Expands {@code <type>}, {@code hash} or {@code hash:<key>}. */
  Node.@Nullable Mapping algo(Node.Scalar text, String path) {
    Location at = text.location();
    String algo = text.text();
    if (algo.equals("hash")) {
      return type(at, "consistent", List.of());
    }
    if (algo.startsWith("hash:") && algo.length() > "hash:".length()) {
      return type(at, "consistent", List.of(entry(at, "key", algo.substring("hash:".length()))));
    }
    if (Keys.TYPE.matcher(algo).matches()) {
      return type(at, algo, List.of());
    }
    String meant = OtherNames.shortForm(algo.strip()).orElse(null);
    if (meant != null) {
      problems.add(
          at, path, "no type " + Problem.quoted(algo) + "; did you mean \"" + meant + "\"?");
      return null;
    }
    return refuse(text, path, Keys.ALGO.expected());
  }

  /** Expands {@code <type>} or a URL whose scheme is the type. {@code none} was handled before. */
  Node.@Nullable Mapping healthCheck(Node.Scalar text, String path) {
    String meant = word(text.text());
    if (meant != null) {
      problems.add(text.location(), path, Problem.quoted(text.text()) + meant);
      return null;
    }
    if (Keys.TYPE.matcher(text.text()).matches()) {
      return type(text.location(), text.text(), List.of());
    }
    Matcher url = URL.matcher(text.text());
    if (!url.matches() || url.group(5) != null || !isVisible(text.text())) {
      return refuse(text, path, Keys.HEALTH_CHECK.expected());
    }
    return switch (url.group(1)) {
      case "tcp" -> tcp(text, url, path);
      case "http" -> http(text, url, path, false);
      case "https" -> http(text, url, path, true);
      case "grpc" -> grpc(text, url, path);
      default -> refuse(text, path, "a URL that begins with tcp, http, https or grpc");
    };
  }

  /** Returns a message for a word that people try, or null when it may be valid. */
  private static @Nullable String word(String text) {
    if (text.startsWith("/")) {
      return " (expected: a URL, such as http://api" + (isVisible(text) ? text : "/health") + ")";
    }
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "false", "no", "off", "disabled" -> "; did you mean \"none\"?";
      case "true", "yes", "on", "enabled" ->
          " (expected: tcp, a URL such as http://host/health, or the key left out, which is tcp)";
      default -> null;
    };
  }

  /**
   * Expands {@code tcp://name?check_frequency=5s&send=PING\r\n&expect=+PONG}. The name is a
   * comment. The plug-in interprets escape sequences.
   */
  private Node.@Nullable Mapping tcp(Node.Scalar text, Matcher url, String path) {
    if (!HOST.matcher(url.group(2)).matches() || !hasNoPath(url)) {
      return refuse(text, path, "tcp://name or tcp://name?check_frequency=5s");
    }
    Query query = query(text, url.group(4), path);
    List<Node.Entry> options = new ArrayList<>();
    for (String other : query.others()) {
      String name = name(other);
      if (!OF_TCP.contains(name)) {
        List<String> known = Stream.concat(CORE.stream(), OF_TCP.stream()).toList();
        problems.addUnknown(
            text.location(),
            path,
            Problem.quoted(text.text()) + ": unknown parameter " + Problem.quoted(name),
            name,
            known);
        return null;
      }
      if (options.stream().anyMatch(option -> option.key().equals(name))) {
        return twice(text, path, name);
      }
      options.add(entry(text.location(), name, value(other, "")));
    }
    return health(text.location(), "tcp", options, query);
  }

  /**
   * Expands {@code http://host[:port]/path?query}. Unknown parameters of the query are part of the
   * request.
   */
  private Node.@Nullable Mapping http(Node.Scalar text, Matcher url, String path, boolean tls) {
    if (!HOST.matcher(url.group(2)).matches()) {
      return refuse(
          text, path, url.group(1) + "://host/path or " + url.group(1) + "://host:port/path");
    }
    Query query = query(text, url.group(4), path);
    Location at = text.location();
    String target = url.group(3).isEmpty() ? "/" : url.group(3);
    String rest =
        query.others().stream()
            .filter(other -> !name(other).equals("tls"))
            .collect(Collectors.joining("&"));
    List<Node.Entry> options = new ArrayList<>();
    options.add(entry(at, "host", url.group(2)));
    options.add(entry(at, "path", rest.isEmpty() ? target : target + "?" + rest));
    String flag = query.tls();
    if (tls && flag != null) {
      return twice(text, path, "tls");
    }
    if (tls || flag != null) {
      options.add(entry(at, "tls", flag == null ? "true" : flag));
    }
    return health(at, "http", options, query);
  }

  /**
   * Expands {@code grpc://host?service=name&tls}, whose parameters are options of the plug-in. As
   * in pingap, a path is a comment, because the path of the health service is fixed.
   */
  private Node.@Nullable Mapping grpc(Node.Scalar text, Matcher url, String path) {
    if (!HOST.matcher(url.group(2)).matches()) {
      return refuse(text, path, "grpc://host or grpc://host?service=name");
    }
    Query query = query(text, url.group(4), path);
    List<Node.Entry> options = new ArrayList<>();
    options.add(entry(text.location(), "host", url.group(2)));
    Set<String> names = new HashSet<>(Set.of("host"));
    for (String other : query.others()) {
      String value = value(other, "true");
      if (!names.add(name(other))) {
        return twice(text, path, name(other));
      }
      options.add(entry(text.location(), name(other), value));
    }
    return health(text.location(), "grpc", options, query);
  }

  /** The parameters of a query: those of the health check, and the others as written. */
  private record Query(List<Node.Entry> core, List<String> others) {
    /** Returns the value of the parameter {@code tls}, which without a value turns TLS on. */
    @Nullable String tls() {
      for (String other : others) {
        if (name(other).equals("tls")) {
          return value(other, "true");
        }
      }
      return null;
    }
  }

  private Query query(Node.Scalar text, @Nullable String query, String path) {
    List<Node.Entry> core = new ArrayList<>();
    List<String> others = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (String parameter : query == null ? new String[0] : query.split("&", -1)) {
      String name = name(parameter);
      if (!CORE.contains(name)) {
        if (isMeantForCheck(name)) {
          nearMiss(text, path, name);
        } else if (!parameter.isEmpty()) {
          others.add(parameter);
        }
      } else if (names.add(name)) {
        String value = meant(name, value(parameter, ""));
        if (value != null) {
          core.add(entry(text.location(), name, value));
        }
      } else {
        twice(text, path, name);
      }
    }
    return new Query(core, others);
  }

  /**
   * Returns whether an unknown parameter must be a mistake rather than the server's own. Words of
   * other programs count if they are long enough.
   */
  private static boolean isMeantForCheck(String name) {
    if (name.length() < MIN_SLIP || name.equals("service")) {
      return false;
    }
    return CHECK_WORDS.contains(name.toLowerCase(Locale.ROOT)) || closest(name) != null;
  }

  private void nearMiss(Node.Scalar text, String path, String name) {
    String other = OtherNames.OF_HEALTH_CHECK.get(name.toLowerCase(Locale.ROOT));
    String close = closest(name);
    String meant = other == null ? String.valueOf(close) : other;
    problems.add(
        text.location(),
        path,
        "unknown parameter "
            + Problem.quoted(name)
            + (CORE.contains(meant)
                ? "; did you mean \"" + meant + "\"?"
                : "; did you mean " + meant + "?")
            + (text.text().startsWith("http")
                ? " (if it is the server's own: { http: { path: \"...?" + name + "=...\" } })"
                : ""));
  }

  /** Returns a key that differs by at most two letters or by its separators. */
  private static @Nullable String closest(String name) {
    return CORE.stream().filter(key -> Suggestion.isSlip(name, key)).findFirst().orElse(null);
  }

  /**
   * Returns the value of a parameter that is a flag in pingap, or null for an ordinary parameter.
   */
  private static @Nullable String meant(String name, String value) {
    if (name.equals(Keys.REUSE.name())) {
      return value.isEmpty() ? "true" : value;
    }
    if (name.equals(Keys.PARALLEL.name())) {
      return value.isEmpty() || value.equals("true") ? null : value.equals("false") ? "1" : value;
    }
    return value;
  }

  private static String value(String parameter, String whenBare) {
    int equals = parameter.indexOf('=');
    return equals < 0 ? whenBare : parameter.substring(equals + 1);
  }

  private static String name(String parameter) {
    int equals = parameter.indexOf('=');
    return equals < 0 ? parameter : parameter.substring(0, equals);
  }

  private static boolean hasNoPath(Matcher url) {
    return url.group(3).isEmpty() || url.group(3).equals("/");
  }

  private static boolean isVisible(String text) {
    return text.chars().allMatch(c -> c > ' ' && c < 0x7f);
  }

  private Node.@Nullable Mapping twice(Node.Scalar text, String path, String name) {
    problems.add(
        text.location(),
        path,
        Problem.quoted(text.text())
            + ": "
            + Problem.quoted(name)
            + " is there twice (expected: once)");
    return null;
  }

  private Node.@Nullable Mapping refuse(Node.Scalar text, String path, String expected) {
    problems.add(text.location(), path, Keys.describe(text) + " (expected: " + expected + ")");
    return null;
  }

  private static Node.Mapping health(
      Location at, String type, List<Node.Entry> options, Query query) {
    List<Node.Entry> entries = new ArrayList<>();
    entries.add(new Node.Entry(at, type, new Node.Mapping(at, options)));
    entries.addAll(query.core());
    return new Node.Mapping(at, entries);
  }

  private static Node.Mapping type(Location at, String type, List<Node.Entry> options) {
    return new Node.Mapping(at, List.of(new Node.Entry(at, type, new Node.Mapping(at, options))));
  }

  private static Node.Entry entry(Location at, String key, String value) {
    return new Node.Entry(at, key, new Node.Scalar(at, value));
  }
}
