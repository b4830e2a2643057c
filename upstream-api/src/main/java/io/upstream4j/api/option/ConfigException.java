package io.upstream4j.api.option;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Thrown when a configuration has problems; nothing of it was applied. The message lists every
 * problem on a line of its own, up to the first {@link Problems#MOST}. If there are several, its
 * last line gives their number.
 */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<Problem> problems;

  /**
   * Creates the exception.
   *
   * @param problems at least one problem
   */
  public ConfigException(List<Problem> problems) {
    this(problems, message(problems));
  }

  private ConfigException(List<Problem> problems, String message) {
    super(message);
    this.problems = List.copyOf(problems);
  }

  /** Creates the exception for a configuration that has more problems than {@code problems}. */
  static ConfigException ofFirst(List<Problem> problems) {
    return new ConfigException(
        problems, lines(problems) + "\nmore than " + problems.size() + " configuration problems");
  }

  /** Returns the problems, ordered by line. */
  public List<Problem> problems() {
    return problems;
  }

  /** Lists the problems before their number, so that the first line is one to act on. */
  private static String message(List<Problem> problems) {
    if (problems.isEmpty()) {
      throw new IllegalArgumentException("problems: none (expected: at least one)");
    }
    return problems.size() == 1
        ? lines(problems)
        : lines(problems) + "\n" + problems.size() + " configuration problems";
  }

  private static String lines(List<Problem> problems) {
    return problems.stream().map(Problem::toString).collect(Collectors.joining("\n"));
  }
}
