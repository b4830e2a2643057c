package io.upstream4j.api.option;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The configuration is wrong; nothing of it was applied. Its message lists every problem, or the
 * first {@link Problems#MOST}, one a line, and below several how many there are.
 */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<Problem> problems;

  /**
   * Creates the exception.
   *
   * @param problems at least one
   */
  public ConfigException(List<Problem> problems) {
    this(problems, message(problems));
  }

  private ConfigException(List<Problem> problems, String message) {
    super(message);
    this.problems = List.copyOf(problems);
  }

  /** Of a configuration that has more problems than these. */
  static ConfigException ofFirst(List<Problem> problems) {
    return new ConfigException(
        problems, lines(problems) + "\nmore than " + problems.size() + " configuration problems");
  }

  /** What is wrong, in the order of the file's lines. */
  public List<Problem> problems() {
    return problems;
  }

  /** The problems first, so that the first line says what to do. */
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
