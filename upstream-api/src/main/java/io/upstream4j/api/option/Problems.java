package io.upstream4j.api.option;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Collects everything that is wrong, so that a user sees it at once. For one thread.
 *
 * <p>Keeps the first {@link #MOST} problems, each of a bounded length, which are half a megabyte at
 * most, whatever the configuration holds. Once there are more it {@link #isFull is full}, and
 * readers stop.
 */
public final class Problems {
  /** How many problems are kept. */
  public static final int MOST = 100;

  /** What a collection shares with those that write its paths in another way. */
  private static final class Found {
    private final List<Problem> kept = new ArrayList<>();
    private final Map<Set<String>, Location> listed = new HashMap<>();
    private int count;
  }

  private final Found found;
  private final UnaryOperator<String> paths;

  /** Creates an empty collection. */
  public Problems() {
    this(new Found(), UnaryOperator.identity());
  }

  private Problems(Found found, UnaryOperator<String> paths) {
    this.found = found;
    this.paths = paths;
  }

  /** The same collection, for a reader that knows its keys by other paths than the user does. */
  public Problems withPaths(UnaryOperator<String> asWritten) {
    return new Problems(found, path -> paths.apply(asWritten.apply(path)));
  }

  /** Adds a problem, or counts it when there are too many. */
  public void add(Location location, String path, String message) {
    found.count++;
    if (!isFull()) {
      found.kept.add(new Problem(location, paths.apply(path), message));
    }
  }

  /**
   * Adds that a name is not one of those that are known. Names the one that was probably meant, or
   * else all that are known, which are listed once: another problem of the kind names the place of
   * the first.
   *
   * @param what is wrong with it, such as {@code unknown option}
   * @param name as written
   */
  public void addUnknown(
      Location location, String path, String what, String name, Collection<String> known) {
    if (found.count >= MOST) {
      add(location, path, what);
      return;
    }
    Location first = null;
    if (Suggestion.closest(name, known).isEmpty() && !known.isEmpty()) {
      first = found.listed.putIfAbsent(Set.copyOf(known), location);
    }
    add(
        location,
        path,
        what
            + (first == null
                ? Suggestion.instead(name, known)
                : " (expected: one of those listed at " + first + ")"));
  }

  /** Whether nothing is wrong so far. */
  public boolean isEmpty() {
    return found.count == 0;
  }

  /** Whether there are more problems than are kept, so that looking for others is in vain. */
  public boolean isFull() {
    return found.count > MOST;
  }

  /** How many problems were added so far. */
  public int size() {
    return found.count;
  }

  /** The problems that are kept, in the order of the file's lines. */
  public List<Problem> list() {
    return found.kept.stream()
        .sorted(
            Comparator.comparing((Problem problem) -> problem.location().source())
                .thenComparingInt(problem -> problem.location().line())
                .thenComparingInt(problem -> problem.location().column()))
        .toList();
  }

  /**
   * Does nothing when nothing is wrong.
   *
   * @throws ConfigException with all problems, or the first {@link #MOST}
   */
  public void throwIfAny() {
    if (isFull()) {
      throw ConfigException.ofFirst(list());
    }
    if (!isEmpty()) {
      throw new ConfigException(list());
    }
  }
}
