package io.upstream4j.distribution.gateway;

import io.upstream4j.core.config.PathRules;
import io.upstream4j.core.config.PathRules.ForwardedPath;
import io.upstream4j.core.config.Route;
import io.upstream4j.core.config.PathNormalizer;
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
 * <p>Paths are compared {@linkplain PathNormalizer normalized}, segment by segment: a path that is
 * normal already, as nearly all are, is compared as it stands in the target, and nothing is
 * allocated.
 *
 * @param <T> what a route leads to
 */
final class RouteTable<T> {
  private record Path<T>(String prefix, T target) {
    /** Whether the path of a target, with or without its query, is in the prefix. */
    boolean matches(String target) {
      return target.startsWith(prefix)
          && (target.length() == prefix.length()
              || prefix.endsWith("/")
              || target.charAt(prefix.length()) == '/'
              || target.charAt(prefix.length()) == '?');
    }
  }

  private final Map<String, List<Path<T>>> exact;
  private final Map<String, List<Path<T>>> domains; // without the star: ".example.com"
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

  /** Everything leads to one target. */
  static <T> RouteTable<T> to(T target, PathRules rules) {
    return new RouteTable<>(Map.of(), Map.of(), List.of(new Path<>("/", target)), rules);
  }

  /**
   * Prepares routes.
   *
   * @param targets gives what a route's upstream names
   */
  static <T> RouteTable<T> of(List<Route> routes, PathRules rules, Function<String, T> targets) {
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
        paths = exact.computeIfAbsent(withoutBrackets(host), key -> new ArrayList<>());
      }
      paths.add(new Path<>(route.path(), targets.apply(route.upstream())));
    }
    Comparator<Path<T>> longestFirst =
        Comparator.comparingInt((Path<T> path) -> path.prefix().length()).reversed();
    exact.values().forEach(paths -> paths.sort(longestFirst));
    domains.values().forEach(paths -> paths.sort(longestFirst));
    any.sort(longestFirst);
    return new RouteTable<>(exact, domains, any, rules);
  }

  /** As a request's host has it. */
  private static String withoutBrackets(String host) {
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  /**
   * Finds where a request goes.
   *
   * @param host without its port, in lower case; null when the request names none
   * @param requested the request's target: a path, with or without a query, or {@code *}
   * @return null when no route fits, or when {@link #refusal} says why the path is refused
   */
  @Nullable T find(@Nullable String host, String requested) {
    return switch (PathNormalizer.form(requested, rules.escapedSlashes())) {
      case NORMAL -> lookUp(host, requested.equals("*") ? "/" : requested);
      case OTHER -> lookUp(host, PathNormalizer.normalize(requested, rules.escapedSlashes()));
      case MALFORMED, NUL, ESCAPED_SLASH -> null;
    };
  }

  /** Why a request for this target is refused whatever the routes are; null when it is not. */
  @Nullable BadRequest refusal(String requested) {
    PathNormalizer.Form form = PathNormalizer.form(requested, rules.escapedSlashes());
    return form.isRefused() ? BadRequest.malformed("the path " + form.problem()) : null;
  }

  /** The target that the backend gets, of one that is not refused. */
  String forwarded(String requested) {
    if (rules.forwardedPath() == ForwardedPath.RECEIVED
        || PathNormalizer.form(requested, rules.escapedSlashes()) == PathNormalizer.Form.NORMAL) {
      return requested;
    }
    String path = PathNormalizer.normalize(requested, rules.escapedSlashes());
    int query = requested.indexOf('?');
    return query < 0 ? path : path + requested.substring(query);
  }

  private @Nullable T lookUp(@Nullable String host, String path) {
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
