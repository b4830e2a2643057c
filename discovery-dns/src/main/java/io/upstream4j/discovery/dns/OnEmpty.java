package io.upstream4j.discovery.dns;

/** What becomes of the backends of a name that has no records any more. */
enum OnEmpty {
  /** They stay, as when no server answers. */
  KEEP,
  /** They go: the answer is believed. */
  DRAIN
}
