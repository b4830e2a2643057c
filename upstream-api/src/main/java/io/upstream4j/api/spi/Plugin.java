package io.upstream4j.api.spi;

import io.upstream4j.api.option.Option;
import java.util.List;

/**
 * A plug-in that a configuration selects by its type: a load balancer, a discovery or a health
 * checker.
 *
 * @implSpec Has a public constructor without parameters that does no work. Thread-safe. {@link
 *     #type} and {@link #options} return the same values at every call.
 */
public interface Plugin {
  /**
   * Returns the name by which a configuration selects the plug-in: lower-case letters, digits and
   * underscores, beginning with a letter. It is an error if two plug-ins of one kind have the same
   * type.
   */
  String type();

  /** Returns the options of the plug-in; empty unless overridden. */
  default List<Option<?>> options() {
    return List.of();
  }
}
