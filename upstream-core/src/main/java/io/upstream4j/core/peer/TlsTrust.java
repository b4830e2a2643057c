package io.upstream4j.core.peer;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The trusted authorities, in place of those of the Java runtime. Immutable. Two instances are
 * equal when the certificates are, whichever files they came from.
 */
public final class TlsTrust {
  private final Path file;
  private final List<X509Certificate> authorities;
  private final int hash;

  private TlsTrust(Path file, List<X509Certificate> authorities) {
    this.file = file;
    this.authorities = authorities;
    this.hash = authorities.hashCode();
  }

  /**
   * Reads the certificates of one or more authorities. Blocks.
   *
   * @param file a PEM file
   * @throws IOException when the file cannot be read or has no certificate; the message names the
   *     file and the reason
   */
  public static TlsTrust read(Path file) throws IOException {
    return new TlsTrust(requireNonNull(file, "file"), PemFiles.certificates(file));
  }

  /** Returns the file of the certificates. */
  public Path file() {
    return file;
  }

  /** Returns the certificates of the authorities. */
  public List<X509Certificate> authorities() {
    return authorities;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof TlsTrust that
            && hash == that.hash
            && authorities.equals(that.authorities));
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public String toString() {
    return "the authorities of " + file;
  }
}
