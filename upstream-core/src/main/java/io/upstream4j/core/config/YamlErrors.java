package io.upstream4j.core.config;

import io.upstream4j.api.option.Location;
import io.upstream4j.core.config.Tokens.SyntaxException;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;

/** Rewrites the YAML parser's errors for users. */
final class YamlErrors {
  private YamlErrors() {}

  /** Converts an error of the parser, with the location at which to correct the text. */
  static SyntaxException of(String source, String text, MarkedYamlEngineException error) {
    String problem = String.valueOf(error.getProblem());
    String context = String.valueOf(error.getContext());
    Location at = YamlTokens.at(source, error.getProblemMark());
    Location begin = YamlTokens.at(source, error.getContextMark());
    String line = line(text, at.line());
    if (line.strip().matches("(<{7}|={7}|>{7})( .*)?")
        || line(text, begin.line()).startsWith("<<<<<<< ")) {
      return error(
          begin.line() < at.line() ? begin : at,
          "an unresolved merge conflict (expected: one of the two versions)");
    }
    if (problem.contains("TAB")) {
      return error(at, "a tab (expected: spaces, as YAML has no tabs before keys)");
    }
    if (problem.contains("unexpected end of stream") && context.contains("quoted scalar")) {
      return error(
          begin,
          "a quote that is not closed (expected: "
              + quote(text, begin)
              + " at the end of the text)");
    }
    if (context.contains("flow sequence") || context.contains("flow mapping")) {
      return unclosed(begin, at, context.contains("sequence"), line);
    }
    if (context.contains("block mapping")
        || context.contains("block collection")
        || context.contains("block sequence")) {
      return indentation(at, begin, line);
    }
    if (line(text, at.line() - 1).contains("\uff1a") || line.contains("\uff1a")) {
      return error(
          at, "a full-width colon, U+FF1A, here or a line above (expected: an ordinary one)");
    }
    if (problem.contains("mapping values are not allowed")) {
      return error(
          at,
          line.strip().startsWith("#") || line.indexOf(": ") == line.lastIndexOf(": ")
              ? "a \":\" that cannot stand here (expected: the key on a line of its own, indented as"
                  + " the keys beside it)"
              : "a second \": \" in one line (expected: text with a colon in quotes, or the second"
                  + " key on a line of its own)");
    }
    if (problem.contains("could not find expected ':'")) {
      return error(begin, "a line without a colon (expected: key: value)");
    }
    if (context.contains("alias") || context.contains("anchor")) {
      String sign = context.contains("alias") ? "*" : "&";
      return error(
          begin,
          "text that begins with "
              + sign
              + " (expected: in quotes, such as \""
              + sign
              + ".example.com\")");
    }
    if (problem.contains("cannot start any token")) {
      String sign = Character.toString(codePoint(text, at));
      return error(at, "text that begins with " + sign + " (expected: in quotes)");
    }
    if (problem.contains("unknown escape character") || context.contains("double-quoted scalar")) {
      return error(
          at,
          "a backslash that YAML does not know in \"...\" (expected: \\\\ for a backslash, or the text in '...')");
    }
    if (problem.contains("expected '<document start>'")) {
      return error(
          at,
          "a key or value beside the rest of the file (expected: one mapping, with its keys all at the start of the line)");
    }
    return error(at, problem + (error.getContext() == null ? "" : " " + context));
  }

  private static SyntaxException unclosed(Location begin, Location at, boolean list, String line) {
    String what = list ? "[" : "{";
    String close = list ? "]" : "}";
    if (line.contains("${")) {
      return error(
          at, "${...} within [ ] or { } (expected: in quotes, such as [\"${HOST}:8080\"])");
    }
    if (begin.line() == at.line() && at.column() <= line.length()) {
      return error(
          at,
          "something else than a comma or "
              + close
              + " (expected: a comma between two "
              + (list ? "values" : "keys")
              + ", or "
              + close
              + " behind the last)");
    }
    return error(
        begin,
        "the "
            + what
            + " here is not closed (expected: "
            + close
            + " before line "
            + Math.max(at.line(), begin.line() + 1)
            + ")");
  }

  private static SyntaxException indentation(Location at, Location begin, String line) {
    if (at.column() - 1 > line.length() - line.stripLeading().length()) {
      return error(
          at,
          "something behind the end of a value (expected: a new line, or the value in quotes as a"
              + " whole)");
    }
    if (line.strip().startsWith("- ") && begin.column() != at.column()) {
      return error(
          at,
          "a list item at the wrong depth (expected: each \"-\" of a list in one column, and no keys beside it)");
    }
    return error(
        at,
        "indented by "
            + (at.column() - 1)
            + (at.column() - 1 == 1 ? " space" : " spaces")
            + ", unlike the keys before it (expected: by "
            + (begin.column() - 1)
            + ", as line "
            + begin.line()
            + ", if it belongs there)");
  }

  private static SyntaxException error(Location at, String message) {
    return new SyntaxException(at, "", "not YAML: " + message);
  }

  private static String quote(String text, Location at) {
    return codePoint(text, at) == '\'' ? "'" : "\"";
  }

  private static int codePoint(String text, Location at) {
    String line = line(text, at.line());
    int index =
        line.codePointCount(0, line.length()) >= at.column()
            ? line.offsetByCodePoints(0, at.column() - 1)
            : -1;
    return index < 0 ? ' ' : line.codePointAt(index);
  }

  private static String line(String text, int number) {
    int begin = 0;
    if (number < 1) {
      return "";
    }
    for (int line = 1; line < number; line++) {
      int end = text.indexOf('\n', begin);
      if (end < 0) {
        return "";
      }
      begin = end + 1;
    }
    int end = text.indexOf('\n', begin);
    return (end < 0 ? text.substring(begin) : text.substring(begin, end)).replace("\r", "");
  }
}
