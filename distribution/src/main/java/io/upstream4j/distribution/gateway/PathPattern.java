package io.upstream4j.distribution.gateway;

import java.util.regex.Pattern;

/**
 * A regular expression over paths with bounded cost. Backtracking may otherwise take exponential
 * time for a path that a client chose. Immutable.
 */
final class PathPattern {
  /**
   * The greatest number of character reads: two per character of the longest path, more for shorter
   * ones.
   */
  private static final int MAX_STEPS = 32_768;

  private final Pattern pattern;

  PathPattern(String regex) {
    this.pattern = Pattern.compile(regex);
  }

  /**
   * Returns whether the path contains a match.
   *
   * @throws TooCostlyException when matching takes too many steps
   */
  boolean isFoundIn(String path) {
    try {
      return pattern.matcher(new Counted(path, 0, path.length(), new Steps())).find();
    } catch (StackOverflowError e) { // alternatives in a repetition use the stack
      throw new TooCostlyException();
    }
  }

  /** Thrown when the expression takes too many steps for a path. Has no stack trace. */
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

  /** A text that counts reads of its characters. */
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
