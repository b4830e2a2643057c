package io.upstream4j.api.option;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A range of HTTP status codes.
 *
 * @param first the first status, 200 to 599
 * @param last the last status, {@code first} to 599
 */
public record StatusRange(int first, int last) {
  /** The accepted form, for messages. */
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
   * Parses {@code 204} or {@code 200-299}.
   *
   * @throws IllegalArgumentException when the text has another form
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

  /** Returns whether the range contains {@code status}. */
  public boolean contains(int status) {
    return status >= first && status <= last;
  }

  /** Returns the form that {@link #parse} reads. */
  @Override
  public String toString() {
    return first == last ? String.valueOf(first) : first + "-" + last;
  }
}
