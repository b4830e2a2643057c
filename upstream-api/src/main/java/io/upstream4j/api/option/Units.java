package io.upstream4j.api.option;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Parses and prints the durations and sizes of a configuration. */
final class Units {
  private static final Pattern QUANTITY = Pattern.compile("([0-9]{1,18})([A-Za-z]*)");

  private Units() {}

  /** Parses {@code 500ms}, {@code 5s}, {@code 1m} or {@code 1h}. Only 0 needs no unit. */
  static Duration duration(String text) {
    Matcher matcher = match(text);
    long amount = Long.parseLong(matcher.group(1));
    try {
      return switch (matcher.group(2)) {
        case "ms" -> Duration.ofMillis(amount);
        case "s" -> Duration.ofSeconds(amount);
        case "m" -> Duration.ofMinutes(amount);
        case "h" -> Duration.ofHours(amount);
        case "d" -> Duration.ofDays(amount);
        default -> {
          if (amount == 0 && matcher.group(2).isEmpty()) {
            yield Duration.ZERO;
          }
          throw new IllegalArgumentException();
        }
      };
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(null, e);
    }
  }

  /** Parses a size: {@code 64KiB} is 65,536, {@code 1MB} is 1,000,000, a bare number is bytes. */
  static long bytes(String text) {
    Matcher matcher = match(text);
    long unit =
        switch (matcher.group(2)) {
          case "", "B" -> 1L;
          case "KB", "kB" -> 1_000L;
          case "MB" -> 1_000_000L;
          case "GB" -> 1_000_000_000L;
          case "KiB" -> 1L << 10;
          case "MiB" -> 1L << 20;
          case "GiB" -> 1L << 30;
          default -> throw new IllegalArgumentException();
        };
    try {
      return Math.multiplyExact(Long.parseLong(matcher.group(1)), unit);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(null, e);
    }
  }

  static String print(Duration duration) {
    long millis = duration.toMillis();
    if (millis == 0) {
      return "0s";
    }
    if (millis % 86_400_000 == 0) {
      return millis / 86_400_000 + "d";
    }
    if (millis % 3_600_000 == 0) {
      return millis / 3_600_000 + "h";
    }
    if (millis % 60_000 == 0) {
      return millis / 60_000 + "m";
    }
    return millis % 1_000 == 0 ? millis / 1_000 + "s" : millis + "ms";
  }

  static String print(long bytes) {
    if (bytes != 0 && bytes % (1L << 30) == 0) {
      return (bytes >> 30) + "GiB";
    }
    if (bytes != 0 && bytes % (1L << 20) == 0) {
      return (bytes >> 20) + "MiB";
    }
    if (bytes != 0 && bytes % (1L << 10) == 0) {
      return (bytes >> 10) + "KiB";
    }
    return Long.toString(bytes);
  }

  private static Matcher match(String text) {
    Matcher matcher = QUANTITY.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException();
    }
    return matcher;
  }
}
