package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.option.Problem;
import io.upstream4j.api.option.Problems;
import io.upstream4j.core.config.PathRules.EscapedSlashes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/** Reads the gateway's routes. Not thread-safe. */
final class RouteReader {
  private static final Pattern HOST =
      Pattern.compile("(\\*\\.)?[a-z0-9_]([a-z0-9_-]*)(\\.[a-z0-9_][a-z0-9_-]*)*|\\[[0-9a-f:.]+]");

  private static final String PATH = "a path that begins with a slash, without ? and #";

  /** A longer expression is a mistake, and would slow down each request. */
  private static final int MAX_REGEX = 1_000;

  private static final int MAX_HOST = "*.".length() + 253; // RFC 1035

  static final Option<String> HOST_KEY =
      Option.of(
              "host",
              "the host that is asked for; any by default",
              "a host name or *.domain, without a port",
              RouteReader::host)
          .optional();
  static final Option<RoutePath> PATH_KEY =
      Option.<RoutePath>ofNode(
              "path",
              "what the path begins with, in whole segments; any by default",
              "a path that begins with a slash, without ? and #, or { exact: <path> },"
                  + " { prefix: <characters> } or { regex: <expression> }",
              RouteReader::path)
          .optional();
  static final Option<String> UPSTREAM_KEY =
      Option.text("upstream", "the upstream that such requests go to").optional();
  static final Option<Integer> STATUS_KEY =
      Option.integer(
              "status", "instead of an upstream: the status that refuses such requests", 400, 599)
          .optional();
  static final Option<String> REPLACE_PREFIX_KEY =
      Option.of(
              "replace_prefix",
              "what the servers see instead of the path or prefix of the route",
              PATH,
              RouteReader::plainPath)
          .optional();
  static final Option<Integer> PRIORITY_KEY =
      Option.integer(
              "priority",
              "the greatest of the routes that fit decides, before how specific they are",
              0,
              1_000_000)
          .orElse(0);
  static final List<Option<?>> ALL =
      List.of(HOST_KEY, PATH_KEY, UPSTREAM_KEY, STATUS_KEY, REPLACE_PREFIX_KEY, PRIORITY_KEY);

  // Keys of a mapping under path.
  private static final Option<String> EXACT_KEY =
      Option.of("exact", "the whole path", PATH, RouteReader::plainPath).optional();
  private static final Option<String> PREFIX_KEY =
      Option.of(
              "prefix",
              "what the path begins with, character by character",
              PATH,
              RouteReader::plainPath)
          .optional();
  private static final Option<String> REGEX_KEY =
      Option.of(
              "regex",
              "a regular expression that is found in the path (java.util.regex)",
              "a regular expression of at most " + MAX_REGEX + " characters",
              RouteReader::regex)
          .optional();
  static final List<Option<?>> OF_PATH = List.of(EXACT_KEY, PREFIX_KEY, REGEX_KEY);

  /** The key by which conflicting routes are found. */
  private record Match(Optional<String> host, RoutePath path, int priority) {}

  private final Set<String> upstreams;
  private final EscapedSlashes slashes;
  private final Problems problems;

  RouteReader(Set<String> upstreams, EscapedSlashes slashes, Problems problems) {
    this.upstreams = upstreams;
    this.slashes = slashes;
    this.problems = problems;
  }

  /** Reads the list of routes. Do not use the result when there are problems. */
  List<Route> read(Node node) {
    String name = ConfigReader.ROUTES.name();
    if (!(node instanceof Node.Sequence list)) {
      problems.add(
          node.location(),
          name,
          Keys.describe(node)
              + " (expected: "
              + ConfigReader.ROUTES.expected()
              + (node instanceof Node.Mapping ? ", each behind a \"-\")" : ")"));
      return List.of();
    }
    List<Route> routes = new ArrayList<>();
    Map<Match, Location> matches = new HashMap<>();
    for (int i = 0; i < list.items().size() && !problems.isFull(); i++) {
      read(list.items().get(i), name + "[" + i + "]", routes, matches);
    }
    return routes;
  }

  private void read(Node node, String path, List<Route> routes, Map<Match, Location> matches) {
    if (!(node instanceof Node.Mapping mapping)) {
      problems.add(
          node.location(), path, Keys.describe(node) + " (expected: { host, path, upstream })");
      return;
    }
    int before = problems.size();
    Options options = Options.read(ALL, OtherNames.OF_ROUTE, mapping, path, problems);
    RouteAction action = action(options, mapping, path);
    RoutePath paths = normalized(options.find(PATH_KEY).orElse(RoutePath.ANY), mapping, path);
    if (problems.size() > before || action == null) {
      return;
    }
    Route route = new Route(options.find(HOST_KEY), paths, options.get(PRIORITY_KEY), action);
    Location earlier =
        matches.putIfAbsent(
            new Match(route.host(), bare(route.path()), route.priority()), mapping.location());
    if (earlier != null) {
      problems.add(
          mapping.location(),
          path,
          "takes the same requests as the route at "
              + earlier
              + " (expected: each host and path"
              + " once)");
    }
    routes.add(route);
  }

