package io.upstream4j.distribution.gateway;

/** Takes note of requests that are over. */
public interface AccessSink {
  /**
   * Takes one.
   *
   * @implSpec Called on the event loops, by several at once: must not block.
   */
  void log(AccessRecord record);

  /** How many were lost: there was no room for them, or they could not be written. */
  long lost();
}
