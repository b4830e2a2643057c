package io.upstream4j.distribution;

/** The exit statuses of the command. */
final class ExitStatus {
  /** Done; nothing is wrong. */
  static final int OK = 0;

  /** The command ran, and something is down or could not be done. */
  static final int FAILED = 1;

  /** The arguments or the configuration are wrong; nothing was done. */
  static final int WRONG = 2;

  private ExitStatus() {}
}
