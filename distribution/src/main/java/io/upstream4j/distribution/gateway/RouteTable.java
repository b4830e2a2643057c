package io.upstream4j.distribution.gateway;

import io.upstream4j.core.config.Route;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which upstream takes a request: of the routes whose host and path both fit, the one with an exact
 * host, else with the longest {@code *.domain}, else with none; among these the longest path.
 * Immutable.
 *
 * <p>Paths are compared as they were sent, segment by segment, without decoding: what the backend
 * will see is what is compared.
 *
 * @param <T> what a route leads to
 */
final class RouteTable<T> {
  private record Path<T>(String prefix, T target) {
    boolean matches(String path) {
      return path.startsWith(prefix)
          && (path.length() == prefix.length()
              || prefix.endsWith("/")
              || path.charAt(prefix.length()) == '/');
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
    return new RouteTable<>(Map.of(), Map.of(), List.of(new Path<>("/", target)));
  }

  /**
   * Prepares routes.
   *
   * @param targets gives what a route's upstream names
   */
  static <T> RouteTable<T> of(List<Route> routes, Function<String, T> targets) {
    Map<String, List<Path<T>>> exact = new HashMap<>();
    Map<String, List<Path<T>>> domains = new HashMap<>();
    List<Path<T>> any = new ArrayList<>();
    for (Route route : routes) {
      String host = route.host().orElse("");
      List<Path<T>> paths;
      if (host.isEmpty()) {
        paths = any;
      } else if (host.startsWith("*.")) {
        paths = domains.computeIfAbsent(host.substring(1), key -> new ArrayList<>());
      } else {
        paths = exact.computeIfAbsent(host, key -> new ArrayList<>());
      }
      paths.add(new Path<>(route.path(), targets.apply(route.upstream())));
    }
    Comparator<Path<T>> longestFirst =
        Comparator.comparingInt((Path<T> path) -> path.prefix().length()).reversed();
    exact.values().forEach(paths -> paths.sort(longestFirst));
    domains.values().forEach(paths -> paths.sort(longestFirst));
    any.sort(longestFirst);
    return new RouteTable<>(exact, domains, any);
  }

  /**
   * Finds the target of a request.
   *
   * @param host without its port, in lower case; null when the request names none
   * @param path without the query
   * @return null when no route fits
   */
  @Nullable T find(@Nullable String host, String path) {
    T target = null;
    if (host != null && !exact.isEmpty()) {
      target = longest(exact.get(host), path);
    }
    if (target == null && host != null && !domains.isEmpty()) {
      target = inDomain(host, path);
    }
    return target != null ? target : longest(any, path);
  }

  private @Nullable T inDomain(String host, String path) {
    for (int dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      // A star stands for at least one character.
      T target = dot == 0 ? null : longest(domains.get(host.substring(dot)), path);
      if (target != null) {
        return target;
      }
    }
    return null;
  }

  private static <T> @Nullable T longest(@Nullable List<Path<T>> paths, String path) {
    if (paths != null) {
      for (int i = 0; i < paths.size(); i++) {
        if (paths.get(i).matches(path)) {
          return paths.get(i).target();
        }
      }
    }
    return null;
  }
}
