package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * Which upstream the gateway sends a request to. The most specific route wins: an exact host over
 * {@code *.domain} over none, then the longest path.
 *
 * @param host a host name, {@code *.domain}, or empty for any; in lower case, without a dot at its
 *     end
 * @param path a prefix of whole path segments, beginning with a slash; {@linkplain PathNormalizer
 *     normalized}
 * @param upstream the upstream's name
 */
public record Route(Optional<String> host, String path, String upstream) {
  /** Checks the components. */
  public Route {
    requireNonNull(host, "host");
    requireNonNull(path, "path");
    requireNonNull(upstream, "upstream");
  }
}
