package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/** What the gateway does with the requests of a route. */
public sealed interface RouteAction {
  /**
   * Forwards requests to an upstream.
   *
   * @param upstream the name of the upstream
   * @param replacePrefix the replacement for the matched prefix of the path; empty to forward the
   *     path as received
   */
  record Forward(String upstream, Optional<String> replacePrefix) implements RouteAction {
    /** Checks the components. */
    public Forward {
      requireNonNull(upstream, "upstream");
      requireNonNull(replacePrefix, "replacePrefix");
    }
  }

  /**
   * Refuses requests.
   *
   * @param status the status of the response, 400 to 599
   */
  record Refuse(int status) implements RouteAction {}
}
