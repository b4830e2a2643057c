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

/** The checked values of declared options. Immutable. */
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
   * Reads all options of a mapping.
   *
   * @param declared the known options
   * @param mapping the mapping in the configuration
   * @throws ConfigException with every problem: unknown keys, wrong values, missing options
   */
  public static Options of(List<Option<?>> declared, Node.Mapping mapping) {
    Problems problems = new Problems();
    Options options = read(declared, mapping, "", problems);
    problems.throwIfAny();
    return options;
  }

  /**
   * Reads all options of a mapping and adds every problem to {@code problems}: unknown keys, wrong
   * values, missing options. Do not use the result when there are any.
   *
   * @param declared the known options
   * @param mapping the mapping in the configuration
   * @param path the keys that lead to the mapping, for messages; may be empty
   * @param problems receives every problem found
   */
  public static Options read(
      List<Option<?>> declared, Node.Mapping mapping, String path, Problems problems) {
    return read(declared, Map.of(), mapping, path, problems);
  }

  /**
   * Reads all options like {@link #read(List, Node.Mapping, String, Problems)}, and recognises keys
   * that users may bring from other programs or write at the wrong place.
   *
   * @param otherNames each such key to the name of the option, or to a sentence that says what to
   *     write instead
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
   * Returns the value of an option that is required or has a default.
   *
   * @throws IllegalArgumentException when the option was not declared, or has no value because it
   *     is {@linkplain Option#optional optional}; use {@link #find} for those
   */
  public <T> T get(Option<T> option) {
    return find(option)
        .orElseThrow(
            () ->
                new IllegalArgumentException("option \"" + option.name() + "\" has no value here"));
  }

  /**
   * Returns the value of an option, or empty when an optional one was left out.
   *
   * @throws IllegalArgumentException when the option was not declared
   */
  @SuppressWarnings("unchecked") // read() stores a T under each Option<T>
  public <T> Optional<T> find(Option<T> option) {
    requireNonNull(option, "option");
    if (!values.containsKey(option)) {
      throw new IllegalArgumentException("option \"" + option.name() + "\" was not declared");
    }
    return Optional.ofNullable((T) values.get(option));
  }

  /** Returns whether the configuration sets the option, even if to its default. */
  public boolean isGiven(Option<?> option) {
    return source.find(option.name()).isPresent();
  }

  /**
   * Returns whether the mapping has an unknown key that was probably meant to be this option. That
   * key is reported already, so you need not report that the option is missing.
   */
  public boolean isMisspelled(Option<?> option) {
    return meant.contains(option.name());
  }

  /** Returns the location of the option's key, or of the mapping when the option was left out. */
  public Location location(Option<?> option) {
    return source.entry(option.name()).map(Node.Entry::location).orElse(source.location());
  }

  /** Returns the mapping from which the values were read. */
  public Node.Mapping source() {
    return source;
  }
}
