package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

/**
 * How the gateway reads the paths of requests.
 *
 * @param escapedSlashes what {@code %2F} is when a path is compared with routes
 * @param forwardedPath which path the backend gets
 */
public record PathRules(EscapedSlashes escapedSlashes, ForwardedPath forwardedPath) {
  /** Escaped slashes are kept, and paths forwarded as received. */
  public static final PathRules DEFAULT =
      new PathRules(EscapedSlashes.KEEP, ForwardedPath.RECEIVED);

  /** What an escaped slash ({@code %2F}) is when a path is compared with routes. */
  public enum EscapedSlashes {
    /** A character of its segment like any other. */
    KEEP,
    /** A reason to refuse the request. */
    REJECT,
    /** A slash, which ends its segment. */
    UNESCAPE
  }

  /** Which path the backend gets. */
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
