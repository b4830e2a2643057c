package io.upstream4j.distribution.convert;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Problems;
import io.upstream4j.core.config.Route;
import io.upstream4j.core.config.RouteAction;
import io.upstream4j.core.config.RoutePath;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PingapRoutesTest {
  private static final List<String> HOSTS = List.of("a", "b", "c");
  private static final List<String> PATHS =
      List.of("/", "/x", "/x/", "/x/y/z", "=/x/y", "=/w", "~^/x.*y$", "~/[w-y]");

  /** A location of pingap. */
  private record Place(List<String> hosts, String path, int weight, String upstream) {
    boolean fits(String host, String request) {
      return (hosts.isEmpty() || hosts.contains(host))
          && (path.startsWith("=")
              ? request.equals(path.substring(1))
              : path.startsWith("~")
                  ? Pattern.compile(path.substring(1)).matcher(request).find()
                  : request.startsWith(path));
    }

    Node.Mapping table() {
      Map<String, Object> table = new LinkedHashMap<>();
      table.put("upstream", upstream);
      table.put("path", path);
      table.put("host", String.join(",", hosts));
      table.put("weight", weight);
      return Node.Mapping.of(table);
    }
  }

  private static List<Node> routes(List<Place> places, Set<String> upstreams, Problems problems) {
    PingapRoutes routes =
        new PingapRoutes(problems, new Notes(), Map.of(), ConversionOptions.Guards.REFUSE);
    for (int i = 0; i < places.size(); i++) {
      routes.add(new Location("f", i + 1, 1), places.get(i).table(), "locations.l" + i);
    }
    return routes.routes(upstreams, Set.of()).nodes(new Location("f", 1, 1));
  }

  private static String text(Node route, String key, String otherwise) {
    return ((Node.Mapping) route)
        .find(key)
        .filter(Node.Scalar.class::isInstance)
        .map(node -> ((Node.Scalar) node).text())
        .orElse(otherwise);
  }

  private static Route route(Node node) {
    RoutePath path = new RoutePath(RoutePath.Kind.SEGMENTS, text(node, "path", "/"));
    if (((Node.Mapping) node).find("path").orElse(null) instanceof Node.Mapping kind) {
      String key = kind.entries().get(0).key();
      path =
          new RoutePath(RoutePath.Kind.valueOf(key.toUpperCase(Locale.ROOT)), text(kind, key, ""));
    }
    return new Route(
        Optional.of(text(node, "host", "")).filter(host -> !host.isEmpty()),
        path,
        Integer.parseInt(text(node, "priority", "0")),
        new RouteAction.Forward(text(node, "upstream", ""), Optional.empty()));
  }

  private static boolean covers(RoutePath path, String request) {
    return switch (path.kind()) {
      case SEGMENTS ->
          request.equals(path.text())
              || request.startsWith(path.text().endsWith("/") ? path.text() : path.text() + "/");
      case EXACT -> request.equals(path.text());
      case PREFIX -> request.startsWith(path.text());
      case REGEX -> Pattern.compile(path.text()).matcher(request).find();
    };
  }

  /** As the gateway does: the greatest priority, then the most specific. */
  private static @Nullable String route(List<Node> nodes, String host, String request) {
    return nodes.stream()
        .map(PingapRoutesTest::route)
        .filter(route -> route.host().isEmpty() || route.host().get().equals(host))
        .filter(route -> covers(route.path(), request))
        .sorted(
            Comparator.comparingInt(Route::priority)
                .reversed()
                .thenComparing(Route.MOST_SPECIFIC_FIRST))
        .findFirst()
        .flatMap(Route::upstream)
        .filter(upstream -> !upstream.isEmpty())
        .orElse(null);
  }

  @Test
  void everyRequestGoesWhereTheFirstLocationThatFitsItLeads() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 3_000; round++) {
      List<Place> places = new ArrayList<>();
      for (int i = 1 + random.nextInt(6); i > 0; i--) {
        places.add(
            new Place(
                HOSTS.stream().filter(host -> random.nextInt(3) == 0).toList(),
                PATHS.get(random.nextInt(PATHS.size())),
                100 * random.nextInt(4) + i, // equal weights have no order there
                "u" + random.nextInt(3)));
      }
      List<Node> routes = routes(places, Set.of("u0", "u1", "u2"), new Problems());
      List<Place> inOrder = new ArrayList<>(places);
      inOrder.sort(Comparator.comparingInt(Place::weight).reversed());
      for (String host : List.of("a", "b", "c", "other")) {
        for (String request : List.of("/", "/x", "/x/y", "/x/y/z/q", "/xy/1", "/w", "/v")) {
          String there =
              inOrder.stream()
                  .filter(place -> place.fits(host, request))
                  .findFirst()
                  .map(Place::upstream)
                  .orElse(null);
          assertThat(route(routes, host, request))
              .as("seed %d: %s%s of %s", seed, host, request, places)
              .isEqualTo(there);
        }
      }
    }
  }

  @Test
  void thousandsOfLocationsForHostsOfTheirOwnAreConverted() {
    List<Place> places = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      places.add(new Place(List.of("h" + i), "/p" + i, 1, "u"));
    }

    assertThat(routes(places, Set.of("u"), new Problems())).hasSize(10_000);
  }
}
