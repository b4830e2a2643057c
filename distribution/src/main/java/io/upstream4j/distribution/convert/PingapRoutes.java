package io.upstream4j.distribution.convert;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Problem;
import io.upstream4j.api.option.Problems;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
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
 * wins there, and a route is made where that is not what the routes before it say. At a path that
 * no location for a host names, that is what it is at the path above; so only those are asked for.
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

  private static final Comparator<String> SHORTER_FIRST =
      Comparator.comparingInt(String::length).thenComparing(path -> path);

  /** How many comparisons of locations there are at most: some seconds of them. */
  private static final long MAX_STEPS = 50_000_000;

  /** A location that routes can say. */
  private record Place(Location at, String upstream, Set<String> hosts, String path, int weight) {
    /** Whether it is for a path, the host left aside. */
    boolean fits(String prefix) {
      return prefix.equals(path) || path.equals("/") || prefix.startsWith(slash(path));
    }
  }

  private record Made(String host, String path, String upstream, Location at) {}

  private final Problems problems;
  private final Notes notes;
  private final List<Place> places = new ArrayList<>();
  private final Map<String, List<Place>> byUpstream = new HashMap<>();

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
    Place place =
        new Place(
            location.location(),
            upstream,
            hosts,
            bare(prefix.isEmpty() ? "/" : prefix),
            weight(table, prefix, hosts, path));
    places.add(place);
    byUpstream.computeIfAbsent(upstream, name -> new ArrayList<>()).add(place);
  }

  /** The hosts of the locations that use an upstream; empty when one of them is for any. */
  List<String> hostsOf(String upstream) {
    Set<String> hosts = new TreeSet<>();
    for (Place place : byUpstream.getOrDefault(upstream, List.of())) {
      if (place.hosts().isEmpty()) {
        return List.of();
      }
      hosts.addAll(place.hosts());
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
    return made(inOrder).stream().map(PingapRoutes::node).toList();
  }

  private List<Made> made(List<Place> inOrder) {
    IdentityHashMap<Place, Integer> order = new IdentityHashMap<>();
    Map<String, List<Place>> byHost = new LinkedHashMap<>();
    byHost.put("", new ArrayList<>()); // any first: the others build on it
    for (Place place : inOrder) {
      order.put(place, order.size());
      Set<String> hosts = place.hosts().isEmpty() ? Set.of("") : place.hosts();
      for (String host : hosts) {
        byHost.computeIfAbsent(host, name -> new ArrayList<>()).add(place);
      }
    }
    List<Place> ofAny = requireNonNull(byHost.get(""));
    Map<String, String> foundForAny = new HashMap<>();
    List<Made> all = new ArrayList<>();
    long steps = 0;
    for (Map.Entry<String, List<Place>> host : byHost.entrySet()) {
      boolean isAny = host.getKey().isEmpty();
      List<Place> fitting = new ArrayList<>(host.getValue());
      if (!isAny) {
        fitting.addAll(ofAny);
        fitting.sort(Comparator.comparing(order::get));
      }
      steps += (long) fitting.size() * fitting.size();
      if (steps > MAX_STEPS) {
        return tooMany(fitting.get(0));
      }
      Map<String, String> found = isAny ? foundForAny : new HashMap<>(); // upstreams by path
      Set<String> paths = new TreeSet<>(SHORTER_FIRST);
      fitting.forEach(place -> paths.add(place.path()));
      for (String path : paths) {
        Place winner = winner(fitting, path);
        String said = found(found, path);
        if (said == null) {
          said = found(foundForAny, path);
        }
        if (!winner.upstream().equals(said)) {
          found.put(path, winner.upstream());
          all.add(new Made(host.getKey(), path, winner.upstream(), winner.at()));
        }
      }
    }
    return all;
  }

  private List<Made> tooMany(Place at) {
    problems.add(
        at.at(),
        "locations",
        places.size()
            + " locations of which too many are for the same hosts, or for any (expected: fewer, or"
            + " converted in parts)");
    return List.of();
  }

  /** The one that wins at a path which one of them names. */
  private static Place winner(List<Place> inOrder, String path) {
    return inOrder.stream().filter(place -> place.fits(path)).findFirst().orElseThrow();
  }

  /** What routes say of requests to a path: the one with the longest path does. */
  private static @Nullable String found(Map<String, String> upstreams, String path) {
    String prefix = path;
    while (!prefix.isEmpty()) {
      String upstream = upstreams.get(prefix);
      if (upstream != null) {
        return upstream;
      }
      int slash = prefix.lastIndexOf('/');
      prefix = slash > 0 ? prefix.substring(0, slash) : prefix.equals("/") ? "" : "/";
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
