package io.upstream4j.api.option;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The configuration is wrong; nothing of it was applied. Its message lists every problem, or the
 * first {@link Problems#MOST}.
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
        problems,
        "more than "
            + message(problems)
            + "\n  … and more: only the first "
            + problems.size()
            + " are shown");
  }

  /** What is wrong, in the order of the file's lines. */
  public List<Problem> problems() {
    return problems;
  }

  private static String message(List<Problem> problems) {
    if (problems.isEmpty()) {
      throw new IllegalArgumentException("problems: none (expected: at least one)");
    }
    String heading =
        problems.size() == 1
            ? "1 configuration problem:"
            : problems.size() + " configuration problems:";
    return problems.stream()
        .map(problem -> "\n  " + problem)
        .collect(Collectors.joining("", heading, ""));
  }
}
