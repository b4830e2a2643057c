package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

/**
 * How the gateway reads the paths of requests.
 *
 * @param escapedSlashes the meaning of {@code %2F} when a path is compared with routes
 * @param aboveRoot what happens to a path that leads above the root, such as {@code /../x}
 * @param forwardedPath the path that the backend receives
 */
public record PathRules(
    EscapedSlashes escapedSlashes, AboveRoot aboveRoot, ForwardedPath forwardedPath) {
  /** Keeps escaped slashes, resolves paths above the root, and forwards paths as received. */
  public static final PathRules DEFAULT =
      new PathRules(EscapedSlashes.KEEP, AboveRoot.RESOLVE, ForwardedPath.RECEIVED);

  /** The meaning of an escaped slash ({@code %2F}) when a path is compared with routes. */
  public enum EscapedSlashes {
    /** A character of its segment. */
    KEEP,
    /** The request is refused. */
    REJECT,
    /** A slash, which ends the segment. */
    UNESCAPE
  }

  /** What happens to a path that leads above the root, such as {@code /../x}. */
  public enum AboveRoot {
    /** It is resolved to the path below the root (RFC 3986, section 5.2.4), such as {@code /x}. */
    RESOLVE,
    /** The request is refused. */
    REJECT
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
    requireNonNull(aboveRoot, "aboveRoot");
    requireNonNull(forwardedPath, "forwardedPath");
  }
}
