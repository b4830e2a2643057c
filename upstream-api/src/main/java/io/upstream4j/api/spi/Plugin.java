package io.upstream4j.api.spi;

import io.upstream4j.api.option.Option;
import java.util.List;

/**
 * A strategy, a source or a probe that a configuration names by its type.
 *
 * @implSpec Has a public constructor without parameters that does no work, and is thread-safe.
 *     {@link #type} and {@link #options} always give the same answers.
 */
public interface Plugin {
  /**
   * The name in the configuration: lower-case letters, digits and underscores, a letter first. Two
   * plug-ins of one kind and one type are an error.
   */
  String type();

  /** The options it takes; none unless overridden. */
  default List<Option<?>> options() {
    return List.of();
  }
}
