package io.upstream4j.api.option;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
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
    private final Set<Location> unreadable = new HashSet<>();
    private int count;
    private int hidden;
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
    if (found.unreadable.contains(location)) {
      found.hidden++;
      return;
    }
    found.count++;
    if (!isFull()) {
      found.kept.add(new Problem(location, paths.apply(path), message));
    }
  }

  /**
   * Adds a problem with a value that has no text because of it, so that what is wrong with the text
   * is no second problem: others at the same place are left out.
   */
  public void addUnreadable(Location location, String path, String message) {
    add(location, path, message);
    if (!isFull()) {
      found.unreadable.add(location);
    }
  }

  /**
   * Adds that a name is not one of those that are known. Names the one that was probably meant, or
   * else the first of those that are known.
   *
   * @param what is wrong with it, such as {@code unknown option}
   * @param name as written
   * @param known in the order in which they are most likely
   */
  public void addUnknown(
      Location location, String path, String what, String name, Collection<String> known) {
    add(location, path, found.count >= MOST ? what : what + Suggestion.instead(name, known));
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
    return found.count + found.hidden;
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
