package io.upstream4j.health.http;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Statuses of responses, from one to another.
 *
 * @param first 200 to 599
 * @param last {@code first} to 599
 */
record StatusRange(int first, int last) {
  static final String EXPECTED = "a status or a range of 200 to 599, such as 204 or 200-299";

  private static final Pattern TEXT = Pattern.compile("([2-5][0-9]{2})(?:-([2-5][0-9]{2}))?");

  /**
   * Reads {@code 204} or {@code 200-299}.
   *
   * @throws IllegalArgumentException when it is something else
   */
  static StatusRange parse(String text) {
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

  boolean contains(int status) {
    return status >= first && status <= last;
  }

  @Override
  public String toString() {
    return first == last ? String.valueOf(first) : first + "-" + last;
  }
}
