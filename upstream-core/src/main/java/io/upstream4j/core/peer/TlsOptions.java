package io.upstream4j.core.peer;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How a connection is encrypted. Connections and sessions are shared only if all options are equal,
 * including the content of the certificates.
 *
 * @param serverName the name sent in the handshake, for which the certificate must be valid unless
 *     {@code verifyName} is set; {@value #REQUEST_HOST} stands for the host of each request. A
 *     trailing dot is removed.
 * @param verifyCertificate whether the certificate's chain must lead to a trusted authority
 * @param verifyHostname whether the certificate must be valid for the name
 * @param verifyName the name for which the certificate must be valid, if it is not {@code
 *     serverName}
 * @param trust the trusted authorities; empty for those of the Java runtime
 * @param identity the client certificate, for servers that request one; empty for none
 * @param protocols the versions of TLS, such as {@code TLSv1.3}; empty for the runtime's default
 * @param ciphers the cipher suites by their Java names; empty for the runtime's default
 */
public record TlsOptions(
    String serverName,
    boolean verifyCertificate,
    boolean verifyHostname,
    Optional<String> verifyName,
    Optional<TlsTrust> trust,
    Optional<TlsIdentity> identity,
    List<String> protocols,
    List<String> ciphers) {
  /** The server name that stands for the host of each request. */
  public static final String REQUEST_HOST = "$host";

  /** Checks the components. */
  public TlsOptions {
    serverName = withoutDot(requireNonNull(serverName, "serverName"));
    requireNonNull(verifyName, "verifyName");
    requireNonNull(trust, "trust");
    requireNonNull(identity, "identity");
    protocols = List.copyOf(protocols);
    ciphers = List.copyOf(ciphers);
  }

  /**
   * Creates options with the runtime's authorities, protocols and ciphers, and without a client
   * certificate.
   */
  public TlsOptions(String serverName, boolean verifyCertificate, boolean verifyHostname) {
    this(
        serverName,
        verifyCertificate,
        verifyHostname,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        List.of());
  }

  /** Removes the dot of the root, which a server name must not have (RFC 6066, section 3). */
  private static String withoutDot(String name) {
    return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
  }

  /** Returns whether the server name is the host of each request. */
  public boolean isOfRequest() {
    return serverName.equals(REQUEST_HOST);
  }

  /** Returns a copy with another server name. */
  public TlsOptions withServerName(String name) {
    return new TlsOptions(
        name, verifyCertificate, verifyHostname, verifyName, trust, identity, protocols, ciphers);
  }

  /** Returns the files from which the certificates and the key were read. */
  public List<Path> files() {
    List<Path> files = new ArrayList<>();
    trust.ifPresent(read -> files.add(read.file()));
    identity.ifPresent(
        read -> {
          files.add(read.certificateFile());
          files.add(read.keyFile());
        });
    return List.copyOf(files);
  }
}
