package io.upstream4j.core.peer;

import static java.util.Objects.requireNonNull;

/**
 * How a connection is encrypted.
 *
 * @param serverName sent in the handshake, and what the certificate must be for
 * @param verifyCertificate whether the certificate's chain must lead to a trusted authority
 * @param verifyHostname whether the certificate must be for {@code serverName}
 */
public record TlsOptions(String serverName, boolean verifyCertificate, boolean verifyHostname) {
  /** Checks the components. */
  public TlsOptions {
    requireNonNull(serverName, "serverName");
  }
}
