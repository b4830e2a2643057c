package io.upstream4j.distribution.gateway;

/** Receives the records of completed requests. */
public interface AccessSink {
  /**
   * Records a request.
   *
   * @implSpec Called by several event loops at the same time; must not block.
   */
  void log(AccessRecord record);

  /** Returns the number of lost records, because the queue was full or writing failed. */
  long lost();
}
