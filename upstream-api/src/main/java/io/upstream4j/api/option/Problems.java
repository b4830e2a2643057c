package io.upstream4j.api.option;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects everything that is wrong, so that a user sees it at once. For one thread. */
public final class Problems {
  private final List<Problem> found = new ArrayList<>();

  /** Creates an empty collection. */
  public Problems() {}

  /** Adds a problem. */
  public void add(Location location, String path, String message) {
    found.add(new Problem(location, path, message));
  }

  /** Whether nothing is wrong so far. */
  public boolean isEmpty() {
    return found.isEmpty();
  }

  /** How many problems there are so far. */
  public int size() {
    return found.size();
  }

  /** The problems so far, in the order of the file's lines. */
  public List<Problem> list() {
    return found.stream()
        .sorted(
            Comparator.comparing((Problem problem) -> problem.location().source())
                .thenComparingInt(problem -> problem.location().line())
                .thenComparingInt(problem -> problem.location().column()))
        .toList();
  }

  /**
   * Does nothing when nothing is wrong.
   *
   * @throws ConfigException with all problems
   */
  public void throwIfAny() {
    if (!found.isEmpty()) {
      throw new ConfigException(list());
    }
  }
}
