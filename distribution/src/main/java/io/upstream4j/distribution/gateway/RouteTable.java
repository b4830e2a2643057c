package io.upstream4j.distribution.gateway;

import io.upstream4j.core.config.PathNormalizer;
import io.upstream4j.core.config.PathRules;
import io.upstream4j.core.config.PathRules.ForwardedPath;
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
 * Finds the route of a request. Among the routes whose host and path match, it is the one with the
 * greatest priority; among equals one with an exact host, then with the longest {@code *.domain},
 * then without a host; and among these one with an exact path, then the first regular expression,
 * then the longest prefix. Immutable.
 *
 * <p>Paths are compared in {@linkplain PathNormalizer normalized} form, segment by segment. A path
 * that is normalized already is compared within the target without allocation.
 *
 * <p>How it works: all routes are sorted once, and a route's index is its rank. The lists for one
 * host, for each domain and for any host keep this order. So the first match in each list is its
 * best, and the best of these has the least rank.
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

    /**
     * Returns whether a path matches.
     *
     * @param path a path, with or without a query
     * @param end the index at which its query begins
     */
    boolean matches(String path, int end) {
      return switch (kind) {
        case SEGMENTS ->
            path.startsWith(text)
                && (end == text.length()
                    || text.endsWith("/")
                    || path.charAt(text.length()) == '/');
        case EXACT -> end == text.length() && path.startsWith(text);
        case PREFIX -> path.startsWith(text);
        case REGEX -> regex != null && regex.isFoundIn(path.substring(0, end));
      };
    }
  }

  private final Map<String, List<Path<T>>> exact;
  private final Map<String, List<Path<T>>> domains; // without the star, such as ".example.com"
  private final List<Path<T>> any;
  private final PathRules rules;

  private RouteTable(
      Map<String, List<Path<T>>> exact,
      Map<String, List<Path<T>>> domains,
      List<Path<T>> any,
      PathRules rules) {
    this.exact = exact;
    this.domains = domains;
    this.any = any;
    this.rules = rules;
  }

  /** Creates a table in which every request has the same target. */
  static <T> RouteTable<T> to(T target, PathRules rules) {
    return new RouteTable<>(Map.of(), Map.of(), List.of(Path.of(RoutePath.ANY, 0, target)), rules);
  }

  /**
   * Prepares routes.
   *
   * @param targets returns the target of a route
   */
  static <T> RouteTable<T> of(List<Route> routes, PathRules rules, Function<Route, T> targets) {
    List<Route> sorted = new ArrayList<>(routes);
    sorted.sort( // stable: keeps the order of the file among equals
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
        paths = exact.computeIfAbsent(withoutBrackets(host), key -> new ArrayList<>());
      }
      paths.add(Path.of(route.path(), rank, targets.apply(route)));
    }
    return new RouteTable<>(exact, domains, any, rules);
  }

  /** Returns an IPv6 host in the form of a request's host. */
  private static String withoutBrackets(String host) {
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  /**
   * Finds the target of a request.
   *
   * @param host without its port, in lower case; null when the request names none
   * @param requested the request's target: a path, with or without a query, or {@code *}
   * @return null when no route matches, when a regular expression is too costly, or when {@link
   *     #refusal} refuses the path
   */
  @Nullable T find(@Nullable String host, String requested) {
    switch (PathNormalizer.form(requested, rules)) {
      case NORMAL -> {
        if (requested.equals("*")) {
          return lookUp(host, "/", 1);
        }
        int query = requested.indexOf('?');
        return lookUp(host, requested, query < 0 ? requested.length() : query);
      }
      case OTHER -> {
        String path = PathNormalizer.normalize(requested, rules.escapedSlashes());
        return lookUp(host, path, path.length());
      }
      default -> {
        return null;
      }
    }
  }

  /** Returns why every request for this target is refused, or null. */
  @Nullable BadRequest refusal(String requested) {
    PathNormalizer.Form form = PathNormalizer.form(requested, rules);
    return form.isRefused() ? BadRequest.malformed("the path " + form.problem()) : null;
  }

  /** Returns the target for the backend. Only for targets that are not refused. */
  String forwarded(String requested) {
    if (rules.forwardedPath() == ForwardedPath.RECEIVED
        || PathNormalizer.form(requested, rules) == PathNormalizer.Form.NORMAL) {
      return requested;
    }
    int query = requested.indexOf('?');
    String path = path(requested);
    return query < 0 ? path : path + requested.substring(query);
  }

  /** Returns the path that is compared with the routes. Only for targets that are not refused. */
  String path(String requested) {
    return requested.equals("*")
        ? "/"
        : PathNormalizer.normalize(requested, rules.escapedSlashes());
  }

  private @Nullable T lookUp(@Nullable String host, String path, int end) {
    try {
      Path<T> best = null;
      if (host != null && !exact.isEmpty()) {
        best = better(best, exact.get(host), path, end);
      }
      if (host != null && !domains.isEmpty()) {
        for (int dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
          if (dot > 0) { // a star stands for at least one character
            best = better(best, domains.get(host.substring(dot)), path, end);
          }
        }
      }
      best = better(best, any, path, end);
      return best == null ? null : best.target();
    } catch (PathPattern.TooCostlyException e) {
      return null;
    }
  }

  private static <T> @Nullable Path<T> better(
      @Nullable Path<T> best, @Nullable List<Path<T>> paths, String path, int end) {
    if (paths != null) {
      for (int i = 0; i < paths.size(); i++) {
        Path<T> next = paths.get(i);
        if (best != null && best.rank() < next.rank()) {
          break;
        }
        if (next.matches(path, end)) {
          return next;
        }
      }
    }
    return best;
  }
}
