package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

import java.util.Comparator;
import java.util.Optional;

/**
 * Says what the gateway does with some requests. The greatest priority wins; of equal ones the most
 * specific route: an exact host over {@code *.domain} over none, then an exact path over a regular
 * expression over the longest prefix. Of two regular expressions, the first in the file wins.
 *
 * @param host a host name, {@code *.domain}, or empty for any; in lower case, without a dot at its
 *     end
 * @param path the paths that it is for; {@linkplain PathNormalizer normalized} unless it is a
 *     regular expression
 * @param priority 0 unless configured
 * @param action what happens to its requests
 */
public record Route(Optional<String> host, RoutePath path, int priority, RouteAction action) {
  /**
   * Orders routes by how specific they are, the priority left aside; what is equal stays in the
   * order of the file when the sort is stable.
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
   * Creates a route of the plain kind.
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

  /** The upstream that it leads to; empty when it refuses requests. */
  public Optional<String> upstream() {
    return action instanceof RouteAction.Forward forward
        ? Optional.of(forward.upstream())
        : Optional.empty();
  }

  /** Exact hosts, then the longest domains, then those for any. */
  private int hostOrder() {
    String name = host.orElse("");
    return name.isEmpty() ? 1 : name.startsWith("*.") ? -name.length() : Integer.MIN_VALUE;
  }

  private int pathOrder() {
    return switch (path.kind()) {
      case EXACT -> Integer.MIN_VALUE;
      case REGEX -> Integer.MIN_VALUE + 1;
      // Of equal length, whole segments first: they fit less.
      case SEGMENTS -> -2 * path.text().length() - 1;
      case PREFIX -> -2 * path.text().length();
    };
  }
}
