package io.upstream4j.api.option;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Corrects values in a nearly right form, such as {@code 5 sec} for {@code 5s}. */
final class Slip {
  private static final Pattern QUANTITY = Pattern.compile("([0-9]{1,15}) *\\.?([A-Za-z]*)\\.?");
  private static final Pattern GROUPED = Pattern.compile("[0-9]{1,3}([_,. '][0-9]{3})+");
  private static final Pattern COMMA = Pattern.compile("-?[0-9]+,[0-9]+");

  private Slip() {}

  /** Returns the value in the form that the shape accepts, or empty when there is no good guess. */
  static Optional<String> meant(Shape shape, String text) {
    String lower = text.strip().toLowerCase(Locale.ROOT);
    if (shape instanceof Shape.Flag) {
      return switch (lower) {
        case "yes", "on", "y", "1", "true", "enable", "enabled" -> Optional.of("true");
        case "no", "off", "n", "0", "false", "disable", "disabled", "none" -> Optional.of("false");
        default -> Suggestion.closest(lower, List.of("true", "false"));
      };
    }
    if (shape instanceof Shape.Choice choice) {
      String joined = lower.replace('-', '_').replace(' ', '_');
      return choice.words().stream()
          .filter(word -> word.toLowerCase(Locale.ROOT).equals(joined))
          .findFirst()
          .or(
              () ->
                  joined.length() < 4
                      ? Optional.empty()
                      : Suggestion.closest(joined, choice.words()));
    }
    Matcher quantity = QUANTITY.matcher(lower);
    if (shape instanceof Shape.Time && quantity.matches()) {
      return Optional.ofNullable(time(quantity.group(2))).map(unit -> quantity.group(1) + unit);
    }
    if (shape instanceof Shape.Size && quantity.matches()) {
      return Optional.ofNullable(size(quantity.group(2))).map(unit -> quantity.group(1) + unit);
    }
    if (shape instanceof Shape.Whole whole) {
      return number(lower, quantity, whole);
    }
    if (shape instanceof Shape.Decimal && COMMA.matcher(lower).matches()) {
      return Optional.of(lower.replace(',', '.'));
    }
    return Optional.empty();
  }

  private static Optional<String> number(String text, Matcher quantity, Shape.Whole whole) {
    String digits = "";
    if (GROUPED.matcher(text).matches()) {
      digits = text.replaceAll("[^0-9]", "");
    } else if (text.endsWith("%")) {
      digits = text.substring(0, text.length() - 1).strip();
    } else if (text.matches("[0-9]+\\.0+")) {
      digits = text.substring(0, text.indexOf('.'));
    } else if (quantity.matches()) {
      digits =
          switch (quantity.group(2)) {
            case "k" -> quantity.group(1) + "000";
            case "m" -> quantity.group(1) + "000000";
            default -> "";
          };
    }
    if (!digits.matches("[0-9]{1,9}")) {
      return Optional.empty();
    }
    int value = Integer.parseInt(digits);
    return value >= whole.min() && value <= whole.max()
        ? Optional.of(Integer.toString(value))
        : Optional.empty();
  }

  private static @Nullable String time(String unit) {
    return switch (unit) {
      case "", "s", "sec", "secs", "second", "seconds" -> "s";
      case "ms", "msec", "msecs", "milli", "millis", "millisecond", "milliseconds" -> "ms";
      case "m", "min", "mins", "minute", "minutes" -> "m";
      case "h", "hr", "hrs", "hour", "hours" -> "h";
      case "d", "day", "days" -> "d";
      default -> null;
    };
  }

  private static @Nullable String size(String unit) {
    return switch (unit) {
      case "b", "byte", "bytes" -> "B";
      case "k", "ki", "kib", "kbyte", "kbytes" -> "KiB";
      case "kb" -> "KB";
      case "m", "mi", "mib", "mbyte", "mbytes" -> "MiB";
      case "mb" -> "MB";
      case "g", "gi", "gib", "gbyte", "gbytes" -> "GiB";
      case "gb" -> "GB";
      default -> null;
    };
  }
}
