package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

/**
 * How the gateway reads the paths of requests.
 *
 * @param escapedSlashes the meaning of {@code %2F} when a path is compared with routes
 * @param forwardedPath the path that the backend receives
 */
public record PathRules(EscapedSlashes escapedSlashes, ForwardedPath forwardedPath) {
  /** Keeps escaped slashes and forwards paths as received. */
  public static final PathRules DEFAULT =
      new PathRules(EscapedSlashes.KEEP, ForwardedPath.RECEIVED);

  /** The meaning of an escaped slash ({@code %2F}) when a path is compared with routes. */
  public enum EscapedSlashes {
    /** A character of its segment. */
    KEEP,
    /** The request is refused. */
    REJECT,
    /** A slash, which ends the segment. */
    UNESCAPE
  }

  /** The path that the backend receives. */
  public enum ForwardedPath {
    /** The path that the client sent. */
    RECEIVED,
    /** The path that was compared with the routes. */
    NORMALIZED
  }

  /** Checks the components. */
  public PathRules {
    requireNonNull(escapedSlashes, "escapedSlashes");
    requireNonNull(forwardedPath, "forwardedPath");
  }
}
