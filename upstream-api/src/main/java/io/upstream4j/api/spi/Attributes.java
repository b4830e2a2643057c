package io.upstream4j.api.spi;

import static java.util.Objects.requireNonNull;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Optional properties of a backend that a discovery provides beside its endpoint and weight.
 * Immutable.
 */
public final class Attributes {
  /**
   * The name of an attribute and the type of its value.
   *
   * @param <T> the type of the value
   * @param name unique among attributes, in lower case
   * @param type the class of the value
   */
  public record Key<T>(String name, Class<T> type) {
    /** Checks the components. */
    public Key {
      requireNonNull(name, "name");
      requireNonNull(type, "type");
    }
  }

  /** The tier of a backend; the tier with the least number is preferred. Defaults to 0. */
  public static final Key<Integer> PRIORITY = new Key<>("priority", Integer.class);

  /** The greatest length, in characters, of a zone's name that users write. */
  public static final int MAX_ZONE = 128;

  /** The zone in which a backend runs. */
  public static final Key<String> ZONE = new Key<>("zone", String.class);

  /**
   * The server as the configuration writes it, before names are resolved and default ports added,
   * such as {@code api.internal:8080} or {@code 10.0.0.1}. Consistent hashing places the backend by
   * it.
   */
  public static final Key<String> SERVER = new Key<>("server", String.class);

  /**
   * The addresses to which the backend's host may resolve. They are checked before each connection,
   * and backends share connections only if their filters are equal.
   */
  public static final Key<AddressFilter> ADDRESS_FILTER =
      new Key<>("address_filter", AddressFilter.class);

  private static final Attributes NONE = new Attributes(Map.of());

  private final Map<Key<?>, Object> values;

  private Attributes(Map<Key<?>, Object> values) {
    this.values = values;
  }

  /** Returns the empty set of attributes. */
  public static Attributes none() {
    return NONE;
  }

  /** Returns a copy of these attributes in which {@code key} has {@code value}. */
  public <T> Attributes with(Key<T> key, T value) {
    Map<Key<?>, Object> copy = new HashMap<>(values);
    copy.put(key, key.type().cast(requireNonNull(value, "value")));
    return new Attributes(Map.copyOf(copy));
  }

  /** Returns the value of {@code key}, or empty. */
  public <T> Optional<T> find(Key<T> key) {
    return Optional.ofNullable(values.get(key)).map(key.type()::cast);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Attributes that && values.equals(that.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  @Override
  public String toString() {
    Map<String, Object> byName = new TreeMap<>();
    values.forEach((key, value) -> byName.put(key.name(), value));
    return byName.toString();
  }
}
