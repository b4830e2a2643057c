package io.upstream4j.api.option;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Finds what a user may have meant by a name that is not known. */
public final class Suggestion {
  /** Nobody misspells a name that long. */
  private static final int MAX_NAME = 200;

  // A comparison takes the product of the lengths; what is known may be thousands of names.
  private static final long MAX_STEPS = 1_000_000;
  private static final int MAX_COMPARED = 1_000;
  private static final int MAX_LISTED = 90;

  private Suggestion() {}

  /**
   * The known name closest to {@code name} by edit distance, when it is close enough to be a slip:
   * at most a third of the longer name's letters differ. Takes a bounded time: among thousands of
   * names, only the first are compared.
   */
  public static Optional<String> closest(String name, Collection<String> known) {
    if (name.length() > MAX_NAME) {
      return Optional.empty();
    }
    String best = null;
    int least = Integer.MAX_VALUE;
    long steps = 0;
    for (String candidate : known) {
      int longer = Math.max(name.length(), candidate.length());
      int difference = Math.abs(name.length() - candidate.length());
      steps += difference > slips(longer) ? 1 : (long) name.length() * candidate.length();
      if (steps > MAX_STEPS) {
        break;
      }
      if (difference > slips(longer)) {
        continue;
      }
      int distance = distance(name.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT));
      if (distance < least) {
        least = distance;
        best = candidate;
      }
    }
    if (best == null || least > slips(Math.max(name.length(), best.length()))) {
      return Optional.empty();
    }
    return Optional.of(best);
  }

  /**
   * Whether {@code name} can hardly be anything but a slip for {@code known}: at most two letters
   * differ, and one in six, however its words are joined. A plural counts.
   */
  public static boolean isSlip(String name, String known) {
    String plain = plain(name);
    String right = plain(known);
    int longer = Math.max(plain.length(), right.length());
    return longer <= MAX_NAME
        && (plain.equals(right + "s") || distance(plain, right) <= Math.min(2, longer / 6));
  }

  private static String plain(String name) {
    return name.toLowerCase(Locale.ROOT).replace("_", "").replace("-", "");
  }

  private static int slips(int length) {
    return Math.max(1, length / 3);
  }

  /** {@code ; did you mean "x"?}, or nothing. To be put behind a message. */
  public static String hint(String name, Collection<String> known) {
    return closest(name, known).map(best -> "; did you mean \"" + best + "\"?").orElse("");
  }

  /**
   * What to write instead of a name that is not known, to be put behind a message: {@code ; did you
   * mean "x"?}, or {@code (expected: one of x, y, z)} with as many as fit into a line.
   */
  public static String instead(String name, Collection<String> known) {
    String hint = hint(name, known);
    if (!hint.isEmpty()) {
      return hint;
    }
    List<String> longer =
        known.stream().limit(MAX_COMPARED).filter(each -> each.startsWith(name + "_")).toList();
    return " (expected: " + listed(longer.isEmpty() ? known : longer) + ")";
  }

  private static String listed(Collection<String> known) {
    if (known.isEmpty()) {
      return "none";
    }
    StringBuilder list = new StringBuilder(known.size() == 1 ? "" : "one of ");
    int named = 0;
    for (String each : known) {
      if (named > 0 && list.length() + each.length() > MAX_LISTED) {
        return list + " and " + (known.size() - named) + " more";
      }
      list.append(named == 0 ? "" : ", ").append(each);
      named++;
    }
    return list.toString();
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
