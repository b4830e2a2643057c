package io.upstream4j.distribution.gateway;

import io.upstream4j.core.config.Route;
import io.upstream4j.core.config.RoutePath;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which route takes a request: of those whose host and path both fit, the one with the greatest
 * priority; of equal ones that with an exact host, else with the longest {@code *.domain}, else
 * with none; among these an exact path, else the first regular expression, else the longest prefix.
 * Immutable.
 *
 * <p>Paths are compared as they were sent, segment by segment, without decoding: what the backend
 * will see is what is compared.
 *
 * <p>How it works: all routes are sorted once, and the place in that order is a route's rank. The
 * lists for one host, for each domain and for any are parts of the same order, so in each the first
 * that fits is its best, and the best of these has the smallest rank.
 *
 * @param <T> what a route leads to
 */
final class RouteTable<T> {
  private record Path<T>(
      RoutePath.Kind kind, String text, @Nullable PathPattern regex, int rank, T target) {
    static <T> Path<T> of(RoutePath path, int rank, T target) {
      PathPattern regex = path.kind() == RoutePath.Kind.REGEX ? new PathPattern(path.text()) : null;
      return new Path<>(path.kind(), path.text(), regex, rank, target);
    }

    boolean matches(String path) {
      return switch (kind) {
        case SEGMENTS ->
            path.startsWith(text)
                && (path.length() == text.length()
                    || text.endsWith("/")
                    || path.charAt(text.length()) == '/');
        case EXACT -> path.equals(text);
        case PREFIX -> path.startsWith(text);
        case REGEX -> regex != null && regex.isFoundIn(path);
      };
    }
  }

  private final Map<String, List<Path<T>>> exact;
  private final Map<String, List<Path<T>>> domains; // without the star: ".example.com"
  private final List<Path<T>> any;

  private RouteTable(
      Map<String, List<Path<T>>> exact, Map<String, List<Path<T>>> domains, List<Path<T>> any) {
    this.exact = exact;
    this.domains = domains;
    this.any = any;
  }

  /** Everything leads to one target. */
  static <T> RouteTable<T> to(T target) {
    return new RouteTable<>(Map.of(), Map.of(), List.of(Path.of(RoutePath.ANY, 0, target)));
  }

  /**
   * Prepares routes.
   *
   * @param targets gives what a route leads to
   */
  static <T> RouteTable<T> of(List<Route> routes, Function<Route, T> targets) {
    List<Route> sorted = new ArrayList<>(routes);
    sorted.sort( // stable: what is equal stays in the order of the file
        Comparator.comparingInt(Route::priority)
            .reversed()
            .thenComparing(Route.MOST_SPECIFIC_FIRST));
    Map<String, List<Path<T>>> exact = new HashMap<>();
    Map<String, List<Path<T>>> domains = new HashMap<>();
    List<Path<T>> any = new ArrayList<>();
    for (int rank = 0; rank < sorted.size(); rank++) {
      Route route = sorted.get(rank);
      String host = route.host().orElse("");
      List<Path<T>> paths;
      if (host.isEmpty()) {
        paths = any;
      } else if (host.startsWith("*.")) {
        paths = domains.computeIfAbsent(host.substring(1), key -> new ArrayList<>());
      } else {
        paths = exact.computeIfAbsent(host, key -> new ArrayList<>());
      }
      paths.add(Path.of(route.path(), rank, targets.apply(route)));
    }
    return new RouteTable<>(exact, domains, any);
  }

  /**
   * Finds the target of a request.
   *
   * @param host without its port, in lower case; null when the request names none
   * @param path without the query
   * @return null when no route fits, or a regular expression would take too long to tell
   */
  @Nullable T find(@Nullable String host, String path) {
    try {
      Path<T> best = null;
      if (host != null && !exact.isEmpty()) {
        best = better(best, exact.get(host), path);
      }
      if (host != null && !domains.isEmpty()) {
        for (int dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
          if (dot > 0) { // a star stands for at least one character
            best = better(best, domains.get(host.substring(dot)), path);
          }
        }
      }
      best = better(best, any, path);
      return best == null ? null : best.target();
    } catch (PathPattern.TooCostlyException e) {
      return null;
    }
  }

  private static <T> @Nullable Path<T> better(
      @Nullable Path<T> best, @Nullable List<Path<T>> paths, String path) {
    if (paths != null) {
      for (int i = 0; i < paths.size(); i++) {
        Path<T> next = paths.get(i);
        if (best != null && best.rank() < next.rank()) {
          break;
        }
        if (next.matches(path)) {
          return next;
        }
      }
    }
    return best;
  }
}
