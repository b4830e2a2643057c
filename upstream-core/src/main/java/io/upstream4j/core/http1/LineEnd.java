package io.upstream4j.core.http1;

/** What ends a line of a message (RFC 9112, 2.2). */
public enum LineEnd {
  /**
   * CR LF alone. For requests: a server behind that reads lines in another way would see another
   * request.
   */
  CR_LF,
  /**
   * CR LF, or a bare LF. For responses, which are written anew for the client: all readers agree
   * that an LF ends a line, and some servers send nothing else.
   */
  LF
}
