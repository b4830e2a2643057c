package io.upstream4j.distribution.convert;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Problems;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the syntax of nginx: directives that end with a semicolon or have a block in braces.
 * Includes are put in place. For one thread.
 */
final class NginxParser {
  private static final int MAX_DEPTH = 32;
  private static final int MAX_INCLUDES = 10; // one within the other
  private static final int MAX_DIRECTIVES = 200_000;

  /** A word, or one of {@code ; { }}; the end has none. */
  private record Token(Location at, String text, boolean isMark) {}

  private final SourceFiles files;
  private final Problems problems;
  private int count;

  private String source = "";
  private String text = "";
  private int next;
  private int line = 1;
  private int lineStart;

  NginxParser(SourceFiles files, Problems problems) {
    this.files = files;
    this.problems = problems;
  }

  /** Reads a file; empty when there are problems. */
  List<NginxDirective> read(String name, String content) {
    return read(name, content, 0);
  }

  private List<NginxDirective> read(String name, String content, int includes) {
    String outerSource = source;
    String outerText = text;
    int outerNext = next;
    int outerLine = line;
    int outerStart = lineStart;
    source = name;
    text = content;
    next = 0;
    line = 1;
    lineStart = 0;
    List<NginxDirective> all = block(0, includes);
    source = outerSource;
    text = outerText;
    next = outerNext;
    line = outerLine;
    lineStart = outerStart;
    return all;
  }

  private List<NginxDirective> block(int depth, int includes) {
    List<NginxDirective> all = new ArrayList<>();
    List<Token> words = new ArrayList<>();
    while (!problems.isFull()) {
      Token token = next();
      if (token == null) {
        if (depth > 0 || !words.isEmpty()) {
          problems.add(here(), "", "the file ends here (expected: \"}\" or \";\")");
        }
        return all;
      }
      if (!token.isMark()) {
        words.add(token);
        continue;
      }
      if (token.text().equals("}")) {
        if (depth == 0 || !words.isEmpty()) {
          problems.add(token.at(), "", "\"}\" (expected: a directive or \";\")");
          next = text.length();
        }
        return all;
      }
      if (words.isEmpty()) {
        problems.add(token.at(), "", "\"" + token.text() + "\" (expected: a directive)");
        next = text.length();
        return all;
      }
      String name = words.get(0).text();
      Location at = words.get(0).at();
      List<String> args = words.stream().skip(1).map(Token::text).toList();
      words.clear();
      if (++count > MAX_DIRECTIVES || depth >= MAX_DEPTH) {
        problems.add(
            at,
            name,
            count > MAX_DIRECTIVES
                ? "too many directives (expected: at most " + MAX_DIRECTIVES + ")"
                : "nested too deeply (expected: at most " + MAX_DEPTH + " blocks)");
        next = text.length();
        return all;
      }
      if (token.text().equals("{")) {
        if (name.endsWith("_by_lua_block")) {
          skipCode();
          all.add(new NginxDirective(at, name, args, List.of()));
        } else {
          all.add(new NginxDirective(at, name, args, block(depth + 1, includes)));
        }
      } else if (name.equals("include") && args.size() == 1) {
        all.addAll(included(at, args.get(0), includes));
      } else {
        all.add(new NginxDirective(at, name, args, null));
      }
    }
    return all;
  }

  private List<NginxDirective> included(Location at, String pattern, int includes) {
    if (includes >= MAX_INCLUDES) {
      problems.add(at, "include", "includes itself, or too deeply (expected: at most 10 levels)");
      return List.of();
    }
    List<SourceFiles.SourceFile> found = files.find(source, pattern);
    if (found.isEmpty()) { // the conversion says so
      return List.of(new NginxDirective(at, "include", List.of(pattern), null));
    }
    List<NginxDirective> all = new ArrayList<>();
    for (SourceFiles.SourceFile file : found) {
      all.addAll(read(file.name(), file.text(), includes + 1));
    }
    return all;
  }

  private Location here() {
    return new Location(source, line, Math.max(1, next - lineStart + 1));
  }

  private void skipSpace() {
    while (next < text.length()) {
      char c = text.charAt(next);
      if (c == '\n') {
        line++;
        lineStart = next + 1;
      } else if (c == '#') {
        int end = text.indexOf('\n', next);
        next = end < 0 ? text.length() : end;
        continue;
      } else if (c > ' ' && c != '\ufeff') {
        return;
      }
      next++;
    }
  }

  private @Nullable Token next() {
    skipSpace();
    if (next >= text.length()) {
      return null;
    }
    Location at = here();
    char first = text.charAt(next);
    if (first == ';' || first == '{' || first == '}') {
      next++;
      return new Token(at, String.valueOf(first), true);
    }
    StringBuilder word = new StringBuilder();
    boolean quoted = first == '"' || first == '\'';
    if (quoted) {
      next++;
    }
    while (next < text.length()) {
      char c = text.charAt(next);
      if (quoted ? c == first : c <= ' ' || c == ';' || (c == '{' && !endsWithDollar(word))) {
        break;
      }
      if (c == '\n') {
        line++;
        lineStart = next + 1;
      }
      if (c == '\\' && next + 1 < text.length()) {
        char escaped = text.charAt(++next);
        switch (escaped) {
          case '"', '\'', '\\' -> word.append(escaped);
          case 't' -> word.append('\t');
          case 'r' -> word.append('\r');
          case 'n' -> word.append('\n');
          default -> word.append('\\').append(escaped);
        }
      } else {
        word.append(c);
      }
      next++;
    }
    if (quoted) {
      if (next >= text.length()) {
        problems.add(at, "", "a quote without its end (expected: " + first + ")");
        return null;
      }
      next++;
    }
    return new Token(at, word.toString(), false);
  }

  private static boolean endsWithDollar(StringBuilder word) {
    return word.length() > 0 && word.charAt(word.length() - 1) == '$';
  }

  /** Over code of Lua, of which only braces are looked at. */
  private void skipCode() {
    int depth = 1;
    while (next < text.length() && depth > 0) {
      char c = text.charAt(next++);
      if (c == '{') {
        depth++;
      } else if (c == '}') {
        depth--;
      } else if (c == '\n') {
        line++;
        lineStart = next;
      }
    }
  }
}
