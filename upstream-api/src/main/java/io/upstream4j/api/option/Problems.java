package io.upstream4j.api.option;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Collects the problems of a configuration, so that a user sees all of them at once. Not
 * thread-safe.
 *
 * <p>Keeps the first {@link #MOST} problems, each of a bounded length, so half a megabyte at most.
 * Beyond that it only counts, and readers stop once it {@linkplain #isFull() is full}.
 */
public final class Problems {
  /** The number of problems that are kept. */
  public static final int MOST = 100;

  /** The problems, shared by the views that {@link #withPaths} creates. */
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

  /** Returns a view of this collection for a reader whose paths differ from what the user wrote. */
  public Problems withPaths(UnaryOperator<String> asWritten) {
    return new Problems(found, path -> paths.apply(asWritten.apply(path)));
  }

  /** Adds a problem, or only counts it when {@link #MOST} are kept already. */
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
   * Adds a problem with a value whose text is unknown because of it. Further problems at the same
   * location are left out, as they would follow from this one.
   */
  public void addUnreadable(Location location, String path, String message) {
    add(location, path, message);
    if (!isFull()) {
      found.unreadable.add(location);
    }
  }

  /**
   * Adds a problem with an unknown name. Suggests the name that was probably meant, or else lists
   * the first known names.
   *
   * @param what the kind of problem, such as {@code unknown option}
   * @param name the name as written
   * @param known the known names, the likeliest first
   */
  public void addUnknown(
      Location location, String path, String what, String name, Collection<String> known) {
    add(location, path, found.count >= MOST ? what : what + Suggestion.instead(name, known));
  }

  /** Returns whether there is no problem so far. */
  public boolean isEmpty() {
    return found.count == 0;
  }

  /** Returns whether there are more problems than are kept, so that readers can stop. */
  public boolean isFull() {
    return found.count > MOST;
  }

  /** Returns the number of problems found so far, including those that were not kept. */
  public int size() {
    return found.count + found.hidden;
  }

  /** Returns the kept problems, ordered by line. */
  public List<Problem> list() {
    return found.kept.stream()
        .sorted(
            Comparator.comparing((Problem problem) -> problem.location().source())
                .thenComparingInt(problem -> problem.location().line())
                .thenComparingInt(problem -> problem.location().column()))
        .toList();
  }

  /**
   * Throws if there are problems.
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
