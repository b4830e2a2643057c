package io.upstream4j.distribution.convert;

import io.upstream4j.core.config.RoutePath;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads a rewriting of paths that puts another text in place of what they begin with.
 *
 * @param from what is replaced
 * @param to what stands there instead
 */
record PrefixRewrite(String from, String to) {
  // ^/api/ and ^/api/(.*)$ and ^/api(/.*)$
  private static final Pattern FROM =
      Pattern.compile("\\^((?:/|[A-Za-z0-9_.~-]|\\\\[.\\-/])+?)(\\(\\.\\*\\)|\\(/\\.\\*\\))?\\$?");

  /** Reads an expression and its replacement; null when they do something else. */
  static @Nullable PrefixRewrite read(String regex, String replacement) {
    Matcher from = FROM.matcher(regex);
    if (!from.matches() || from.group(1).matches("(?s).*(?<!\\\\)\\..*")) {
      return null; // a dot without a backslash is any character
    }
    String literal = from.group(1).replace("\\", "");
    String rest = from.group(2);
    if (rest == null) {
      return regex.endsWith("$") || replacement.indexOf('$') >= 0
          ? null
          : new PrefixRewrite(literal, replacement);
    }
    if (!replacement.endsWith("$1") || replacement.indexOf('$') != replacement.length() - 2) {
      return null;
    }
    String to = replacement.substring(0, replacement.length() - 2);
    return rest.equals("(.*)")
        ? new PrefixRewrite(literal, to)
        : new PrefixRewrite(literal + "/", to + "/");
  }

  /**
   * A part of the paths of a route.
   *
   * @param replacePrefix what stands in the place of its path; empty when it stays
   * @param isRefused whether what becomes of it there is no path
   */
  record Part(RoutePath path, Optional<String> replacePrefix, boolean isRefused) {}

  /** What becomes of the paths of a route; empty when that cannot be said. */
  List<Part> parts(RoutePath path) {
    if (path.kind() == RoutePath.Kind.REGEX) {
      return List.of();
    }
    if (to.isEmpty() && !from.endsWith("/")) { // what follows is a path only if it has a slash
      List<Part> parts = new ArrayList<>(new PrefixRewrite(from + "/", "/").parts(path));
      parts.removeIf(part -> part.replacePrefix().isEmpty());
      parts.add(new Part(RouteList.prefix(from), Optional.empty(), true));
      if (!path.text().startsWith(from)) {
        parts.add(new Part(path, Optional.empty(), false));
      }
      return parts;
    }
    if (!isPath(to)) {
      return List.of();
    }
    if (path.text().startsWith(from)) {
      String replacement = to + path.text().substring(from.length());
      return List.of(new Part(path, Optional.of(replacement), false));
    }
    Part unchanged = new Part(path, Optional.empty(), false);
    return path.kind() != RoutePath.Kind.EXACT && from.startsWith(path.text())
        ? List.of(new Part(RouteList.prefix(from), Optional.of(to), false), unchanged)
        : List.of(unchanged);
  }

  private static boolean isPath(String text) {
    return text.startsWith("/")
        && text.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '?' && c != '#');
  }
}