  private @Nullable RouteAction action(Options options, Node.Mapping mapping, String path) {
    String upstream = options.find(UPSTREAM_KEY).orElse(null);
    // If no upstream could be read, that is reported already.
    if (upstream != null && !upstreams.contains(upstream) && !upstreams.isEmpty()) {
      problems.addUnknown(
          mapping.find(UPSTREAM_KEY.name()).orElseThrow().location(),
          path + "." + UPSTREAM_KEY.name(),
          "no upstream " + Problem.quoted(upstream),
          upstream,
          upstreams);
    }
    Integer status = options.find(STATUS_KEY).orElse(null);
    String replacement = options.find(REPLACE_PREFIX_KEY).orElse(null);
    if (options.isMisspelled(UPSTREAM_KEY) || options.isMisspelled(STATUS_KEY)) {
      return null;
    }
    if ((upstream == null) == (status == null)) {
      if (!options.isGiven(UPSTREAM_KEY) && !options.isGiven(STATUS_KEY)) {
        problems.add(
            mapping.location(),
            path + ".upstream",
            "missing (expected: the upstream that such requests go to, or a status)");
      } else if (upstream != null) {
        problems.add(
            options.location(STATUS_KEY),
            path + ".status",
            "beside an upstream (expected: one of the two)");
      }
      return null;
    }
    if (replacement != null) {
      RoutePath.Kind kind = options.find(PATH_KEY).orElse(RoutePath.ANY).kind();
      if (upstream == null || kind == RoutePath.Kind.REGEX) {
        problems.add(
            options.location(REPLACE_PREFIX_KEY),
            path + ".replace_prefix",
            upstream == null
                ? "beside a status (expected: an upstream)"
                : "beside a regular expression (expected: a path, an exact path or a prefix)");
        return null;
      }
    }
    return upstream == null
        ? new RouteAction.Refuse(requireNonNull(status))
        : new RouteAction.Forward(upstream, Optional.ofNullable(replacement));
  }

  /** Removes a trailing slash, which makes no difference for whole segments. */
  private static RoutePath bare(RoutePath path) {
    String text = path.text();
    return path.kind() == RoutePath.Kind.SEGMENTS && text.endsWith("/")
        ? new RoutePath(path.kind(), text.substring(0, text.length() - 1))
        : path;
  }

  private static String host(String text) {
    String host = withoutDot(text.toLowerCase(Locale.ROOT));
    // Check the length first, because the pattern uses a stack frame for each part of a name.
    if (host.length() > MAX_HOST || !HOST.matcher(host).matches()) {
      throw new IllegalArgumentException();
    }
    return host;
  }

  /** Removes the dot of the root, which does not change the name (RFC 1034, section 3.1). */
  private static String withoutDot(String name) {
    return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
  }

  private RoutePath normalized(RoutePath paths, Node.Mapping route, String path) {
    if (paths.kind() == RoutePath.Kind.REGEX) {
      return paths;
    }
    PathNormalizer.Form form = PathNormalizer.form(paths.text(), slashes);
    if (form.isRefused()) {
      problems.add(
          route.find(PATH_KEY.name()).orElseThrow().location(),
          path + "." + PATH_KEY.name(),
          Problem.quoted(paths.text()) + " " + form.problem() + ": such requests are refused");
      return paths;
    }
    return new RoutePath(paths.kind(), PathNormalizer.normalize(paths.text(), slashes));
  }

  private static @Nullable RoutePath path(Node node, String path, Problems problems) {
    if (node instanceof Node.Scalar scalar) {
      try {
        return new RoutePath(RoutePath.Kind.SEGMENTS, segments(scalar.text()));
      } catch (IllegalArgumentException e) {
        problems.add(
            node.location(),
            path,
            e.getMessage() != null
                ? e.getMessage()
                : Keys.describe(node) + " (expected: " + PATH + ")");
        return null;
      }
    }
    if (!(node instanceof Node.Mapping mapping) || mapping.entries().size() != 1) {
      problems.add(
          node.location(),
          path,
          Keys.describe(node) + " (expected: a path, or one of exact, prefix and regex)");
      return null;
    }
    int before = problems.size();
    Options options = Options.read(OF_PATH, mapping, path, problems);
    if (problems.size() > before) {
      return null;
    }
    return options
        .find(EXACT_KEY)
        .map(text -> new RoutePath(RoutePath.Kind.EXACT, text))
        .or(() -> options.find(PREFIX_KEY).map(it -> new RoutePath(RoutePath.Kind.PREFIX, it)))
        .or(() -> options.find(REGEX_KEY).map(it -> new RoutePath(RoutePath.Kind.REGEX, it)))
        .orElse(null);
  }

  private static String segments(String text) {
    if (text.startsWith("/") && text.endsWith("*")) {
      String prefix = text.substring(0, text.length() - 1);
      throw new IllegalArgumentException(
          Problem.quoted(text)
              + " ends with a star; did you mean "
              + Problem.quoted(
                  prefix.length() > 1 && prefix.endsWith("/")
                      ? prefix.substring(0, prefix.length() - 1)
                      : prefix)
              + "? A path takes everything below it");
    }
    return plainPath(text);
  }

  private static String plainPath(String text) {
    if (!text.startsWith("/")
        || !text.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '?' && c != '#')) {
      throw new IllegalArgumentException();
    }
    return text;
  }

  private static String regex(String text) {
    if (text.isEmpty() || text.length() > MAX_REGEX) {
      throw new IllegalArgumentException();
    }
    try {
      Pattern.compile(text);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          e.getDescription()
              + " at character "
              + (e.getIndex() + 1)
              + " (expected: a regular expression)",
          e);
    } catch (StackOverflowError e) {
      throw new IllegalArgumentException("nested too deeply (expected: a simpler expression)", e);
    }
    return text;
  }
}
