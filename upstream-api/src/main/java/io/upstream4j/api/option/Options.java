package io.upstream4j.api.option;

import static java.util.Objects.requireNonNull;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The values of declared options, read and checked. Immutable. */
public final class Options {
  private final Map<Option<?>, @Nullable Object> values;
  private final Node.Mapping source;
  private final Set<String> meant;

  private Options(Map<Option<?>, @Nullable Object> values, Node.Mapping source, Set<String> meant) {
    this.values = values;
    this.source = source;
    this.meant = Set.copyOf(meant);
  }

  /**
   * Reads a mapping whole.
   *
   * @param declared the options that are known
   * @param mapping what stands in the configuration
   * @throws ConfigException with every problem: unknown keys, wrong values, options left out
   */
  public static Options of(List<Option<?>> declared, Node.Mapping mapping) {
    Problems problems = new Problems();
    Options options = read(declared, mapping, "", problems);
    problems.throwIfAny();
    return options;
  }

  /**
   * Reads a mapping and adds every problem to {@code problems}: unknown keys, wrong values, options
   * left out. When there are any, the result must not be used.
   *
   * @param declared the options that are known
   * @param mapping what stands in the configuration
   * @param path the keys that lead to the mapping, for messages; may be empty
   * @param problems takes what is wrong
   */
  public static Options read(
      List<Option<?>> declared, Node.Mapping mapping, String path, Problems problems) {
    return read(declared, Map.of(), mapping, path, problems);
  }

  /**
   * As {@link #read(List, Node.Mapping, String, Problems)}, with words by which other programs know
   * the options, or that belong elsewhere.
   *
   * @param otherNames each to the name of the option, or to a sentence that says what is right
   */
  public static Options read(
      List<Option<?>> declared,
      Map<String, String> otherNames,
      Node.Mapping mapping,
      String path,
      Problems problems) {
    Map<String, Option<?>> known = new LinkedHashMap<>();
    for (Option<?> option : declared) {
      if (known.put(option.name(), option) != null) {
        throw new IllegalArgumentException("option \"" + option.name() + "\" is declared twice");
      }
    }
    String prefix = path.isEmpty() ? "" : path + ".";
    Map<Option<?>, @Nullable Object> values = new HashMap<>();
    Set<String> meant = new HashSet<>();
    declared.forEach(option -> values.put(option, option.fallback()));
    for (Node.Entry entry : mapping.entries()) {
      if (problems.isFull()) {
        break;
      }
      Option<?> option = known.get(entry.key());
      if (option == null) {
        String other = otherNames.get(entry.key());
        if (other == null) {
          Suggestion.closest(entry.key(), known.keySet()).ifPresent(meant::add);
          problems.addUnknown(
              entry.location(),
              prefix + entry.key(),
              "unknown option",
              entry.key(),
              known.keySet());
        } else {
          meant.addAll(List.of(other.split("\\W+", -1)));
          problems.add(
              entry.location(),
              prefix + entry.key(),
              "unknown option"
                  + (known.containsKey(other)
                      ? "; did you mean \"" + other + "\"?"
                      : " (expected: " + other + ")"));
        }
      } else {
        values.put(option, option.read(entry.value(), prefix + option.name(), problems));
      }
    }
    for (Option<?> option : declared) {
      if (option.isRequired()
          && mapping.find(option.name()).isEmpty()
          && !meant.contains(option.name())) {
        problems.add(
            mapping.location(),
            prefix + option.name(),
            "missing (expected: " + option.expected() + ")");
      }
    }
    return new Options(values, mapping, meant);
  }

  /**
   * The value of an option that is required or has a default.
   *
   * @throws IllegalArgumentException when the option was not declared, or has no value because it
   *     is {@linkplain Option#optional optional}: ask {@link #find} for those
   */
  public <T> T get(Option<T> option) {
    return find(option)
        .orElseThrow(
            () ->
                new IllegalArgumentException("option \"" + option.name() + "\" has no value here"));
  }

  /**
   * The value of an option that may have been left out.
   *
   * @throws IllegalArgumentException when the option was not declared
   */
  @SuppressWarnings("unchecked") // read() puts only a T, made by the option itself, under Option<T>
  public <T> Optional<T> find(Option<T> option) {
    requireNonNull(option, "option");
    if (!values.containsKey(option)) {
      throw new IllegalArgumentException("option \"" + option.name() + "\" was not declared");
    }
    return Optional.ofNullable((T) values.get(option));
  }

  /** Whether the option stands in the configuration, rather than having its default. */
  public boolean isGiven(Option<?> option) {
    return source.find(option.name()).isPresent();
  }

  /**
   * Whether an unknown key stands there that was probably meant to be this option. It is a problem
   * already, so what lacks the option need not be another.
   */
  public boolean isMisspelled(Option<?> option) {
    return meant.contains(option.name());
  }

  /** Where the option's key stands, or where the mapping begins when it was left out. */
  public Location location(Option<?> option) {
    return source.entry(option.name()).map(Node.Entry::location).orElse(source.location());
  }

  /** The mapping that these were read from. */
  public Node.Mapping source() {
    return source;
  }
}
