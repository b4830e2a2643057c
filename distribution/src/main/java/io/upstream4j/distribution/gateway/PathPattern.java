package io.upstream4j.distribution.gateway;

import java.util.regex.Pattern;

/**
 * A regular expression over paths, whose cost has a bound: expressions that backtrack may take
 * exponential time for a path that a client chose. Immutable.
 */
final class PathPattern {
  /** Looks at a character: two for each of the longest path, and more for short ones. */
  private static final int MAX_STEPS = 32_768;

  private final Pattern pattern;

  PathPattern(String regex) {
    this.pattern = Pattern.compile(regex);
  }

  /**
   * Whether the expression is found in a path.
   *
   * @throws TooCostlyException when that would take too long to tell
   */
  boolean isFoundIn(String path) {
    try {
      return pattern.matcher(new Counted(path, 0, path.length(), new Steps())).find();
    } catch (StackOverflowError e) { // alternatives within a repetition take a frame for each round
      throw new TooCostlyException();
    }
  }

  /** The expression takes more steps than a request may cost. Without a stack trace. */
  static final class TooCostlyException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooCostlyException() {
      super("too costly to match", null, false, false);
    }
  }

  private static final class Steps {
    private int left = MAX_STEPS;

    void take() {
      if (--left < 0) {
        throw new TooCostlyException();
      }
    }
  }

  /** Text that counts how often it is looked at. */
  private record Counted(String text, int start, int end, Steps steps) implements CharSequence {
    @Override
    public int length() {
      return end - start;
    }

    @Override
    public char charAt(int index) {
      steps.take();
      return text.charAt(start + index);
    }

    @Override
    public CharSequence subSequence(int from, int to) {
      return new Counted(text, start + from, start + to, steps);
    }

    @Override
    public String toString() {
      return text.substring(start, end);
    }
  }
}
