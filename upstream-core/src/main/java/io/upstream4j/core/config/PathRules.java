package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

/**
 * How the gateway reads the paths of requests.
 *
 * @param escapedSlashes what {@code %2F} is when a path is compared with routes
 * @param aboveRoot what a path is that leads above the root, such as {@code /../x}
 * @param forwardedPath which path the backend gets
 */
public record PathRules(
    EscapedSlashes escapedSlashes, AboveRoot aboveRoot, ForwardedPath forwardedPath) {
  /**
   * Escaped slashes are kept, nothing leads above the root, and paths are forwarded as received.
   */
  public static final PathRules DEFAULT =
      new PathRules(EscapedSlashes.KEEP, AboveRoot.RESOLVE, ForwardedPath.RECEIVED);

  /** What an escaped slash ({@code %2F}) is when a path is compared with routes. */
  public enum EscapedSlashes {
    /** A character of its segment like any other. */
    KEEP,
    /** A reason to refuse the request. */
    REJECT,
    /** A slash, which ends its segment. */
    UNESCAPE
  }

  /** What a path is that leads above the root, such as {@code /../x}. */
  public enum AboveRoot {
    /** The path below the root that RFC 3986, 5.2.4, makes of it, such as {@code /x}. */
    RESOLVE,
    /** A reason to refuse the request. */
    REJECT
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
    requireNonNull(aboveRoot, "aboveRoot");
    requireNonNull(forwardedPath, "forwardedPath");
  }
}
