package io.upstream4j.core.peer;

/** The versions of HTTP that a connection may use. */
public enum Alpn {
  /** HTTP/1.1 only. */
  H1,
  /** HTTP/2 only; with prior knowledge without TLS. */
  H2,
  /** HTTP/2 if the peer selects it in the TLS handshake, else HTTP/1.1. */
  H2H1
}
