package io.upstream4j.discovery.dns;

/** What happens to the backends of a name that no longer has records. */
enum OnEmpty {
  /** They are kept, as when no server answers. */
  KEEP,
  /** They are removed. */
  DRAIN
}
