package io.upstream4j.core.plugin;

import static java.util.Objects.requireNonNull;

/**
 * The reason why a plug-in or one of its jars is not used.
 *
 * @param where the jar or folder, or another description of the place; may be empty
 * @param what what is wrong
 */
public record PluginProblem(String where, String what) {
  /** Checks the components. */
  public PluginProblem {
    requireNonNull(where, "where");
    requireNonNull(what, "what");
  }

  /** Returns both on one line. */
  @Override
  public String toString() {
    return where.isEmpty() ? what : where + ": " + what;
  }
}
