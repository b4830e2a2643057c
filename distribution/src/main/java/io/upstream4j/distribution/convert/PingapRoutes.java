package io.upstream4j.distribution.convert;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Problem;
import io.upstream4j.api.option.Problems;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Says the locations of pingap as routes.
 *
 * <p>There the first location that fits wins, in the order of their weights; here the most specific
 * route does. So for each host and each path that is named anywhere, it is asked which location
 * wins there, and a route is made where that is not what the routes before it say.
 */
final class PingapRoutes {
  /** What a location may say; true for what changes what becomes of a request. */
  private static final Map<String, Boolean> OTHERS = new TreeMap<>();

  static {
    for (String key :
        List.of(
            "proxy_set_headers",
            "proxy_add_headers",
            "proxy_headers",
            "headers",
            "rewrite",
            "plugins",
            "client_max_body_size",
            "max_processing",
            "includes",
            "grpc_web",
            "max_retries",
            "max_retry_window",
            "connection_timeout")) {
      OTHERS.put(key, true);
    }
    OTHERS.put("remark", false);
  }

  private static final Set<String> READ =
      Set.of("upstream", "path", "host", "weight", "enable_reverse_proxy_headers");

  /** A location that routes can say. */
  private record Place(Location at, String upstream, Set<String> hosts, String path, int weight) {
    boolean fits(String host, String prefix) {
      return (hosts.isEmpty() || hosts.contains(host))
          && (prefix.equals(path) || path.equals("/") || prefix.startsWith(slash(path)));
    }
  }

  private record Made(String host, String path, String upstream, Location at) {}

  private final Problems problems;
  private final Notes notes;
  private final List<Place> places = new ArrayList<>();

  PingapRoutes(Problems problems, Notes notes) {
    this.problems = problems;
    this.notes = notes;
  }

  /** Takes a location. */
  void add(Node.Entry location, String path) {
    if (!(location.value() instanceof Node.Mapping table)) {
      problems.add(
          location.location(), path, "a " + location.value().kind() + " (expected: a table)");
      return;
    }
    checkKeys(table, path);
    String upstream = text(table, "upstream");
    String prefix = text(table, "path");
    Set<String> hosts = new LinkedHashSet<>();
    for (String host : text(table, "host").toLowerCase(Locale.ROOT).split(",", -1)) {
      if (!host.isBlank()) {
        hosts.add(host.strip());
      }
    }
    String reason =
        upstream.isEmpty()
            ? "names no upstream"
            : upstream.startsWith("$")
                ? "takes its upstream from the request"
                : prefix.startsWith("=")
                    ? "is for one path alone"
                    : prefix.startsWith("~")
                        ? "has a pattern for its path"
                        : hosts.stream().anyMatch(host -> host.startsWith("~"))
                            ? "has a pattern for its host"
                            : null;
    if (reason != null) {
      notes.loss(
          location.location(),
          path,
          "left out: it " + reason + " (here: a host or *.domain, and what the path begins with)");
      return;
    }
    if (prefix.length() > 1 && !prefix.endsWith("/")) {
      notes.remark(
          table.entry("path").orElseThrow().location(),
          path + ".path",
          "means whole segments here: " + prefix + "/x, and not " + prefix + "x");
    }
    places.add(
        new Place(
            location.location(),
            upstream,
            hosts,
            bare(prefix.isEmpty() ? "/" : prefix),
            weight(table, prefix, hosts, path)));
  }

  /** The hosts of the locations that use an upstream; empty when one of them is for any. */
  List<String> hostsOf(String upstream) {
    Set<String> hosts = new TreeSet<>();
    for (Place place : places) {
      if (place.upstream().equals(upstream)) {
        if (place.hosts().isEmpty()) {
          return List.of();
        }
        hosts.addAll(place.hosts());
      }
    }
    return List.copyOf(hosts);
  }

