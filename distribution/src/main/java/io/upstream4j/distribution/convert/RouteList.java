package io.upstream4j.distribution.convert;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.core.config.Route;
import io.upstream4j.core.config.RouteAction;
import io.upstream4j.core.config.RoutePath;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Collects routes that have weights in the configuration they come from: of those that fit a
 * request, the one with the greatest weight takes it.
 *
 * <p>Where that is what the most specific route would be anyway, the weights are left out.
 */
final class RouteList {
  private record Place(Optional<String> host, RoutePath path) {}

  private record Weighted(Location at, Route route) {}

  // What may stand in a path with and without its escape: RFC 3986, 2.2, and what clients leave as
  // it is.
  private static final String ESCAPABLE = "!$&'()*+,;=:@[]\"<>^`{|}\\";
  private static final int MAX_SPELLINGS = 32;

  private final List<Weighted> routes = new ArrayList<>();

  /**
   * Adds a route.
   *
   * @param host a name, {@code *.domain}, or empty for any
   */
  void add(Location at, String host, RoutePath path, int weight, RouteAction action) {
    Optional<String> name = host.isEmpty() ? Optional.empty() : Optional.of(host);
    // Character by character: of whole segments, a slash would be put between.
    boolean joins =
        path.kind() == RoutePath.Kind.SEGMENTS
            && action instanceof RouteAction.Forward forward
            && forward.replacePrefix().filter(prefix -> !prefix.endsWith("/")).isPresent();
    RoutePath place = joins ? new RoutePath(RoutePath.Kind.PREFIX, path.text()) : path;
    routes.add(new Weighted(at, new Route(name, place, weight, action)));
  }

  /**
   * Adds a route for all spellings of its path: characters that have a meaning in some URLs, such
   * as a colon, are the same for nginx and pingap when they are escaped, and two paths here.
   *
   * @param path which {@link #encoded} made, or an expression, of which there is one spelling
   */
  void addSpellings(Location at, String host, RoutePath path, int weight, RouteAction action) {
    List<String> spellings = List.of(path.text());
    for (int i = path.kind() == RoutePath.Kind.REGEX ? path.text().length() : 0;
        i < path.text().length() && spellings.size() < MAX_SPELLINGS;
        i++) {
      char c = path.text().charAt(i);
      if (ESCAPABLE.indexOf(c) >= 0) {
        int fromEnd = path.text().length() - i;
        List<String> more = new ArrayList<>(spellings);
        for (String spelling : spellings) {
          int there = spelling.length() - fromEnd;
          more.add(spelling.substring(0, there) + escape(c) + spelling.substring(there + 1));
        }
        spellings = more;
      }
    }
    for (String spelling : spellings) {
      add(at, host, new RoutePath(path.kind(), spelling), weight, action);
    }
    if (spellings.size() >= MAX_SPELLINGS && action instanceof RouteAction.Refuse) {
      String all = "^" + spelled(path.text());
      add(at, host, regex(path.kind() == RoutePath.Kind.EXACT ? all + "$" : all), weight, action);
    }
  }

