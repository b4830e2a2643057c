package io.upstream4j.core.config;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.option.Problem;
import io.upstream4j.api.option.Problems;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads the gateway's routes. For one thread. */
final class RouteReader {
  private static final Pattern HOST =
      Pattern.compile("(\\*\\.)?[a-z0-9_]([a-z0-9_-]*)(\\.[a-z0-9_][a-z0-9_-]*)*|\\[[0-9a-f:.]+]");

  private static final int MAX_HOST = "*.".length() + 253; // RFC 1035

  static final Option<String> HOST_KEY =
      Option.of(
              "host",
              "the host that is asked for; any unless given",
              "a host name or *.domain, without a port",
              RouteReader::host)
          .optional();
  static final Option<String> PATH_KEY =
      Option.of(
              "path",
              "what the path begins with, in whole segments",
              "a path that begins with a slash, without ? and #",
              RouteReader::path)
          .orElse("/");
  static final Option<String> UPSTREAM_KEY =
      Option.text("upstream", "the upstream that such requests go to");
  static final List<Option<?>> ALL = List.of(HOST_KEY, PATH_KEY, UPSTREAM_KEY);

  /** What two routes may not have in common. */
  private record Match(Optional<String> host, String path) {}

  private final Set<String> upstreams;
  private final Problems problems;

  RouteReader(Set<String> upstreams, Problems problems) {
    this.upstreams = upstreams;
    this.problems = problems;
  }

  /** Reads the list; not to be used when there are problems. */
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
    String upstream = options.find(UPSTREAM_KEY).orElse(null);
    // When no upstream could be read at all, that is said already.
    if (upstream != null && !upstreams.contains(upstream) && !upstreams.isEmpty()) {
      problems.addUnknown(
          mapping.find(UPSTREAM_KEY.name()).orElseThrow().location(),
          path + "." + UPSTREAM_KEY.name(),
          "no upstream " + Problem.quoted(upstream),
          upstream,
          upstreams);
    }
    if (problems.size() > before || upstream == null) {
      return;
    }
    Route route = new Route(options.find(HOST_KEY), options.get(PATH_KEY), upstream);
    Location earlier =
        matches.putIfAbsent(new Match(route.host(), bare(route.path())), mapping.location());
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

  /** Whole segments: a slash at the end makes no difference. */
  private static String bare(String path) {
    return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
  }

  private static String host(String text) {
    String host = text.toLowerCase(Locale.ROOT);
    // The length first: the pattern takes a frame of the stack for each part of a name.
    if (host.length() > MAX_HOST || !HOST.matcher(host).matches()) {
      throw new IllegalArgumentException();
    }
    return host;
  }

  private static String path(String text) {
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
    if (!text.startsWith("/")
        || !text.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '?' && c != '#')) {
      throw new IllegalArgumentException();
    }
    return text;
  }
}
