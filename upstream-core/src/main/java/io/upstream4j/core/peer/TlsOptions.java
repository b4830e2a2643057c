package io.upstream4j.core.peer;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How a connection is encrypted. Connections and sessions are shared only where all of it is equal,
 * the content of the certificates included.
 *
 * @param serverName sent in the handshake, and what the certificate must be for unless {@code
 *     verifyName} says otherwise; {@value #REQUEST_HOST} stands for the host of each request. A dot
 *     at its end is left out.
 * @param verifyCertificate whether the certificate's chain must lead to a trusted authority
 * @param verifyHostname whether the certificate must be for the name
 * @param verifyName what the certificate must be for, when that is not {@code serverName}
 * @param trust the trusted authorities; empty for those of the Java run-time
 * @param identity who we are, for servers that ask; empty for nobody
 * @param protocols the versions of TLS, such as {@code TLSv1.3}; empty for the run-time's choice
 * @param ciphers the cipher suites by their Java names; empty for the run-time's choice
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
  /** In place of the server name: the host that the request is for. */
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

  /** With the run-time's authorities, protocols and ciphers, and no identity. */
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

  /** Without the dot of the root, which no server name is sent with (RFC 6066, section 3). */
  private static String withoutDot(String name) {
    return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
  }

  /** Whether the server name is the host of each request. */
  public boolean isOfRequest() {
    return serverName.equals(REQUEST_HOST);
  }

  /** The same with another server name. */
  public TlsOptions withServerName(String name) {
    return new TlsOptions(
        name, verifyCertificate, verifyHostname, verifyName, trust, identity, protocols, ciphers);
  }

  /** The files that these were read from. */
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
