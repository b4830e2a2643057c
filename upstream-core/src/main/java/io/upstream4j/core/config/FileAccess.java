package io.upstream4j.core.config;

/** Whether a configuration may name files of this machine. */
enum FileAccess {
  /** It is of this machine itself. */
  PERMITTED,
  /** It came from elsewhere. */
  REFUSED
}
