package io.upstream4j.api.option;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A key of the configuration: its name, type, bounds, default and a line of help.
 *
 * <p>Declare an option once as a constant, list it in {@link
 * io.upstream4j.api.spi.Plugin#options()}, and read its value from {@link Options} without
 * reflection or casts. An option is required unless it has a default ({@link #orElse}) or is {@link
 * #optional}. Immutable.
 *
 * @param <T> the type of its value
 */
public final class Option<T> {
  /** Converts a node to a value, or adds the problems of the node and returns null. */
  @FunctionalInterface
  public interface Reader<T> {
    /**
     * Reads a value.
     *
     * @param node the node in the configuration
     * @param path the keys that lead to the node, for messages
     * @param problems receives every problem found
     * @return the value, or null when there was a problem
     */
    @Nullable T read(Node node, String path, Problems problems);
  }

  private static final Pattern WHOLE = Pattern.compile("-?[0-9]{1,10}");
  private static final Pattern DECIMAL = Pattern.compile("-?[0-9]+(\\.[0-9]+)?");

  private enum Presence {
    REQUIRED,
    DEFAULTED,
    OPTIONAL
  }

  private final String name;
  private final String help;
  private final String expected;
  private final Shape shape;
  private final Reader<T> reader;
  private final Function<T, String> print;
  private final Presence presence;
  private final @Nullable T fallback;

  private Option(
      String name,
      String help,
      String expected,
      Shape shape,
      Reader<T> reader,
      Function<T, String> print,
      Presence presence,
      @Nullable T fallback) {
    this.name = requireNonNull(name, "name");
    this.help = requireNonNull(help, "help");
    this.expected = expected;
    this.shape = shape;
    this.reader = reader;
    this.print = print;
    this.presence = presence;
    this.fallback = fallback;
  }

  private static <T> Option<T> required(
      String name,
      String help,
      String expected,
      Shape shape,
      Reader<T> reader,
      Function<T, String> print) {
    return new Option<>(name, help, expected, shape, reader, print, Presence.REQUIRED, null);
  }

  /**
   * Creates an option whose value is parsed from text.
   *
   * @param expected the accepted form, for messages and the documentation, such as {@code url, path
   *     or header:<name>}
   * @param read parses the text, and throws {@link IllegalArgumentException} when it has another
   *     form
   */
  public static <T> Option<T> of(
      String name, String help, String expected, Function<String, T> read) {
    Shape shape = new Shape.Text();
    return required(
        name, help, expected, shape, new TextReader<>(expected, shape, read), String::valueOf);
  }

  /** Parses a value from text, and suggests what an unreadable text was probably meant to be. */
  private record TextReader<T>(String expected, Shape shape, Function<String, T> make)
      implements Reader<T> {
    @Override
    public @Nullable T read(Node node, String path, Problems problems) {
      if (node instanceof Node.Scalar scalar) {
        try {
          return make.apply(scalar.text());
        } catch (IllegalArgumentException e) {
          problems.add(node.location(), path, wrong(scalar.text(), e));
          return null;
        }
      }
      problems.add(node.location(), path, "a " + node.kind() + " (expected: " + expected + ")");
      return null;
    }

    /** Describes a rejected text. The message of a bare number-format error is left out. */
    private String wrong(String text, IllegalArgumentException e) {
      String value = text.isEmpty() ? "nothing" : Problem.quoted(text);
      String reason = e instanceof NumberFormatException ? null : e.getMessage();
      if (reason == null) {
        String hint =
            Slip.meant(shape, text)
                .filter(this::isRight)
                .map(meant -> "; did you mean \"" + meant + "\"?")
                .orElse("");
        return value + hint + " (expected: " + expected + ")";
      }
      String what = reason.startsWith(value) ? reason : value + " " + reason;
      return what.contains("(expected: ") || what.contains("; did you mean ")
          ? what
          : what + " (expected: " + expected + ")";
    }

    private boolean isRight(String text) {
      try {
        return make.apply(text) != null;
      } catch (IllegalArgumentException e) {
        return false;
      }
    }
  }

  /**
   * Creates an option read from any node, for values that are neither text nor a list of texts.
   *
   * @param expected the accepted form, for messages and the documentation
   */
  public static <T> Option<T> ofNode(String name, String help, String expected, Reader<T> reader) {
    return required(name, help, expected, new Shape.Anything(), reader, String::valueOf);
  }

  /** Creates an option for text that is not empty. */
  public static Option<String> text(String name, String help) {
    return of(
        name,
        help,
        "text",
        text -> {
          if (text.isEmpty()) {
            throw new IllegalArgumentException();
          }
          return text;
        });
  }

  /** Creates an option for a whole number from {@code min} to {@code max}, inclusive. */
  public static Option<Integer> integer(String name, String help, int min, int max) {
    return of(
            name,
            help,
            min + " to " + max,
            text -> {
              int value = Integer.parseInt(matching(WHOLE, text));
              if (value < min || value > max) {
                throw new IllegalArgumentException();
              }
              return value;
            })
        .shaped(new Shape.Whole(min, max));
  }

  /** Creates an option for a number from {@code min} to {@code max}, inclusive. */
  public static Option<Double> decimal(String name, String help, double min, double max) {
    return of(
            name,
            help,
            min + " to " + max,
            text -> {
              double value = Double.parseDouble(matching(DECIMAL, text));
              if (!(value >= min && value <= max)) {
                throw new IllegalArgumentException();
              }
              return value;
            })
        .shaped(new Shape.Decimal(min, max));
  }

  /** Creates an option that is {@code true} or {@code false}. */
  public static Option<Boolean> flag(String name, String help) {
    return of(
            name,
            help,
            "true or false",
            text ->
                switch (text) {
                  case "true" -> true;
                  case "false" -> false;
                  default -> throw new IllegalArgumentException();
                })
        .shaped(new Shape.Flag());
  }

  /**
   * Creates an option for a duration from {@code min} to {@code max}, inclusive, such as {@code
   * 500ms}, {@code 5s}, {@code 1m} or {@code 1h}.
   */
  public static Option<Duration> duration(String name, String help, Duration min, Duration max) {
    return of(
            name,
            help,
            Units.print(min) + " to " + Units.print(max) + ", such as 500ms, 5s, 1m or 1h",
            text -> {
              Duration value = Units.duration(text);
              if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
                throw new IllegalArgumentException();
              }
              return value;
            })
        .printedBy(Units::print)
        .shaped(new Shape.Time());
  }

  /**
   * Creates an option for a size from {@code min} to {@code max} bytes, inclusive, such as {@code
   * 64KiB}, {@code 1MB} or {@code 512}.
   */
  public static Option<Long> size(String name, String help, long min, long max) {
    return of(
            name,
            help,
            Units.print(min) + " to " + Units.print(max) + ", such as 64KiB or 1MB",
            text -> {
              long value = Units.bytes(text);
              if (value < min || value > max) {
                throw new IllegalArgumentException();
              }
              return value;
            })
        .printedBy(Units::print)
        .shaped(new Shape.Size(min, max));
  }

  /** Creates an option for a constant of {@code type}, written in lower case or as declared. */
  public static <E extends Enum<E>> Option<E> oneOf(String name, String help, Class<E> type) {
    E[] constants = type.getEnumConstants();
    String expected = Arrays.stream(constants).map(Option::lower).collect(Collectors.joining(", "));
    return of(
            name,
            help,
            expected,
            text -> {
              for (E constant : constants) {
                if (constant.name().equals(text) || lower(constant).equals(text)) {
                  return constant;
                }
              }
              throw new IllegalArgumentException();
            })
        .printedBy(Option::lower)
        .shaped(new Shape.Choice(Arrays.stream(constants).map(Option::lower).toList()));
  }

  /** Creates an option for a mapping of names to texts, such as request headers. */
  public static Option<Map<String, String>> texts(String name, String help) {
    String expected = "a mapping of names to texts";
    return ofNode(
            name,
            help,
            expected,
            (node, path, problems) -> {
              if (!(node instanceof Node.Mapping mapping)) {
                problems.add(
                    node.location(), path, "a " + node.kind() + " (expected: " + expected + ")");
                return null;
              }
              int before = problems.size();
              Map<String, String> texts = new LinkedHashMap<>();
              for (Node.Entry entry : mapping.entries()) {
                if (problems.isFull()) {
                  break;
                }
                if (entry.value() instanceof Node.Scalar scalar) {
                  texts.put(entry.key(), scalar.text());
                } else {
                  problems.add(
                      entry.value().location(),
                      path + "." + entry.key(),
                      "a " + entry.value().kind() + " (expected: text)");
                }
              }
              return problems.size() == before ? Map.copyOf(texts) : null;
            })
        .shaped(new Shape.Texts());
  }

  /** Returns an option for a list of such values. A single value is read as a list of one. */
  public Option<List<T>> list() {
    Reader<List<T>> reader =
        (node, path, problems) -> {
          List<Node> items =
              node instanceof Node.Sequence sequence ? sequence.items() : List.of(node);
          int before = problems.size();
          List<T> values = new ArrayList<>();
          for (int i = 0; i < items.size() && !problems.isFull(); i++) {
            String at = node instanceof Node.Sequence ? path + "[" + i + "]" : path;
            T value = this.reader.read(items.get(i), at, problems);
            if (value != null) {
              values.add(value);
            }
          }
          return problems.size() == before ? List.copyOf(values) : null;
        };
    return required(
        name,
        help,
        "a list of: " + expected,
        new Shape.ListOf(shape),
        reader,
        values -> values.stream().map(print).collect(Collectors.joining(", ", "[", "]")));
  }

  /** Returns this option with a default for configurations that leave it out. */
  public Option<T> orElse(T value) {
    return new Option<>(
        name,
        help,
        expected,
        shape,
        reader,
        print,
        Presence.DEFAULTED,
        requireNonNull(value, "value"));
  }

  /** Returns this option without a value when it is left out; read it with {@link Options#find}. */
  public Option<T> optional() {
    return new Option<>(name, help, expected, shape, reader, print, Presence.OPTIONAL, null);
  }

  /** Returns this option with a more precise shape. */
  public Option<T> shaped(Shape value) {
    requireNonNull(value, "value");
    Reader<T> informed =
        reader instanceof TextReader<T> text
            ? new TextReader<>(text.expected(), value, text.make())
            : reader;
    return new Option<>(name, help, expected, value, informed, print, presence, fallback);
  }

  private Option<T> printedBy(Function<T, String> printer) {
    return new Option<>(name, help, expected, shape, reader, printer, presence, fallback);
  }

  /** Returns the key in the configuration. */
  public String name() {
    return name;
  }

  /** Returns what the option means, in one line. */
  public String help() {
    return help;
  }

  /** Describes the accepted values, for people. */
  public String expected() {
    return expected;
  }

  /** Describes the accepted values, for programs. */
  public Shape shape() {
    return shape;
  }

  /** Returns whether leaving the option out is an error. */
  public boolean isRequired() {
    return presence == Presence.REQUIRED;
  }

  /**
   * Returns the default as it would be written in the configuration, or empty without a default.
   */
  public Optional<String> defaultText() {
    return Optional.ofNullable(fallback).map(print);
  }

  @Nullable T fallback() {
    return fallback;
  }

  /** Reads a value, or adds what is wrong to {@code problems} and returns null. */
  @Nullable T read(Node node, String path, Problems problems) {
    return reader.read(node, path, problems);
  }

  @Override
  public String toString() {
    return name;
  }

  /**
   * Rejects text that Java's parsers accept and people do not expect, such as 0x1p3 and the digits
   * of other scripts.
   */
  private static String matching(Pattern pattern, String text) {
    if (!pattern.matcher(text).matches()) {
      throw new IllegalArgumentException();
    }
    return text;
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
