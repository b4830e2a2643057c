package io.upstream4j.distribution.convert;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Problem;
import io.upstream4j.api.option.Problems;
import io.upstream4j.core.config.RouteAction;
import io.upstream4j.core.config.RoutePath;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Converts the locations of pingap to routes, their weights to priorities.
 *
 * <p>A location that has no equivalent becomes a route that refuses its requests: left out, the
 * location after it would take them.
 */
final class PingapRoutes {
  /** What a location may have beside its place; true for what changes what becomes of a request. */
  private static final Map<String, Boolean> OTHERS = new TreeMap<>();

  static {
    for (String key :
        List.of(
            "proxy_set_headers",
            "proxy_add_headers",
            "proxy_headers",
            "headers",
            "plugins",
            "client_max_body_size",
            "max_processing",
            "grpc_web",
            "max_retry_window",
            "connection_timeout")) {
      OTHERS.put(key, true);
    }
    OTHERS.put("remark", false);
  }

  private static final int BEFORE_LOCATIONS = 65_536; // more than any weight

  private static final List<String> CONDITIONS =
      List.of("match_headers", "match_query", "match_cookies");

  private static final Set<String> READ =
      Set.of(
          "upstream",
          "path",
          "host",
          "weight",
          "rewrite",
          "max_retries",
          "includes",
          "enable_reverse_proxy_headers",
          "match_headers",
          "match_query",
          "match_cookies");

  /** A location that has a place here, though it may be refused. */
  private record Place(
      Location at,
      String name,
      String upstream,
      Set<String> hosts,
      RoutePath path,
      int weight,
      List<PrefixRewrite.Part> parts,
      @Nullable String refused) {}

  private final Problems problems;
  private final Notes notes;
  private final PingapPlugins plugins;
  private final ConversionOptions.Guards guards;
  private final List<Place> places = new ArrayList<>();
  private final Map<String, Set<String>> retries = new TreeMap<>();

  PingapRoutes(
      Problems problems,
      Notes notes,
      Map<String, Node.Entry> plugins,
      ConversionOptions.Guards guards) {
    this.problems = problems;
    this.notes = notes;
    this.plugins = new PingapPlugins(plugins);
    this.guards = guards;
  }

  /** Takes a location. */
  void add(Location at, Node.Mapping table, String path) {
    checkKeys(table, path);
    for (String condition : CONDITIONS) {
      Node.Entry entry = table.entry(condition).orElse(null);
      if (entry != null && !isEmpty(entry.value())) {
        notes.loss(
            entry.location(),
            path + "." + condition,
            "the location is left out: routes have no conditions but host and path, so its requests"
                + " go where those without "
                + condition.substring("match_".length())
                + " go");
        return;
      }
    }
    String upstream = text(table, "upstream");
    Set<String> hosts = new LinkedHashSet<>();
    boolean hostPattern = false;
    boolean anyHost = false;
    for (String host : text(table, "host").split(",", -1)) {
      String name = host.strip();
      if (name.startsWith("~")) {
        String domain = Regexes.domain(name.substring(1).strip());
        hostPattern |= domain.isEmpty() || !Regexes.isDomain(name.substring(1).strip());
        anyHost |= domain.isEmpty();
        hosts.add(domain);
      } else if (!name.isEmpty()) {
        hosts.add(name.toLowerCase(Locale.ROOT));
      }
    }
    String given = text(table, "path").strip();
    RoutePath place = place(at, given, path);
    if (place == null) {
      return;
    }
    String refused = null;
    List<PrefixRewrite.Part> parts =
        List.of(new PrefixRewrite.Part(place, Optional.empty(), false));
    if (upstream.isEmpty()) {
      refused = "it names no upstream";
    } else if (upstream.startsWith("$")) {
      refused = "it takes its upstream from the request";
    } else if (hostPattern) {
      refused = "it has a pattern for its host (here: a host or *.domain)";
      if (anyHost) {
        hosts.clear(); // whatever the pattern fits
      }
    } else if (given.startsWith("~") && place.kind() != RoutePath.Kind.REGEX) {
      refused = "its pattern means something else here";
    } else {
      refused = table.find("plugins").map(plugins::guard).orElse(null);
      if (refused != null && guards == ConversionOptions.Guards.IGNORE) {
        notes.loss(at, path, "open to everyone here: " + refused);
        refused = null;
      }
    }
    String rewrite = text(table, "rewrite");
    if (refused == null && !rewrite.isBlank()) {
      String[] words = rewrite.split(" ", -1);
      PrefixRewrite known = words.length == 2 ? PrefixRewrite.read(words[0], words[1]) : null;
      parts = known == null ? List.of() : known.parts(place);
      if (parts.isEmpty()) {
        refused = "it rewrites the path by a pattern (here: replace_prefix)";
      }
    }
    if (refused != null) {
      notes.loss(at, path, "its requests are refused: " + refused);
    } else {
      table
          .entry("max_retries")
          .ifPresent(
              entry ->
                  retries
                      .computeIfAbsent(upstream, name -> new TreeSet<>())
                      .add(entry.value() instanceof Node.Scalar scalar ? scalar.text() : ""));
    }
    int weight = weight(table, given, path);
    if (refused == null) {
      refuseAnswered(at, table, path, hosts, place, weight);
    }
    places.add(new Place(at, path, upstream, hosts, place, weight, parts, refused));
  }

