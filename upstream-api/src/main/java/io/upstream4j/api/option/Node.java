package io.upstream4j.api.option;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A node of the configuration: a scalar, a list or a mapping, with its location.
 *
 * <p>{@code equals} ignores locations, so two nodes with the same content are equal wherever they
 * were written. Scalars keep their text as written; the option that reads a scalar interprets it.
 */
public sealed interface Node {
  /** Returns where the node begins. */
  Location location();

  /** Returns the kind of node for messages: {@code text}, {@code list} or {@code mapping}. */
  String kind();

  /**
   * Text, a number or a boolean, as written.
   *
   * @param location where it begins
   * @param text the text, without quotes
   */
  record Scalar(Location location, String text) implements Node {
    /** Checks the components. */
    public Scalar {
      requireNonNull(location, "location");
      requireNonNull(text, "text");
    }

    @Override
    public String kind() {
      return "text";
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Scalar that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
      return text.hashCode();
    }

    /** Returns the text. */
    @Override
    public String toString() {
      return text;
    }
  }

  /**
   * A list.
   *
   * @param location where it begins
   * @param items the items, in order
   */
  record Sequence(Location location, List<Node> items) implements Node {
    /** Checks and copies the components. */
    public Sequence {
      requireNonNull(location, "location");
      items = List.copyOf(items);
    }

    @Override
    public String kind() {
      return "list";
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Sequence that && items.equals(that.items);
    }

    @Override
    public int hashCode() {
      return items.hashCode();
    }
  }

  /**
   * A mapping. It keeps the order of its entries, which {@code equals} ignores.
   *
   * @param location where it begins
   * @param entries the entries, in order; no key occurs twice
   */
  record Mapping(Location location, List<Entry> entries) implements Node {
    /** Checks and copies the components. */
    public Mapping {
      requireNonNull(location, "location");
      entries = List.copyOf(entries);
      Set<String> keys = new HashSet<>();
      for (Entry entry : entries) {
        if (!keys.add(entry.key())) {
          throw new IllegalArgumentException("duplicate key \"" + entry.key() + "\"");
        }
      }
    }

    /**
     * Creates a mapping that was not read from a file, for tests and programs.
     *
     * @param values keys to {@code String}, {@code Number}, {@code Boolean}, {@code List} or {@code
     *     Map}, whose contents are of these types, too
     * @throws IllegalArgumentException when a value has another type
     */
    public static Mapping of(Map<String, ?> values) {
      return (Mapping) Node.of(new Location("program", 1, 1), values);
    }

    /** Returns the value of {@code key}, or empty when the mapping does not have it. */
    public Optional<Node> find(String key) {
      return entry(key).map(Entry::value);
    }

    /** Returns the entry of {@code key}, or empty when the mapping does not have it. */
    public Optional<Entry> entry(String key) {
      for (Entry entry : entries) {
        if (entry.key().equals(key)) {
          return Optional.of(entry);
        }
      }
      return Optional.empty();
    }

    @Override
    public String kind() {
      return "mapping";
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Mapping that
          && new HashSet<>(entries).equals(new HashSet<>(that.entries));
    }

    @Override
    public int hashCode() {
      return new HashSet<>(entries).hashCode();
    }
  }

  /**
   * A key of a mapping and its value.
   *
   * @param location where the key begins
   * @param key the key, never empty
   * @param value the value
   */
  record Entry(Location location, String key, Node value) {
    /** Checks the components. */
    public Entry {
      requireNonNull(location, "location");
      requireNonNull(key, "key");
      requireNonNull(value, "value");
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Entry that && key.equals(that.key) && value.equals(that.value);
    }

    @Override
    public int hashCode() {
      return Objects.hash(key, value);
    }
  }

  private static Node of(Location location, Object value) {
    if (value instanceof Map<?, ?> map) {
      List<Entry> entries = new ArrayList<>();
      map.forEach(
          (key, item) -> entries.add(new Entry(location, String.valueOf(key), of(location, item))));
      return new Mapping(location, entries);
    }
    if (value instanceof List<?> list) {
      return new Sequence(location, list.stream().map(item -> of(location, item)).toList());
    }
    if (value instanceof String || value instanceof Number || value instanceof Boolean) {
      return new Scalar(location, value.toString());
    }
    throw new IllegalArgumentException(
        "value of " + value.getClass() + " (expected: String, Number, Boolean, List or Map)");
  }
}
