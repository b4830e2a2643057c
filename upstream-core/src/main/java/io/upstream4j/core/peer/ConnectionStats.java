package io.upstream4j.core.peer;

/**
 * The pool of connections to one peer at one moment. Counts are since the pool was made.
 *
 * @param opened connections that were opened
 * @param failed connections that could not be opened
 * @param reused times a pooled connection served another request
 * @param closed connections that were closed
 * @param idle connections that wait for a request now
 * @param inUse connections that serve a request now
 * @param pending requests that wait for a connection now
 */
public record ConnectionStats(
    long opened, long failed, long reused, long closed, int idle, int inUse, int pending) {
  /** A pool that nobody used yet. */
  public static final ConnectionStats NONE = new ConnectionStats(0, 0, 0, 0, 0, 0, 0);
}
