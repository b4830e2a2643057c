package io.upstream4j.api.spi;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.Problem;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * A server as written in {@code addrs}, with the weight and attributes of its backends.
 *
 * <pre>{@code
 * 10.0.0.1:8080
 * 10.0.0.1:8080 5
 * 10.0.0.1:8080 5 priority=1 zone=eu-1
 * }</pre>
 *
 * @param server the first word, as written; the discovery defines its form
 * @param weight 0 to {@link Backend#MAX_WEIGHT}; empty when none was written
 * @param attributes the {@linkplain Attributes#PRIORITY priority} and the {@linkplain
 *     Attributes#ZONE zone}, as far as they were written
 */
public record ServerLine(String server, OptionalInt weight, Attributes attributes) {
  /** The accepted form of the words after the server. */
  public static final String EXPECTED =
      "weight priority=N zone=NAME, each of which may be left out";

  private static final String PRIORITY = "priority=";
  private static final String ZONE = "zone=";
  private static final int MAX_PRIORITY = 65_535;
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,5}");

  /** Checks the components. */
  public ServerLine {
    requireNonNull(server, "server");
    requireNonNull(weight, "weight");
    requireNonNull(attributes, "attributes");
  }

  /**
   * Parses a line.
   *
   * @throws IllegalArgumentException when the line is not valid; the message says why
   */
  public static ServerLine parse(String text) {
    String[] words = text.strip().split("\\s+", -1);
    if (words[0].isEmpty()) {
      throw new IllegalArgumentException("nothing (expected: a server, such as host:port)");
    }
    checkForm(text, words);
    int next = 1;
    OptionalInt weight = OptionalInt.empty();
    if (words.length > 1 && words[1].indexOf('=') < 0) {
      weight = OptionalInt.of(number(text, "weight", words[1], Backend.MAX_WEIGHT));
      next = 2;
    }
    Attributes attributes = Attributes.none();
    for (String word : List.of(words).subList(next, words.length)) {
      attributes = with(text, word, attributes);
    }
    return new ServerLine(words[0], weight, attributes);
  }

  private static void checkForm(String text, String[] words) {
    if (text.strip().split("\\s*,\\s*|\\s*;\\s*", -1).length > 1) {
      throw new IllegalArgumentException(
          Problem.quoted(text) + " is several servers (expected: a list, [\"host:port\", ...])");
    }
    if (words[0].matches("[0-9]{1,5}")) {
      throw new IllegalArgumentException(
          Problem.quoted(text) + " is a port alone (expected: host:" + words[0] + ")");
    }
    if (words[0].startsWith("-")) {
      throw new IllegalArgumentException(
          Problem.quoted(text)
              + " begins with \"-\" (expected: a space behind that of a list item)");
    }
    if (words.length > 1 && words[1].equals("backup")) {
      throw new IllegalArgumentException(
          Problem.quoted(text) + " has \"backup\" behind the server; did you mean \"priority=1\"?");
    }
    if ("\u201c\u201d\u201e\u2018\u2019\u00ab".indexOf(text.strip().charAt(0)) >= 0) {
      throw new IllegalArgumentException(
          text + " has typographic quotes (expected: straight ones, \"host:port\")");
    }
    if (words.length > 1 && words[1].indexOf('=') < 0 && !words[1].matches("-?[0-9].*")) {
      throw new IllegalArgumentException(
          Problem.quoted(text)
              + " has "
              + Problem.quoted(words[1])
              + " behind the server (expected: a weight, 0 to "
              + Backend.MAX_WEIGHT
              + ", as in host:port 5)");
    }
  }

  private static Attributes with(String text, String word, Attributes attributes) {
    if (word.startsWith(PRIORITY) && attributes.find(Attributes.PRIORITY).isEmpty()) {
      String value = word.substring(PRIORITY.length());
      return attributes.with(Attributes.PRIORITY, number(text, "priority", value, MAX_PRIORITY));
    }
    if (word.startsWith(ZONE)
        && word.length() > ZONE.length()
        && attributes.find(Attributes.ZONE).isEmpty()) {
      String zone = word.substring(ZONE.length());
      if (zone.length() > Attributes.MAX_ZONE) {
        throw new IllegalArgumentException(
            "a zone of "
                + zone.length()
                + " characters (expected: at most "
                + Attributes.MAX_ZONE
                + ")");
      }
      return attributes.with(Attributes.ZONE, zone);
    }
    String hint = word.startsWith("weight=") ? "; did you mean \"" + word.substring(7) + "\"?" : "";
    throw new IllegalArgumentException(
        Problem.quoted(text)
            + " has "
            + Problem.quoted(word)
            + " behind the server"
            + (hint.isEmpty() ? " (expected: a weight, priority=N or zone=NAME)" : hint));
  }

  private static int number(String text, String what, String digits, int max) {
    int value = NUMBER.matcher(digits).matches() ? Integer.parseInt(digits) : -1;
    if (value < 0 || value > max) {
      throw new IllegalArgumentException(
          "\"" + text + "\" has the " + what + " " + digits + " (expected: 0 to " + max + ")");
    }
    return value;
  }
}
