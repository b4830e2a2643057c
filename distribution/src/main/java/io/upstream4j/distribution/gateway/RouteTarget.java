package io.upstream4j.distribution.gateway;

import static java.util.Objects.requireNonNull;

import io.upstream4j.core.Upstream;
import io.upstream4j.core.config.Route;
import io.upstream4j.core.config.RouteAction;
import io.upstream4j.core.config.RoutePath;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a route leads to.
 *
 * @param upstream null when it refuses requests
 * @param status with which it does; 0 when there is an upstream
 * @param replaced how many characters of the path the replacement stands for
 * @param replacement null when backends see the whole path
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
        && path.kind() == RoutePath.Kind.SEGMENTS) { // the slash between belongs to the rest
      from = withoutSlash(from);
      to = withoutSlash(to);
    }
    return new RouteTarget(upstream, 0, from.length(), to);
  }

  private static String withoutSlash(String path) {
    return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
  }

  /**
   * The target that the backend sees.
   *
   * @param path that was compared with the routes: normalized, without the query
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