  /** An expression for all spellings of a path that {@link #encoded} made. */
  static String spelled(String path) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      String quoted = Regexes.quote(String.valueOf(c));
      out.append(ESCAPABLE.indexOf(c) < 0 ? quoted : "(?:" + quoted + "|" + escape(c) + ")");
    }
    return out.toString();
  }

  /** The same for a character of an expression, unless it means something there. */
  static String anySpelling(String character) {
    if ("\\^$.|?*+()[]{}/-_~%".contains(character)) {
      return character;
    }
    String encoded = encoded(character);
    return encoded.equals(character) ? spelled(character) : "(?:" + encoded + ")";
  }

  private static String escape(int octet) {
    return String.format(Locale.ROOT, "%%%02X", octet);
  }

  boolean isEmpty() {
    return routes.isEmpty();
  }

  /** The upstreams that routes lead to. */
  Set<String> upstreams() {
    Set<String> names = new HashSet<>();
    routes.forEach(each -> each.route().upstream().ifPresent(names::add));
    return names;
  }

  /**
   * The routes as a configuration has them, never none: without routes a single upstream would take
   * every request.
   *
   * @param top the place of the route that refuses everything, when there is no other
   */
  List<Node> nodes(Location top) {
    List<Weighted> inOrder = new ArrayList<>(routes);
    inOrder.sort(Comparator.comparingInt((Weighted each) -> each.route().priority()).reversed());
    Set<Place> seen = new HashSet<>();
    inOrder.removeIf( // never reached
        each -> !seen.add(new Place(each.route().host(), bare(each.route().path()))));
    if (inOrder.isEmpty()) {
      return List.of(new Node.Mapping(top, List.of(entry(top, "status", "404"))));
    }
    inOrder.sort(Comparator.comparing(Weighted::route, Route.MOST_SPECIFIC_FIRST));
    boolean weighted = false;
    for (int i = 1; i < inOrder.size(); i++) {
      weighted |= inOrder.get(i - 1).route().priority() < inOrder.get(i).route().priority();
    }
    if (weighted) {
      inOrder.sort(Comparator.comparingInt((Weighted each) -> each.route().priority()).reversed());
    }
    List<Node> nodes = new ArrayList<>();
    for (Weighted each : inOrder) {
      nodes.add(node(each, weighted));
    }
    return nodes;
  }

  private static RoutePath bare(RoutePath path) {
    return path.kind() == RoutePath.Kind.SEGMENTS && path.text().endsWith("/")
        ? new RoutePath(path.kind(), path.text().substring(0, path.text().length() - 1))
        : path;
  }

  private static Node node(Weighted each, boolean weighted) {
    Location at = each.at();
    Route route = each.route();
    List<Node.Entry> entries = new ArrayList<>();
    route.host().ifPresent(host -> entries.add(entry(at, "host", host)));
    String text = route.path().text();
    switch (route.path().kind()) {
      case SEGMENTS -> {
        if (!text.equals("/")) {
          entries.add(entry(at, "path", text));
        }
      }
      case EXACT -> entries.add(path(at, "exact", text));
      case PREFIX -> entries.add(path(at, "prefix", text));
      case REGEX -> entries.add(path(at, "regex", text));
    }
    if (route.action() instanceof RouteAction.Forward forward) {
      entries.add(entry(at, "upstream", forward.upstream()));
      forward.replacePrefix().ifPresent(it -> entries.add(entry(at, "replace_prefix", it)));
    } else if (route.action() instanceof RouteAction.Refuse refuse) {
      entries.add(entry(at, "status", String.valueOf(refuse.status())));
    }
    if (weighted && route.priority() != 0) {
      entries.add(entry(at, "priority", String.valueOf(route.priority())));
    }
    return new Node.Mapping(at, entries);
  }

  private static Node.Entry path(Location at, String kind, String text) {
    return new Node.Entry(at, "path", new Node.Mapping(at, List.of(entry(at, kind, text))));
  }

  private static Node.Entry entry(Location at, String key, String text) {
    return new Node.Entry(at, key, new Node.Scalar(at, text));
  }

  /** A path as requests have it, of one that is written without escapes. */
  static String encoded(String path) {
    return encoded(path, "");
  }

  /** A path as requests have it, of one that may be written with escapes. */
  static String encodedOnce(String path) {
    return encoded(path, path.matches("(?:[^%]|%[0-9A-Fa-f]{2})*") ? "%" : "");
  }

  private static String encoded(String path, String kept) {
    StringBuilder out = new StringBuilder();
    for (byte octet : path.getBytes(StandardCharsets.UTF_8)) {
      if (octet > ' ' && octet < 0x7f && ("?#%".indexOf(octet) < 0 || kept.indexOf(octet) >= 0)) {
        out.append((char) octet);
      } else {
        out.append(escape(octet & 0xff));
      }
    }
    return out.toString();
  }

  /** A prefix of characters, in the plain form where that is the same. */
  static RoutePath prefix(String text) {
    return text.endsWith("/")
        ? new RoutePath(RoutePath.Kind.SEGMENTS, text)
        : new RoutePath(RoutePath.Kind.PREFIX, text);
  }

  static RoutePath exact(String text) {
    return new RoutePath(RoutePath.Kind.EXACT, text);
  }

  static RoutePath regex(String text) {
    return new RoutePath(RoutePath.Kind.REGEX, text);
  }
}
