package io.upstream4j.distribution;

import io.upstream4j.api.option.Node;
import io.upstream4j.core.config.Config;
import io.upstream4j.core.config.Route;
import io.upstream4j.core.config.RouteAction;
import io.upstream4j.core.config.RoutePath;
import io.upstream4j.core.config.UpstreamConfig;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Finds parts of a valid configuration that may not be intended. */
final class ConfigNotes {
  /** Routes are compared in pairs, which takes a moment for several thousand. */
  private static final int MAX_ROUTES = 2_000;

  private static final int MOST = 50;

  /** A host or address without a port, in the form that static and dns accept. */
  private static final Pattern NO_PORT =
      Pattern.compile("(\\[[0-9a-fA-F:.]+]|[A-Za-z0-9][A-Za-z0-9._-]*)(\\s.*)?");

  private final List<String> notes = new ArrayList<>();
  private final Config config;

  private ConfigNotes(Config config) {
    this.config = config;
  }

  /** Returns one line per note, at most {@value #MOST}. */
  static List<String> of(Config config) {
    ConfigNotes notes = new ConfigNotes(config);
    config.upstreams().values().forEach(notes::findPorts);
    notes.findUnrouted();
    notes.findRedundant();
    return notes.notes.size() > MOST ? notes.notes.subList(0, MOST) : notes.notes;
  }

  private void findPorts(UpstreamConfig upstream) {
    String discovery = upstream.discovery().plugin().type();
    if (!discovery.equals("static") && !discovery.equals("dns")) {
      return;
    }
    Node addrs = upstream.source().find("addrs").orElse(null);
    List<Node> servers =
        addrs instanceof Node.Sequence list
            ? list.items()
            : addrs == null ? List.of() : List.of(addrs);
    for (Node server : servers) {
      if (server instanceof Node.Scalar text && NO_PORT.matcher(text.text().strip()).matches()) {
        boolean isTls = upstream.peer().tls().isPresent();
        notes.add(
            "%s: upstreams.%s.addrs: \"%s\" has no port: %d is used, as the upstream %s"
                .formatted(
                    text.location(),
                    upstream.name(),
                    text.text(),
                    isTls ? 443 : 80,
                    isTls ? "speaks TLS" : "speaks no TLS"));
      }
    }
  }

  private void findUnrouted() {
    if (config.routes().isEmpty()) {
      return; // a single upstream receives all requests
    }
    Set<String> routed = new HashSet<>();
    config.routes().forEach(route -> route.upstream().ifPresent(routed::add));
    for (String name : config.upstreams().keySet()) {
      if (!routed.contains(name)) {
        notes.add("upstreams." + name + ": no route leads to it");
      }
    }
  }

  /** Finds routes whose requests would have the same target without them. */
  @SuppressWarnings("ReferenceEquality") // identity is intended
  private void findRedundant() {
    List<Route> routes = config.routes();
    if (!routes.stream().allMatch(ConfigNotes::isPlain)) {
      return; // the longest path alone does not decide
    }
    for (int i = 0; i < Math.min(routes.size(), MAX_ROUTES); i++) {
      Route route = routes.get(i);
      Route wider = null;
      boolean isBetween = false; // another route would win for some of its requests
      for (Route other : routes.subList(0, Math.min(routes.size(), MAX_ROUTES))) {
        if (other == route) {
          continue;
        }
        if (!other.host().equals(route.host())) {
          isBetween |= !other.action().equals(route.action());
        } else if (isUnder(route.path().text(), other.path().text())
            && (wider == null || other.path().text().length() > wider.path().text().length())) {
          wider = other;
        }
      }
      if (wider != null && wider.action().equals(route.action()) && !isBetween) {
        notes.add(
            "routes[%d]: redundant: \"%s\" goes to upstream \"%s\" by the route \"%s\" as well"
                .formatted(i, route.path(), route.upstream().orElseThrow(), wider.path()));
      }
    }
  }

  private static boolean isPlain(Route route) {
    return route.priority() == 0
        && route.path().kind() == RoutePath.Kind.SEGMENTS
        && route.action() instanceof RouteAction.Forward forward
        && forward.replacePrefix().isEmpty();
  }

  private static boolean isUnder(String path, String prefix) {
    return path.startsWith(prefix)
        && (path.length() == prefix.length()
            || prefix.endsWith("/")
            || path.charAt(prefix.length()) == '/');
  }
}
