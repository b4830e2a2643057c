package io.upstream4j.distribution;

import io.upstream4j.core.peer.TlsIdentity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The address for TLS clients.
 *
 * @param address the address
 * @param certificate the file of the certificate and the intermediate certificates
 * @param key the file of its key
 */
record TlsListen(ListenAddress address, Path certificate, Path key) {
  List<Path> files() {
    return List.of(certificate, key);
  }

  /** Reads both files. */
  TlsIdentity identity() {
    try {
      return TlsIdentity.read(certificate, key);
    } catch (IOException e) {
      throw new UnusableException(e);
    }
  }

  /** Thrown when the files cannot be used. */
  static final class UnusableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnusableException(IOException cause) {
      super(cause.getMessage(), cause);
    }
  }
}
