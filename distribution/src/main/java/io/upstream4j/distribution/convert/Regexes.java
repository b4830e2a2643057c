package io.upstream4j.distribution.convert;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Converts regular expressions of PCRE and of Rust to those of Java, where they mean the same. */
final class Regexes {
  private static final int MAX = 900; // what a route takes, less what is put around it

  /** Letters that mean the same behind a backslash. */
  private static final String ESCAPES = "dDwWsSbBtnr";

  private Regexes() {}

  /** The same in Java; empty when it uses something that means something else there. */
  static Optional<String> toJava(String regex, boolean ignoresCase) {
    StringBuilder out = new StringBuilder(ignoresCase ? "(?i)" : "");
    int i = 0;
    while (i < regex.length()) {
      char c = regex.charAt(i);
      if (c == '\\') {
        if (i + 1 >= regex.length() || !isPlainEscape(regex.charAt(i + 1))) {
          return Optional.empty();
        }
        out.append(c).append(regex.charAt(i + 1));
        i += 2;
      } else if (c == '[') {
        int end = appendClass(regex, i, out);
        if (end < 0) {
          return Optional.empty();
        }
        i = end;
      } else if (regex.startsWith("(?", i)) {
        int end = appendGroup(regex, i, out);
        if (end < 0) {
          return Optional.empty();
        }
        i = end;
      } else {
        out.append(c);
        i++;
      }
    }
    return isRight(out.toString()) ? Optional.of(out.toString()) : Optional.empty();
  }

  /**
   * The same in Java for paths that are decoded there and not here, where a character may be
   * escaped; empty when that cannot be said.
   */
  static Optional<String> ofDecodedPaths(String regex, boolean ignoresCase) {
    String java = toJava(regex, ignoresCase).orElse("");
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < java.length(); ) {
      char c = java.charAt(i);
      int end = i + 1;
      if (c == '\\') {
        end = i + 2;
      } else if (c == '[') {
        end = endOfClass(java, i);
        if (!java.substring(i, end).chars().allMatch(it -> it > ' ' && it < 0x7f)) {
          return Optional.empty();
        }
      } else if (c == '{') {
        end = java.indexOf('}', i) + 1;
      } else if (java.startsWith("(?", i)) {
        while (":=!)".indexOf(java.charAt(end - 1)) < 0) {
          end++;
        }
      } else {
        out.append(RouteList.anySpelling(java.substring(i, end)));
        i = end;
        continue;
      }
      out.append(java, i, Math.max(end, i + 1));
      i = Math.max(end, i + 1);
    }
    return isRight(out.toString()) && out.length() > 0
        ? Optional.of(out.toString())
        : Optional.empty();
  }

  private static int endOfClass(String java, int start) {
    int i = start + 1;
    while (i < java.length() && (java.charAt(i) != ']' || i == start + 1)) {
      i += java.charAt(i) == '\\' ? 2 : 1;
    }
    return Math.min(i + 1, java.length());
  }

  private static boolean isPlainEscape(char c) {
    return ESCAPES.indexOf(c) >= 0 || (c < 0x7f && c > ' ' && !Character.isLetterOrDigit(c));
  }

  private static int appendClass(String regex, int start, StringBuilder out) {
    int i = start + 1;
    out.append('[');
    if (i < regex.length() && regex.charAt(i) == '^') {
      out.append('^');
      i++;
    }
    boolean first = true;
    for (; i < regex.length(); i++, first = false) {
      char c = regex.charAt(i);
      if (c == ']' && !first) {
        out.append(']');
        return i + 1;
      }
      if (c == '\\') {
        if (i + 1 >= regex.length() || !isPlainEscape(regex.charAt(i + 1))) {
          return -1;
        }
        out.append(c).append(regex.charAt(++i));
      } else if (c == '[' || c == ']' || c == '&' || c == '^') {
        if (regex.startsWith("[:", i) || regex.startsWith("&&", i)) {
          return -1;
        }
        out.append('\\').append(c);
      } else {
        out.append(c);
      }
    }
    return -1;
  }

  /** Names of groups are left out: nothing refers to them here. */
  private static int appendGroup(String regex, int start, StringBuilder out) {
    for (String same : new String[] {"(?:", "(?=", "(?!", "(?i)", "(?i:"}) {
      if (regex.startsWith(same, start)) {
        out.append(same);
        return start + same.length();
      }
    }
    int name = regex.startsWith("(?P<", start) ? start + 4 : start + 3;
    boolean named = regex.startsWith("(?P<", start) || regex.startsWith("(?<", start);
    int end = named ? regex.indexOf('>', name) : -1;
    if (end < 0 || !regex.substring(name, end).matches("[A-Za-z][A-Za-z0-9_]*")) {
      return -1;
    }
    out.append('(');
    return end + 1;
  }

  private static boolean isRight(String regex) {
    if (regex.length() > MAX) {
      return false;
    }
    try {
      Pattern.compile(regex);
      return true;
    } catch (PatternSyntaxException | StackOverflowError e) {
      return false;
    }
  }

  /** What every path begins with that an expression fits: at least a slash. */
  static String literalPrefix(String regex) {
    if (!regex.startsWith("^/") || regex.indexOf('|') >= 0) {
      return "/";
    }
    StringBuilder literal = new StringBuilder();
    int i = 1;
    while (i < regex.length()) {
      char c = regex.charAt(i);
      if (c == '\\' && i + 1 < regex.length() && ".-/_".indexOf(regex.charAt(i + 1)) >= 0) {
        literal.append(regex.charAt(i + 1));
        i += 2;
      } else if (c == '/' || c == '_' || c == '-' || (Character.isLetterOrDigit(c) && c < 0x7f)) {
        literal.append(c);
        i++;
      } else {
        if ("*?{".indexOf(c) >= 0) { // the character before may be missing
          literal.setLength(literal.length() - 1);
        }
        break;
      }
    }
    return literal.length() == 0 ? "/" : literal.toString();
  }

  private static final Pattern DOMAIN =
      Pattern.compile("(.*?)((?:\\\\\\.[A-Za-z0-9-]+)+)\\$?", Pattern.DOTALL);
  private static final Pattern ANY_LABELS =
      Pattern.compile("\\^?(?:\\((?:\\?P?<[A-Za-z0-9_]+>)?)?\\.[+*]\\)?");

  /** Every host that an expression fits is in this {@code *.domain}; empty when none is known. */
  static String domain(String regex) {
    Matcher parts = DOMAIN.matcher(regex);
    return parts.matches() && regex.indexOf('|') < 0
        ? "*" + parts.group(2).replace("\\", "").toLowerCase(Locale.ROOT)
        : "";
  }

  /** Whether an expression fits all hosts of its {@link #domain}. */
  static boolean isDomain(String regex) {
    Matcher parts = DOMAIN.matcher(regex);
    return parts.matches() && ANY_LABELS.matcher(parts.group(1)).matches();
  }

  /** The same text wherever an expression is expected. */
  static String quote(String text) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if ("\\^$.|?*+()[]{}".indexOf(c) >= 0) {
        out.append('\\');
      }
      out.append(c);
    }
    return out.toString();
  }
}