  /**
   * The routes.
   *
   * @param upstreams that there are; a location of another is told and left out
   */
  List<Node> routes(Set<String> upstreams, Set<String> leftOut) {
    for (Place place : places) {
      if (!upstreams.contains(place.upstream()) && !leftOut.contains(place.upstream())) {
        problems.addUnknown(
            place.at(),
            "locations",
            "no upstream " + Problem.quoted(place.upstream()),
            place.upstream(),
            upstreams);
      }
    }
    List<Place> inOrder = new ArrayList<>(places);
    inOrder.removeIf(place -> !upstreams.contains(place.upstream()));
    inOrder.sort(Comparator.comparingInt(Place::weight).reversed());
    Set<String> paths =
        new TreeSet<>(Comparator.comparingInt(String::length).thenComparing(path -> path));
    Set<String> hosts = new LinkedHashSet<>(List.of("")); // any first: the others build on it
    for (Place place : inOrder) {
      paths.add(place.path());
      hosts.addAll(place.hosts());
    }
    List<Made> made = new ArrayList<>();
    for (String host : hosts) {
      for (String path : paths) {
        Place winner = winner(inOrder, host, path);
        if (winner != null && !winner.upstream().equals(found(made, host, path))) {
          made.add(new Made(host, path, winner.upstream(), winner.at()));
        }
      }
    }
    return made.stream().map(PingapRoutes::node).toList();
  }

  private static @Nullable Place winner(List<Place> inOrder, String host, String path) {
    return inOrder.stream().filter(place -> place.fits(host, path)).findFirst().orElse(null);
  }

  /** What the routes so far say of requests there: those of the host before those of any. */
  private static @Nullable String found(List<Made> made, String host, String path) {
    for (String each : List.of(host, "")) {
      String upstream =
          made.stream()
              .filter(route -> route.host().equals(each))
              .filter(
                  route ->
                      route.path().equals("/")
                          || path.equals(route.path())
                          || path.startsWith(slash(route.path())))
              .max(Comparator.comparingInt(route -> route.path().length()))
              .map(Made::upstream)
              .orElse(null);
      if (upstream != null) {
        return upstream;
      }
    }
    return null;
  }

  private static Node node(Made route) {
    List<Node.Entry> entries = new ArrayList<>();
    if (!route.host().isEmpty()) {
      entries.add(entry(route.at(), "host", route.host()));
    }
    if (!route.path().equals("/")) {
      entries.add(entry(route.at(), "path", route.path()));
    }
    entries.add(entry(route.at(), "upstream", route.upstream()));
    return new Node.Mapping(route.at(), entries);
  }

  private static Node.Entry entry(Location at, String key, String text) {
    return new Node.Entry(at, key, new Node.Scalar(at, text));
  }

  private void checkKeys(Node.Mapping table, String path) {
    Set<String> known = new TreeSet<>(OTHERS.keySet());
    known.addAll(READ);
    for (Node.Entry entry : table.entries()) {
      String inner = path + "." + entry.key();
      if (!known.contains(entry.key())) {
        problems.addUnknown(entry.location(), inner, "unknown key", entry.key(), known);
      } else if (Objects.equals(OTHERS.get(entry.key()), true) && !isEmpty(entry.value())) {
        notes.loss(entry.location(), inner, "left out: routes here only say where requests go");
      } else if (OTHERS.containsKey(entry.key()) && !isEmpty(entry.value())) {
        notes.remark(entry.location(), inner, "left out: routes have no remarks here");
      } else if (entry.key().equals("enable_reverse_proxy_headers")) {
        notes.remark(entry.location(), inner, "left out: X-Forwarded headers are always sent here");
      }
    }
  }

  private static boolean isEmpty(Node value) {
    return value instanceof Node.Sequence list
        ? list.items().isEmpty()
        : value instanceof Node.Scalar scalar
            && (scalar.text().isEmpty() || scalar.text().equals("false"));
  }

  /** As pingap reckons it: the kind and length of the path before the host, unless it is given. */
  private int weight(Node.Mapping table, String prefix, Set<String> hosts, String path) {
    Node.Entry given = table.entry("weight").orElse(null);
    if (given == null) {
      int ofPath = prefix.length() > 1 ? 512 + Math.min(64, prefix.length()) : 0;
      return ofPath + (hosts.isEmpty() ? 0 : 128);
    }
    String text = given.value() instanceof Node.Scalar scalar ? scalar.text() : "";
    if (!text.matches("[0-9]{1,5}")) {
      problems.add(given.location(), path + ".weight", "\"" + text + "\" (expected: 0 to 65535)");
      return 0;
    }
    return Integer.parseInt(text);
  }

  private static String text(Node.Mapping table, String key) {
    return table.find(key).orElse(null) instanceof Node.Scalar scalar ? scalar.text() : "";
  }

  private static String bare(String path) {
    return path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
  }

  private static String slash(String path) {
    return path.endsWith("/") ? path : path + "/";
  }
}