  /** Refuses what plug-ins of a location answer themselves, which its servers never see there. */
  private void refuseAnswered(
      Location at, Node.Mapping table, String path, Set<String> hosts, RoutePath in, int weight) {
    for (PingapPlugins.Answered answered :
        table.find("plugins").map(plugins::answered).orElse(List.of())) {
      String text = answered.path().text();
      if (in.kind() == RoutePath.Kind.REGEX) {
        // An expression comes behind an exact path of the same weight, and may not fit it.
        RoutePath both =
            RouteList.regex("^(?=" + Regexes.quote(text) + "$)(?s:.*?)(?:" + in.text() + ")");
        places.add(refusal(at, table, path, hosts, both, weight, answered));
      } else if (in.kind() == RoutePath.Kind.EXACT
          ? text.equals(in.text())
          : text.startsWith(in.text())) {
        places.add(refusal(at, table, path, hosts, answered.path(), weight, answered));
      }
    }
  }

  private Place refusal(
      Location at,
      Node.Mapping table,
      String name,
      Set<String> hosts,
      RoutePath path,
      int weight,
      PingapPlugins.Answered answered) {
    notes.loss(
        at, name, "requests to " + answered.path().text() + " are refused: " + answered.reason());
    PrefixRewrite.Part part = new PrefixRewrite.Part(path, Optional.empty(), true);
    return new Place(at, name, text(table, "upstream"), hosts, path, weight, List.of(part), null);
  }

  /** Where requests to a path belong; null when there can be none. */
  private @Nullable RoutePath place(Location at, String given, String path) {
    if (given.isEmpty()) {
      return RoutePath.ANY;
    }
    if (given.startsWith("~")) {
      String regex = given.substring(1).strip();
      return Regexes.ofDecodedPaths(regex, false)
          .map(RouteList::regex)
          .orElseGet(() -> RouteList.prefix(Regexes.literalPrefix(regex)));
    }
    boolean exact = given.startsWith("=");
    String text = RouteList.encodedOnce(exact ? given.substring(1).strip() : given);
    if (!text.startsWith("/")) {
      notes.remark(at, path + ".path", "left out: no path of a request begins like that");
      return null;
    }
    return exact ? RouteList.exact(text) : RouteList.prefix(text);
  }

  /** The hosts of the locations that use an upstream; empty when one of them is for any. */
  List<String> hostsOf(String upstream) {
    Set<String> hosts = new TreeSet<>();
    for (Place place : places) {
      if (place.upstream().equals(upstream) && place.refused() == null) {
        if (place.hosts().isEmpty()) {
          return List.of();
        }
        hosts.addAll(place.hosts());
      }
    }
    return List.copyOf(hosts);
  }

  /** What the locations of an upstream say of retries, when they all say the same. */
  Optional<String> retriesOf(Node.Entry upstream) {
    Set<String> said = retries.getOrDefault(upstream.key(), Set.of());
    if (said.size() > 1) {
      notes.loss(
          upstream.location(),
          "upstreams." + upstream.key(),
          "its locations have different max_retries, and are left out (here: retries of the"
              + " upstream)");
      return Optional.empty();
    }
    return said.stream().findFirst();
  }

