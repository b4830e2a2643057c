package io.upstream4j.api.option;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** Finds what a user may have meant by a name that is not known. */
public final class Suggestion {
  /** Nobody misspells a name that long, and comparing takes the product of the lengths. */
  private static final int MAX_NAME = 200;

  private Suggestion() {}

  /**
   * The known name closest to {@code name} by edit distance, when it is close enough to be a slip:
   * at most a third of the longer name's letters differ.
   */
  public static Optional<String> closest(String name, Collection<String> known) {
    if (name.length() > MAX_NAME) {
      return Optional.empty();
    }
    String best = null;
    int least = Integer.MAX_VALUE;
    for (String candidate : known) {
      int distance = distance(name.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT));
      if (distance < least) {
        least = distance;
        best = candidate;
      }
    }
    if (best == null || least > Math.max(1, Math.max(name.length(), best.length()) / 3)) {
      return Optional.empty();
    }
    return Optional.of(best);
  }

  /** {@code ; did you mean "x"?}, or nothing. To be put behind a message. */
  public static String hint(String name, Collection<String> known) {
    return closest(name, known).map(best -> "; did you mean \"" + best + "\"?").orElse("");
  }

  /** Levenshtein's distance, with two letters that changed places as one slip. */
  private static int distance(String from, String to) {
    int[][] table = new int[from.length() + 1][to.length() + 1];
    for (int i = 0; i <= from.length(); i++) {
      for (int j = 0; j <= to.length(); j++) {
        table[i][j] = i == 0 || j == 0 ? i + j : step(table, from, to, i, j);
      }
    }
    return table[from.length()][to.length()];
  }

  private static int step(int[][] table, String from, String to, int i, int j) {
    char a = from.charAt(i - 1);
    char b = to.charAt(j - 1);
    int least =
        Math.min(
            table[i - 1][j - 1] + (a == b ? 0 : 1), 1 + Math.min(table[i - 1][j], table[i][j - 1]));
    boolean swapped = i > 1 && j > 1 && a == to.charAt(j - 2) && b == from.charAt(i - 2);
    return swapped ? Math.min(least, table[i - 2][j - 2] + 1) : least;
  }
}
