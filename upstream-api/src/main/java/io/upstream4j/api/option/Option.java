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
 * A key of the configuration: its name, its type, its bounds, its default and a line of help.
 *
 * <p>Declared once as a constant, listed by {@link io.upstream4j.api.spi.Plugin#options()}, and
 * read from {@link Options} without reflection or casts. An option must be given unless it has a
 * default ({@link #orElse}) or may be left out ({@link #optional}).
 *
 * @param <T> the type of its value
 */
public final class Option<T> {
  /** Turns a node into a value, or adds what is wrong with it to the problems and returns null. */
  @FunctionalInterface
  public interface Reader<T> {
    /**
     * Reads a value.
     *
     * @param node what stands in the configuration
     * @param path the keys that lead there, for messages
     * @param problems takes every problem found
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
   * An option whose value is made from text.
   *
   * @param expected what the text must look like, for messages and the documentation, such as
   *     {@code url, path or header:<name>}
   * @param read throws {@link IllegalArgumentException} when the text is not that
   */
  public static <T> Option<T> of(
      String name, String help, String expected, Function<String, T> read) {
    Shape shape = new Shape.Text();
    return required(
        name, help, expected, shape, new TextReader<>(expected, shape, read), String::valueOf);
  }

  /** Makes a value from text, and says of another text what was probably meant. */
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

    /** Says what the exception adds to the expectation; a bare conversion error adds nothing. */
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
   * An option read from any node, for values that are neither text nor a list of texts.
   *
   * @param expected what is expected, for messages and the documentation
   */
  public static <T> Option<T> ofNode(String name, String help, String expected, Reader<T> reader) {
    return required(name, help, expected, new Shape.Anything(), reader, String::valueOf);
  }

  /** Any text that is not empty. */
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

  /** A whole number of {@code min} to {@code max}, both included. */
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

  /** A number of {@code min} to {@code max}, both included. */
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

  /** {@code true} or {@code false}. */
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
   * A duration such as {@code 500ms}, {@code 5s}, {@code 1m} or {@code 1h}, of {@code min} to
   * {@code max}, both included.
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
   * A size in bytes such as {@code 64KiB}, {@code 1MB} or {@code 512}, of {@code min} to {@code
   * max} bytes, both included.
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

  /** One of the constants of {@code type}, written in lower case or as declared. */
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

  /** A mapping of names to texts, such as request headers. */
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

  /** A list of values of this option's kind; one value alone is a list of one. */
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

  /** The same option, with the value it has when it is left out. */
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

  /** The same option, which may be left out and then has no value: see {@link Options#find}. */
  public Option<T> optional() {
    return new Option<>(name, help, expected, shape, reader, print, Presence.OPTIONAL, null);
  }

  /** The same option, with more said of what its value looks like. */
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

  /** The key in the configuration. */
  public String name() {
    return name;
  }

  /** What the option means, in one line. */
  public String help() {
    return help;
  }

  /** What values it takes, in words. */
  public String expected() {
    return expected;
  }

  /** What a value looks like, for programs. */
  public Shape shape() {
    return shape;
  }

  /** Whether leaving it out is an error. */
  public boolean isRequired() {
    return presence == Presence.REQUIRED;
  }

  /** The default as it would be written in the configuration. */
  public Optional<String> defaultText() {
    return Optional.ofNullable(fallback).map(print);
  }

  @Nullable T fallback() {
    return fallback;
  }

  /** Reads a value; null when there was a problem, which is then in {@code problems}. */
  @Nullable T read(Node node, String path, Problems problems) {
    return reader.read(node, path, problems);
  }

  @Override
  public String toString() {
    return name;
  }

  /** Java's parsers take more than people expect, such as 0x1p3 and digits of other scripts. */
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
