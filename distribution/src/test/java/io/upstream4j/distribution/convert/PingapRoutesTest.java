package io.upstream4j.distribution.convert;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Problem;
import io.upstream4j.api.option.Problems;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PingapRoutesTest {
  private static final List<String> HOSTS = List.of("a", "b", "c");
  private static final List<String> PATHS = List.of("/", "/x", "/x/y", "/x/y/z", "/xy", "/w");

  /** A location of pingap. */
  private record Place(List<String> hosts, String path, int weight, String upstream) {
    boolean fits(String host, String request) {
      return (hosts.isEmpty() || hosts.contains(host)) && covers(path, request);
    }

    Node.Entry entry(int number) {
      Map<String, Object> table = new LinkedHashMap<>();
      table.put("upstream", upstream);
      table.put("path", path);
      table.put("host", String.join(",", hosts));
      table.put("weight", weight);
      return new Node.Entry(new Location("f", number + 1, 1), "l" + number, Node.Mapping.of(table));
    }
  }

  private static boolean covers(String path, String request) {
    return path.equals("/") || request.equals(path) || request.startsWith(path + "/");
  }

  private static List<Node> routes(List<Place> places, Set<String> upstreams, Problems problems) {
    PingapRoutes routes = new PingapRoutes(problems, new Notes());
    for (int i = 0; i < places.size(); i++) {
      routes.add(places.get(i).entry(i), "locations.l" + i);
    }
    return routes.routes(upstreams, Set.of());
  }

  private static String text(Node route, String key, String otherwise) {
    return ((Node.Mapping) route)
        .find(key)
        .map(node -> ((Node.Scalar) node).text())
        .orElse(otherwise);
  }

  /** As the gateway does: an exact host over none, then the longest path. */
  private static @Nullable String route(List<Node> routes, String host, String request) {
    for (String each : List.of(host, "")) {
      String upstream =
          routes.stream()
              .filter(route -> text(route, "host", "").equals(each))
              .filter(route -> covers(text(route, "path", "/"), request))
              .max(Comparator.comparingInt(route -> text(route, "path", "/").length()))
              .map(route -> text(route, "upstream", ""))
              .orElse(null);
      if (upstream != null) {
        return upstream;
      }
    }
    return null;
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
                random.nextInt(4),
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

  @Test
  void moreThanCanBeComparedIsAProblem() {
    List<Place> places = new ArrayList<>();
    for (int i = 0; i < 8_000; i++) {
      places.add(new Place(List.of(), "/p" + i, 1, "u"));
    }
    Problems problems = new Problems();

    assertThat(routes(places, Set.of("u"), problems)).isEmpty();
    assertThat(problems.list().stream().map(Problem::message))
        .containsExactly(
            "8000 locations of which too many are for the same hosts, or for any (expected: fewer,"
                + " or converted in parts)");
  }
}
