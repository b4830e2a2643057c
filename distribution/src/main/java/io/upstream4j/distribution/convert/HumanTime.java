package io.upstream4j.distribution.convert;

import io.upstream4j.api.option.Problem;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Durations as pingap writes them ({@code 1h 30m}, {@code 2min}, {@code 90sec}: the format of
 * Rust's humantime), said as ours.
 */
final class HumanTime {
  private static final Pattern PART = Pattern.compile("\\s*([0-9]{1,15})\\s*([a-zA-Z]+)");

  private HumanTime() {}

  /**
   * The same in one unit, such as {@code 90m}.
   *
   * @throws IllegalArgumentException with the reason, when it is no duration or finer than ours
   */
  static String convert(String text) {
    try {
      return print(sum(text).toMillis());
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          Problem.quoted(text) + " (expected: at most some million years)", e);
    }
  }

  private static Duration sum(String text) {
    Matcher part = PART.matcher(text);
    Duration sum = Duration.ZERO;
    int end = 0;
    while (part.find() && part.start() == end) {
      sum = sum.plus(unit(part.group(2)).multipliedBy(Long.parseLong(part.group(1))));
      end = part.end();
    }
    if (end == 0 || !text.substring(end).isBlank()) {
      throw new IllegalArgumentException(
          Problem.quoted(text) + " (expected: a duration such as 500ms, 5s, 2min or 1h 30m)");
    }
    if (sum.toNanosPart() % 1_000_000 != 0) {
      throw new IllegalArgumentException(Problem.quoted(text) + " (expected: whole milliseconds)");
    }
    return sum;
  }

  private static String print(long millis) {
    if (millis % 1_000 != 0) {
      return millis + "ms";
    }
    long seconds = millis / 1_000;
    if (seconds == 0 || seconds % 60 != 0) {
      return seconds + "s";
    }
    return seconds % 3_600 != 0 ? seconds / 60 + "m" : seconds / 3_600 + "h";
  }

  private static Duration unit(String name) {
    return switch (name) {
      case "ns", "nsec", "nanos" -> Duration.ofNanos(1);
      case "us", "usec", "micros" -> Duration.ofNanos(1_000);
      case "ms", "msec", "millis" -> Duration.ofMillis(1);
      case "s", "sec", "secs", "second", "seconds" -> Duration.ofSeconds(1);
      case "m", "min", "mins", "minute", "minutes" -> Duration.ofMinutes(1);
      case "h", "hr", "hrs", "hour", "hours" -> Duration.ofHours(1);
      case "d", "day", "days" -> Duration.ofDays(1);
      case "w", "week", "weeks" -> Duration.ofDays(7);
      default ->
          throw new IllegalArgumentException(
              "\"" + name + "\" (expected: a unit such as ms, s, min, h or d)");
    };
  }
}
