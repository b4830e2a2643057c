package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/** What the gateway does with the requests of a route. */
public sealed interface RouteAction {
  /**
   * Sends them to an upstream.
   *
   * @param upstream its name
   * @param replacePrefix what backends see instead of the text that the path begins with; empty for
   *     the path as received
   */
  record Forward(String upstream, Optional<String> replacePrefix) implements RouteAction {
    /** Checks the components. */
    public Forward {
      requireNonNull(upstream, "upstream");
      requireNonNull(replacePrefix, "replacePrefix");
    }
  }

  /**
   * Answers them itself.
   *
   * @param status from 400 to 599
   */
  record Refuse(int status) implements RouteAction {}
}
