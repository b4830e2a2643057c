package io.upstream4j.distribution.convert;

import static java.util.Objects.requireNonNull;

import java.util.Optional;
import java.util.Set;

/**
 * How to convert.
 *
 * @param upstreamKeys the keys that an upstream has here
 * @param server the one of several servers or frontends to convert
 * @param guards what becomes of requests that are let through by a password, an address or a
 *     condition that has no equivalent
 */
public record ConversionOptions(Set<String> upstreamKeys, Optional<String> server, Guards guards) {
  /** What to do with guarded locations. */
  public enum Guards {
    /** They are refused here. */
    REFUSE,
    /** They are open to everyone here. */
    IGNORE
  }

  /** Copies the components. */
  public ConversionOptions {
    upstreamKeys = Set.copyOf(upstreamKeys);
    requireNonNull(server, "server");
    requireNonNull(guards, "guards");
  }
}
