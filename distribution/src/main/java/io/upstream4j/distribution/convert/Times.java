package io.upstream4j.distribution.convert;

import io.upstream4j.api.option.Problem;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as nginx and HAProxy write them ({@code 60}, {@code 1h30m}, {@code 500ms}). */
final class Times {
  private static final Pattern PART = Pattern.compile("([0-9]{1,12})(us|ms|s|m|h|d|w|M|y)?");

  /** The longest time limit of requests, in milliseconds. */
  static final long DAY = 86_400_000;

  private Times() {}

  /**
   * The same as ours, such as {@code 90s}.
   *
   * @param unit of a number without one, in milliseconds
   * @throws IllegalArgumentException with the reason, when it is no duration
   */
  static String convert(String text, long unit) {
    Matcher part = PART.matcher(text.replace(" ", ""));
    long millis = 0;
    int end = 0;
    while (part.find() && part.start() == end) {
      millis += Long.parseLong(part.group(1)) * unit(part.group(2), unit);
      if (part.group(2) != null && part.group(2).equals("us")) {
        millis = Math.max(1, millis / 1_000);
      }
      end = part.end();
    }
    if (end == 0 || end < text.replace(" ", "").length()) {
      throw new IllegalArgumentException(
          Problem.quoted(text) + " (expected: a duration such as 60, 500ms, 5s or 1h30m)");
    }
    return millis % 1_000 == 0 ? millis / 1_000 + "s" : millis + "ms";
  }

  /** The milliseconds of a duration as ours are written. */
  static long millis(String ours) {
    Matcher part = PART.matcher(ours);
    return part.matches() ? Long.parseLong(part.group(1)) * unit(part.group(2), 1) : 0;
  }

  private static long unit(String name, long otherwise) {
    return name == null
        ? otherwise
        : switch (name) {
          case "us", "ms" -> 1;
          case "s" -> 1_000;
          case "m" -> 60_000;
          case "h" -> 3_600_000;
          case "d" -> 86_400_000;
          case "w" -> 7 * 86_400_000L;
          case "M" -> 30 * 86_400_000L;
          default -> 365 * 86_400_000L;
        };
  }
}
