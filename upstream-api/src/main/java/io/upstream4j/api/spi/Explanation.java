package io.upstream4j.api.spi;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Why a request goes where it goes, for people: what of it decides, and in which order backends are
 * then offered. Of no use to the request path.
 *
 * @param facts short names such as {@code key} and {@code hash} to what they are for the request,
 *     in the order in which they are worth reading
 * @param candidates the first backends that the request is offered to, the best first, whatever
 *     their health; empty when the request does not decide it
 */
public record Explanation(Map<String, String> facts, List<Backend> candidates) {
  /** Copies the components. */
  public Explanation {
    facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
    candidates = List.copyOf(candidates);
  }
}
