package io.upstream4j.distribution;

/** The exit statuses of the command. */
final class ExitStatus {
  /** Success. */
  static final int OK = 0;

  /** The command ran, but something is down or could not be done. */
  static final int FAILED = 1;

  /** The arguments or the configuration are not valid; nothing was done. */
  static final int WRONG = 2;

  private ExitStatus() {}
}
