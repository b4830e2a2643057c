package io.upstream4j.core.peer;

/** The versions of HTTP that a connection may speak. */
public enum Alpn {
  /** HTTP/1.1 only. */
  H1,
  /** HTTP/2 only; without TLS by prior knowledge. */
  H2,
  /** HTTP/2 when the peer offers it in the TLS handshake, else HTTP/1.1. */
  H2H1
}
