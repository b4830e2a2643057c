package io.upstream4j.distribution.gateway;

import static java.util.Objects.requireNonNull;

import io.upstream4j.core.Upstream;
import io.upstream4j.core.config.Route;
import io.upstream4j.core.config.RouteAction;
import io.upstream4j.core.config.RoutePath;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The target of a route.
 *
 * @param upstream null when the route refuses requests
 * @param status the status of the refusal; 0 when there is an upstream
 * @param replaced the length of the path prefix to replace
 * @param replacement null to keep the path
 */
record RouteTarget(
    @Nullable Upstream upstream, int status, int replaced, @Nullable String replacement) {
  static RouteTarget of(Upstream upstream) {
    return new RouteTarget(upstream, 0, 0, null);
  }

  static RouteTarget of(Route route, Map<String, Upstream> upstreams) {
    if (route.action() instanceof RouteAction.Refuse refuse) {
      return new RouteTarget(null, refuse.status(), 0, null);
    }
    RouteAction.Forward forward = (RouteAction.Forward) route.action();
    Upstream upstream = requireNonNull(upstreams.get(forward.upstream()), forward.upstream());
    return of(upstream, route.path(), forward.replacePrefix().orElse(null));
  }

  static RouteTarget of(@Nullable Upstream upstream, RoutePath path, @Nullable String replacement) {
    String from = path.text();
    String to = replacement;
    if (to != null
        && path.kind() == RoutePath.Kind.SEGMENTS) { // the next slash belongs to the rest
      from = withoutSlash(from);
      to = withoutSlash(to);
    }
    return new RouteTarget(upstream, 0, from.length(), to);
  }

  private static String withoutSlash(String path) {
    return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
  }

  /**
   * Returns the target for the backend.
   *
   * @param path the path that was compared with the routes: normalized, without the query
   * @param uri as received
   */
  String rewritten(String path, String uri) {
    if (replacement == null) {
      return uri;
    }
    int query = uri.indexOf('?');
    String joined = replacement + path.substring(replaced);
    return (joined.isEmpty() ? "/" : joined) + (query < 0 ? "" : uri.substring(query));
  }
}
