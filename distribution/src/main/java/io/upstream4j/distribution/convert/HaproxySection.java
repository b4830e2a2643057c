package io.upstream4j.distribution.convert;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Problems;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A section of HAProxy's configuration.
 *
 * @param kind such as {@code backend}
 * @param lines in order, those of the defaults first
 */
record HaproxySection(Location at, String kind, String name, List<Line> lines) {
  private static final Set<String> KINDS =
      Set.of(
          "global",
          "defaults",
          "frontend",
          "backend",
          "listen",
          "peers",
          "mailers",
          "userlist",
          "resolvers",
          "program",
          "ring",
          "cache",
          "http-errors",
          "log-forward",
          "fcgi-app",
          "crt-store");

  private static final int MAX_LINES = 200_000;

  /** A line: its words without quotes. */
  record Line(Location at, List<String> words) {
    Line {
      words = List.copyOf(words);
    }

    String name() {
      return words.get(0);
    }

    String arg(int index) {
      return index + 1 < words.size() ? words.get(index + 1) : "";
    }

    /** For messages. */
    String text() {
      return String.join(" ", words);
    }
  }

  HaproxySection {
    lines = List.copyOf(lines);
  }

  static List<HaproxySection> read(String source, String text, Problems problems) {
    List<HaproxySection> sections = new ArrayList<>();
    List<Line> lines = new ArrayList<>();
    Line header = null;
    int number = 0;
    for (String line : text.split("\n", -1)) {
      number++;
      if (number > MAX_LINES) {
        problems.add(
            new Location(source, number, 1), "", "too long (expected: at most 200000 lines)");
        break;
      }
      List<String> words = words(line);
      if (words.isEmpty()) {
        continue;
      }
      int column = 1;
      while (column <= line.length() && line.charAt(column - 1) <= ' ') {
        column++;
      }
      Line read = new Line(new Location(source, number, column), words);
      if (KINDS.contains(words.get(0))) {
        addSection(header, lines, sections);
        lines.clear();
        header = read;
      } else if (header == null) {
        problems.add(
            read.at(), words.get(0), "outside of a section (expected: frontend or another)");
        return sections;
      } else {
        lines.add(read);
      }
    }
    addSection(header, lines, sections);
    return sections;
  }

  private static void addSection(
      @Nullable Line header, List<Line> lines, List<HaproxySection> sections) {
    if (header != null) {
      sections.add(new HaproxySection(header.at(), header.name(), header.arg(0), lines));
    }
  }

  private static List<String> words(String line) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean inWord = false;
    char quote = 0;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (quote != 0) {
        if (c == quote) {
          quote = 0;
        } else if (c == '\\'
            && quote == '"'
            && i + 1 < line.length()
            && "\"\\$".indexOf(line.charAt(i + 1)) >= 0) {
          word.append(line.charAt(++i));
        } else {
          word.append(c);
        }
      } else if (c == '"' || c == '\'') {
        quote = c;
        inWord = true;
      } else if (c == '\\' && i + 1 < line.length() && " \\#'\"".indexOf(line.charAt(i + 1)) >= 0) {
        word.append(line.charAt(++i));
        inWord = true;
      } else if (c == '#') {
        break;
      } else if (c <= ' ') {
        if (inWord) {
          words.add(word.toString());
          word.setLength(0);
          inWord = false;
        }
      } else {
        word.append(c);
        inWord = true;
      }
    }
    if (inWord) {
      words.add(word.toString());
    }
    return words;
  }

  /** With what defaults say before it. */
  HaproxySection with(@Nullable HaproxySection defaults) {
    if (defaults == null) {
      return this;
    }
    List<Line> all = new ArrayList<>(defaults.lines());
    all.addAll(lines);
    return new HaproxySection(at, kind, name, all);
  }

  List<Line> all(String keyword) {
    return lines.stream().filter(line -> line.name().equals(keyword)).toList();
  }

  boolean has(String keyword) {
    return lines.stream().anyMatch(line -> line.name().equals(keyword));
  }

  /** The last line that begins with these words, and not with {@code no}. */
  @Nullable Line find(String... start) {
    List<String> wanted = List.of(start);
    Line found = null;
    for (Line line : lines) {
      if (line.words().size() >= wanted.size()
          && line.words().subList(0, wanted.size()).equals(wanted)) {
        found = line;
      } else if (line.name().equals("no")
          && line.words().size() > wanted.size()
          && line.words().subList(1, wanted.size() + 1).equals(wanted)) {
        found = null;
      }
    }
    return found;
  }

  /** What follows these words in the last such line, or nothing. */
  String value(String... start) {
    Line found = find(start);
    return found == null ? "" : found.arg(start.length - 1);
  }
}
