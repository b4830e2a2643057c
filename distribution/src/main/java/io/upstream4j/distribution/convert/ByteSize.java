package io.upstream4j.distribution.convert;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as pingap writes them ({@code 4kb}, {@code 1.5 MiB}, {@code 512}), said in bytes. */
final class ByteSize {
  private static final Pattern SIZE =
      Pattern.compile("([0-9]{1,15}(?:\\.[0-9]{1,9})?)\\s*([a-zA-Z]*)");

  private ByteSize() {}

  /**
   * The number of bytes.
   *
   * @throws IllegalArgumentException with the reason, when it is no size
   */
  static String convert(String text) {
    Matcher size = SIZE.matcher(text.strip());
    if (!size.matches()) {
      throw new IllegalArgumentException(wrong(text));
    }
    long unit =
        switch (size.group(2).toLowerCase(Locale.ROOT)) {
          case "", "b" -> 1L;
          case "k", "kb" -> 1_000L;
          case "ki", "kib" -> 1L << 10;
          case "m", "mb" -> 1_000_000L;
          case "mi", "mib" -> 1L << 20;
          case "g", "gb" -> 1_000_000_000L;
          case "gi", "gib" -> 1L << 30;
          default -> throw new IllegalArgumentException(wrong(text));
        };
    return new BigDecimal(size.group(1))
        .multiply(BigDecimal.valueOf(unit))
        .toBigInteger()
        .toString();
  }

  private static String wrong(String text) {
    return "\"" + text + "\" (expected: a size such as 4kb, 64KiB or 1MB)";
  }
}
