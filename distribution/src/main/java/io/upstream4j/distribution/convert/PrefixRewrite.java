package io.upstream4j.distribution.convert;

import io.upstream4j.core.config.RoutePath;
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

  /** What a route to a path puts in its place; empty when that is not what the rewriting does. */
  Optional<String> within(RoutePath path) {
    if (path.kind() == RoutePath.Kind.REGEX || !path.text().startsWith(from)) {
      return Optional.empty();
    }
    String replacement = to + path.text().substring(from.length());
    return replacement.startsWith("/")
            && replacement.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '?' && c != '#')
        ? Optional.of(replacement)
        : Optional.empty();
  }
}
