package io.upstream4j.core.peer;

import static java.util.Objects.requireNonNull;

/**
 * How a connection is encrypted.
 *
 * @param serverName sent in the handshake, and what the certificate must be for; {@value
 *     #REQUEST_HOST} stands for the host of a backend that a strategy made from a request
 * @param verifyCertificate whether the certificate's chain must lead to a trusted authority
 * @param verifyHostname whether the certificate must be for {@code serverName}
 */
public record TlsOptions(String serverName, boolean verifyCertificate, boolean verifyHostname) {
  /** In place of the server name: the host that the request is for. */
  public static final String REQUEST_HOST = "$host";

  /** Checks the components. */
  public TlsOptions {
    requireNonNull(serverName, "serverName");
  }

  /** The same with another server name. */
  public TlsOptions withServerName(String name) {
    return new TlsOptions(name, verifyCertificate, verifyHostname);
  }
}
