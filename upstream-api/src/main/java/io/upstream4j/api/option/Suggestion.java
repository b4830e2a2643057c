package io.upstream4j.api.option;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Suggests a known name for an unknown one. */
public final class Suggestion {
  /** Longer names are not typing errors. */
  private static final int MAX_NAME = 200;

  // A comparison costs the product of the lengths, and there may be thousands of known names.
  private static final long MAX_STEPS = 1_000_000;
  private static final int MAX_COMPARED = 1_000;
  private static final int MAX_LISTED = 90;

  private Suggestion() {}

  /**
   * Returns the known name closest to {@code name} by edit distance, provided that at most a third
   * of the longer name's letters differ. The time is bounded: of thousands of names, only the first
   * are compared.
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
   * Returns whether {@code name} is almost certainly a misspelling of {@code known}: at most two
   * letters differ, and at most one in six. Case, separators of words and a plural are ignored.
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

  /** Returns {@code ; did you mean "x"?}, or an empty string. To be appended to a message. */
  public static String hint(String name, Collection<String> known) {
    return closest(name, known).map(best -> "; did you mean \"" + best + "\"?").orElse("");
  }

  /**
   * Returns what to write instead of an unknown name, to be appended to a message: {@code ; did you
   * mean "x"?}, or {@code (expected: one of x, y, z)} with as many names as fit on a line.
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

  /**
   * The Damerau-Levenshtein distance: a transposition of two adjacent letters counts as one edit.
   */
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
