package io.upstream4j.core.config;

import io.upstream4j.core.config.PathRules.AboveRoot;
import io.upstream4j.core.config.PathRules.EscapedSlashes;

/**
 * Normalizes paths for the comparison of requests with routes, so that all spellings of a path
 * match the same route. It decodes percent-encoded unreserved characters, writes the digits of
 * other encodings in upper case (RFC 3986, section 6.2.2), merges consecutive slashes, and then
 * removes dot segments (section 5.2.4), which never lead above the root.
 *
 * <p>Slashes are merged first, as in nginx, Tomcat and Go's {@code path.Clean}: in {@code
 * /a//../b}, {@code ..} removes {@code a}. Path parameters ({@code ;}) and backslashes have no
 * special meaning.
 *
 * <p>All methods accept a path or a target, and ignore the query of the latter.
 */
public final class PathNormalizer {
  private static final String HEX = "0123456789ABCDEF";

  private PathNormalizer() {}

  /** The result of examining a path. */
  public enum Form {
    /** The path is normalized. */
    NORMAL(""),
    /** {@link #normalize} changes the path. */
    OTHER(""),
    /** The path cannot be compared: a percent sign is not followed by two hexadecimal digits. */
    MALFORMED("holds a percent sign without two hexadecimal digits (expected: %25)"),
    /** The path cannot be compared: it contains NUL, which ends a text for some servers. */
    NUL("holds an encoded NUL"),
    /** The path cannot be compared: it has an escaped slash, which the rules reject. */
    ESCAPED_SLASH("holds an escaped slash"),
    /** The path cannot be compared: it leads above the root, which the rules reject. */
    ABOVE_ROOT("leads above the root");

    private final String problem;

    Form(String problem) {
      this.problem = problem;
    }

    /** Returns whether a request with such a path is refused. */
    public boolean isRefused() {
      return !problem.isEmpty();
    }

    /** Returns why it is refused, as the end of a sentence; empty when it is not. */
    public String problem() {
      return problem;
    }
  }

  /** Returns the form of a target's path. Does not allocate. */
  public static Form form(String target, EscapedSlashes slashes) {
    Form form = Form.NORMAL;
    int length = target.length();
    for (int i = 0; i < length; i++) {
      char c = target.charAt(i);
      if (c == '?') {
        break;
      }
      if (c == '/') {
        if (isMergedOrDots(target, i + 1)) {
          form = Form.OTHER;
        }
      } else if (c == '%') {
        int octet = octet(target, i);
        if (octet <= 0) {
          return octet < 0 ? Form.MALFORMED : Form.NUL;
        }
        if (octet == '/' && slashes == EscapedSlashes.REJECT) {
          return Form.ESCAPED_SLASH;
        }
        if (isDecoded(octet, slashes)
            || isLowerCase(target.charAt(i + 1))
            || isLowerCase(target.charAt(i + 2))) {
          form = Form.OTHER;
        }
        i += 2;
      }
    }
    return form;
  }

  /** Returns the form of a target's path, where the rules may refuse more than slashes. */
  public static Form form(String target, PathRules rules) {
    Form form = form(target, rules.escapedSlashes());
    return form == Form.OTHER
            && rules.aboveRoot() == AboveRoot.REJECT
            && isAboveRoot(decode(target, rules.escapedSlashes()))
        ? Form.ABOVE_ROOT
        : form;
  }

  private static boolean isAboveRoot(String decoded) {
    int depth = 0;
    for (int from = 1; from <= decoded.length(); ) {
      int slash = decoded.indexOf('/', from);
      int to = slash < 0 ? decoded.length() : slash;
      if (!isDots(decoded, from, to)) {
        depth += to > from ? 1 : 0;
      } else if (to - from == 2 && --depth < 0) {
        return true;
      }
      from = to + 1;
    }
    return false;
  }

  /** Returns whether the segment at an index is an empty one before another, or a dot segment. */
  private static boolean isMergedOrDots(String target, int at) {
    if (at == target.length()) {
      return false;
    }
    char first = target.charAt(at);
    if (first == '.') {
      int next = at + 1;
      if (next < target.length() && target.charAt(next) == '.') {
        next++;
      }
      return next == target.length() || target.charAt(next) == '/' || target.charAt(next) == '?';
    }
    return first == '/';
  }

  /**
   * Normalizes the path of a target.
   *
   * @param target begins with a slash; its form must not be {@linkplain Form#isRefused refused}
   * @return the path without the query
   */
  public static String normalize(String target, EscapedSlashes slashes) {
    String decoded = decode(target, slashes);
    StringBuilder path = new StringBuilder(decoded.length());
    int from = 1; // after the slash
    while (true) {
      int slash = decoded.indexOf('/', from);
      int to = slash < 0 ? decoded.length() : slash;
      boolean dots = isDots(decoded, from, to);
      if (dots && to - from == 2) {
        path.setLength(Math.max(path.lastIndexOf("/"), 0));
      } else if (!dots && to > from) {
        path.append('/').append(decoded, from, to);
      }
      if (slash < 0) {
        return dots || to == from ? path.append('/').toString() : path.toString();
      }
      from = slash + 1;
    }
  }

  private static boolean isDots(String path, int from, int to) {
    int length = to - from;
    return (length == 1 || length == 2) && path.charAt(from) == '.' && path.charAt(to - 1) == '.';
  }

  private static String decode(String target, EscapedSlashes slashes) {
    StringBuilder path = new StringBuilder(target.length());
    for (int i = 0; i < target.length() && target.charAt(i) != '?'; i++) {
      char c = target.charAt(i);
      if (c != '%') {
        path.append(c);
        continue;
      }
      int octet = octet(target, i);
      if (octet < 0) {
        throw new IllegalArgumentException("path: " + Form.MALFORMED.problem());
      }
      if (isDecoded(octet, slashes)) {
        path.append((char) octet);
      } else {
        path.append('%').append(HEX.charAt(octet >>> 4)).append(HEX.charAt(octet & 0xf));
      }
      i += 2;
    }
    return path.toString();
  }

  private static boolean isDecoded(int octet, EscapedSlashes slashes) {
    return isUnreserved(octet) || (octet == '/' && slashes == EscapedSlashes.UNESCAPE);
  }

  // RFC 3986, section 2.3.
  private static boolean isUnreserved(int octet) {
    return (octet >= 'a' && octet <= 'z')
        || (octet >= 'A' && octet <= 'Z')
        || (octet >= '0' && octet <= '9')
        || octet == '-'
        || octet == '.'
        || octet == '_'
        || octet == '~';
  }

  private static boolean isLowerCase(char digit) {
    return digit >= 'a';
  }

  /** Returns the octet that three characters encode, or a negative number when they encode none. */
  private static int octet(String target, int percent) {
    if (percent + 2 >= target.length()) {
      return -1;
    }
    int high = digit(target.charAt(percent + 1));
    int low = digit(target.charAt(percent + 2));
    return (high | low) < 0 ? -1 : high << 4 | low;
  }

  // Unlike Character.digit, refuses digits of other scripts.
  private static int digit(char c) {
    if (c >= '0' && c <= '9') {
      return c - '0';
    }
    int lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  }
}
