package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

import java.util.Comparator;
import java.util.Optional;

/**
 * What the gateway does with some requests. The route with the greatest priority wins, or among
 * equals the most specific one: an exact host before {@code *.domain} before none, then an exact
 * path before a regular expression before the longest prefix. Among regular expressions, the first
 * in the file wins.
 *
 * @param host a host name, {@code *.domain}, or empty for any; in lower case, without a trailing
 *     dot
 * @param path the paths that it matches; {@linkplain PathNormalizer normalized} unless it is a
 *     regular expression
 * @param priority 0 unless configured
 * @param action what happens to its requests
 */
public record Route(Optional<String> host, RoutePath path, int priority, RouteAction action) {
  /**
   * Orders routes by specificity, ignoring the priority. Use a stable sort to keep the order of the
   * file among equals.
   */
  public static final Comparator<Route> MOST_SPECIFIC_FIRST =
      Comparator.comparingInt(Route::hostOrder).thenComparingInt(Route::pathOrder);

  /** Checks the components. */
  public Route {
    requireNonNull(host, "host");
    requireNonNull(path, "path");
    requireNonNull(action, "action");
  }

  /**
   * Creates a route that forwards requests by a prefix.
   *
   * @param path a prefix of whole path segments, beginning with a slash
   */
  public Route(Optional<String> host, String path, String upstream) {
    this(
        host,
        new RoutePath(RoutePath.Kind.SEGMENTS, path),
        0,
        new RouteAction.Forward(upstream, Optional.empty()));
  }

  /** Returns the upstream of its requests; empty when it refuses them. */
  public Optional<String> upstream() {
    return action instanceof RouteAction.Forward forward
        ? Optional.of(forward.upstream())
        : Optional.empty();
  }

  /** Orders exact hosts first, then domains by length, then routes for any host. */
  private int hostOrder() {
    String name = host.orElse("");
    return name.isEmpty() ? 1 : name.startsWith("*.") ? -name.length() : Integer.MIN_VALUE;
  }

  private int pathOrder() {
    return switch (path.kind()) {
      case EXACT -> Integer.MIN_VALUE;
      case REGEX -> Integer.MIN_VALUE + 1;
      // For equal lengths, whole segments first, as they match fewer paths.
      case SEGMENTS -> -2 * path.text().length() - 1;
      case PREFIX -> -2 * path.text().length();
    };
  }
}
