package io.upstream4j.core.plugin;

import static java.util.Objects.requireNonNull;

/**
 * Why a plug-in, or a jar of one, is not used.
 *
 * @param where the jar or folder, or what is known instead; may be empty
 * @param what is wrong with it
 */
public record PluginProblem(String where, String what) {
  /** Checks the components. */
  public PluginProblem {
    requireNonNull(where, "where");
    requireNonNull(what, "what");
  }

  /** Both, in one line. */
  @Override
  public String toString() {
    return where.isEmpty() ? what : where + ": " + what;
  }
}
