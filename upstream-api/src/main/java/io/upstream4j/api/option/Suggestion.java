package io.upstream4j.api.option;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** Finds what a user may have meant by a name that is not known. */
public final class Suggestion {
  private Suggestion() {}

  /**
   * The known name closest to {@code name} by edit distance, when it is close enough to be a slip:
   * at most a third of the longer name's letters differ.
   */
  public static Optional<String> closest(String name, Collection<String> known) {
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

  /** Levenshtein's distance, with one row of the table at a time. */
  private static int distance(String from, String to) {
    int[] row = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int substitution = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substitution, 1 + Math.min(row[j - 1], row[j]));
      }
    }
    return row[to.length()];
  }
}
