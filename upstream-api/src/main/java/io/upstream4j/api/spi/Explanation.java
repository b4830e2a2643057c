package io.upstream4j.api.spi;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Explains to people where a request goes: which of its properties decide, and in which order
 * backends are offered. Not used on the request path.
 *
 * @param facts short names such as {@code key} and {@code hash} to their values for the request,
 *     the most useful first
 * @param candidates the first backends offered to the request, the best first, whatever their
 *     health; empty when the choice does not depend on the request
 */
public record Explanation(Map<String, String> facts, List<Backend> candidates) {
  /** Copies the components. */
  public Explanation {
    facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
    candidates = List.copyOf(candidates);
  }
}
