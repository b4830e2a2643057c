package io.upstream4j.api.option;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Statuses of responses, from one to another.
 *
 * @param first 200 to 599
 * @param last {@code first} to 599
 */
public record StatusRange(int first, int last) {
  /** What a range looks like. */
  public static final String EXPECTED = "a status or a range of 200 to 599, such as 204 or 200-299";

  private static final int LEAST = 200;
  private static final int GREATEST = 599;
  private static final Pattern TEXT = Pattern.compile("([2-5][0-9]{2})(?:-([2-5][0-9]{2}))?");

  /** Checks the components. */
  public StatusRange {
    if (first < LEAST || last > GREATEST || last < first) {
      throw new IllegalArgumentException(first + "-" + last + " (expected: " + EXPECTED + ")");
    }
  }

  /**
   * Reads {@code 204} or {@code 200-299}.
   *
   * @throws IllegalArgumentException when it is something else
   */
  public static StatusRange parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException();
    }
    int first = Integer.parseInt(matcher.group(1));
    int last = matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2));
    if (last < first) {
      throw new IllegalArgumentException("ends before it begins (expected: " + EXPECTED + ")");
    }
    return new StatusRange(first, last);
  }

  /** Whether a status lies in it. */
  public boolean contains(int status) {
    return status >= first && status <= last;
  }

  /** The form that {@link #parse} reads. */
  @Override
  public String toString() {
    return first == last ? String.valueOf(first) : first + "-" + last;
  }
}
