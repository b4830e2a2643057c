package io.upstream4j.discovery.docker;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Parses signals as engines and images write them: {@code 28}, {@code SIGWINCH}, {@code RTMIN+3}.
 */
final class StopSignal {
  /** The result for a text that is not a signal. */
  static final int NONE = 0;

  /** Linux's names of the signals from 1; the engine knows no others. */
  private static final List<String> NAMES =
      List.of(
          "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
          "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
          "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS");

  private static final int REAL_TIME_MIN = 34;
  private static final int REAL_TIME_MAX = 64;
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,2}");
  private static final Pattern REAL_TIME = Pattern.compile("RTM(IN|AX)(?:[+-]([0-9]{1,2}))?");

  private StopSignal() {}

  /** Returns the number of a signal, or {@link #NONE}. */
  static int number(String text) {
    if (NUMBER.matcher(text).matches()) {
      return Integer.parseInt(text);
    }
    String upper = text.toUpperCase(Locale.ROOT);
    String name = upper.startsWith("SIG") ? upper.substring(3) : upper;
    Matcher realTime = REAL_TIME.matcher(name);
    if (realTime.matches()) {
      int distance = realTime.group(2) == null ? 0 : Integer.parseInt(realTime.group(2));
      return name.startsWith("RTMIN") ? REAL_TIME_MIN + distance : REAL_TIME_MAX - distance;
    }
    return NAMES.indexOf(name) + 1;
  }
}