  /**
   * The routes.
   *
   * @param upstreams that there are
   * @param leftOut those that have no equivalent; requests to them are refused
   */
  RouteList routes(Set<String> upstreams, Set<String> leftOut) {
    RouteList routes = new RouteList();
    for (Place place : places) {
      boolean refused = place.refused() != null || leftOut.contains(place.upstream());
      if (!refused && !upstreams.contains(place.upstream())) {
        if (upstreams.isEmpty() && leftOut.isEmpty()) {
          problems.add(
              place.at(),
              place.name() + ".upstream",
              "no file has upstreams (expected: all files of the configuration, such as its"
                  + " folder)");
          return routes;
        }
        problems.addUnknown(
            place.at(),
            place.name(),
            "no upstream " + Problem.quoted(place.upstream()),
            place.upstream(),
            upstreams);
        continue;
      }
      for (String host : place.hosts().isEmpty() ? Set.of("") : place.hosts()) {
        if (refused) {
          routes.addSpellings(
              place.at(), host, place.path(), place.weight(), new RouteAction.Refuse(404));
          continue;
        }
        for (PrefixRewrite.Part part : place.parts()) {
          routes.addSpellings(
              place.at(),
              host,
              part.path(),
              place.weight(),
              part.isRefused()
                  ? new RouteAction.Refuse(404)
                  : new RouteAction.Forward(place.upstream(), part.replacePrefix()));
        }
      }
    }
    refuseParameters(routes, leftOut);
    return routes;
  }

  /**
   * Refuses paths with parameters or backslashes, where some paths are refused: pingap leaves the
   * ones out and takes the others for slashes before it compares a path, as some servers do.
   */
  private void refuseParameters(RouteList routes, Set<String> leftOut) {
    Place first = null;
    boolean open = false;
    for (Place place : places) {
      boolean refused = place.refused() != null || leftOut.contains(place.upstream());
      first = refused && first == null ? place : first;
      open |= !refused;
    }
    if (first != null && open) {
      notes.loss(
          first.at(),
          first.name(),
          "paths with ; or \\ are refused: here they would not be compared as the server may read"
              + " them");
      routes.add(
          first.at(),
          "",
          RouteList.regex("[;\\\\]|%3B|%5C"),
          BEFORE_LOCATIONS,
          new RouteAction.Refuse(404));
    }
  }

  private void checkKeys(Node.Mapping table, String path) {
    Set<String> known = new TreeSet<>(OTHERS.keySet());
    known.addAll(READ);
    for (Node.Entry entry : table.entries()) {
      String inner = path + "." + entry.key();
      if (!known.contains(entry.key())) {
        problems.addUnknown(entry.location(), inner, "unknown key", entry.key(), known);
      } else if (Boolean.TRUE.equals(OTHERS.get(entry.key())) && !isEmpty(entry.value())) {
        notes.loss(entry.location(), inner, "left out: routes only say where requests go");
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

  /** As pingap does: the kind and length of the path before the host, unless it is given. */
  private int weight(Node.Mapping table, String given, String path) {
    Node.Entry entry = table.entry("weight").orElse(null);
    if (entry == null) {
      int kind = given.startsWith("=") ? 1_024 : given.startsWith("~") ? 256 : 512;
      String host = text(table, "host");
      boolean pattern = List.of(host.split(",", -1)).stream().anyMatch(it -> it.startsWith("~"));
      int length = given.getBytes(StandardCharsets.UTF_8).length;
      return (length > 1 ? kind + Math.min(64, length) : 0)
          + (pattern ? host.length() : host.isEmpty() ? 0 : 128);
    }
    String text = entry.value() instanceof Node.Scalar scalar ? scalar.text() : "";
    if (!text.matches("[0-9]{1,5}")) {
      problems.add(
          entry.location(), path + ".weight", Problem.quoted(text) + " (expected: 0 to 65535)");
      return 0;
    }
    return Integer.parseInt(text);
  }

  private static String text(Node.Mapping table, String key) {
    return table.find(key).orElse(null) instanceof Node.Scalar scalar ? scalar.text() : "";
  }
}
