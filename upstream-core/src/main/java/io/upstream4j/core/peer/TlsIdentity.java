package io.upstream4j.core.peer;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The identity of one side of a TLS connection: a certificate and its key. Immutable. Two
 * identities are equal when both are, whichever files they came from.
 */
public final class TlsIdentity {
  private static final byte[] PROOF = new byte[32];

  private final Path certificateFile;
  private final Path keyFile;
  private final List<X509Certificate> chain;
  private final PrivateKey key;

  private TlsIdentity(
      Path certificateFile, Path keyFile, List<X509Certificate> chain, PrivateKey key) {
    this.certificateFile = certificateFile;
    this.keyFile = keyFile;
    this.chain = chain;
    this.key = key;
  }

  /**
   * Reads a certificate and its key. Blocks.
   *
   * @param certificate a PEM file: the certificate first, then the intermediate certificates
   * @param key a PEM file: an EC, RSA or EdDSA key in PKCS #8, without a password
   * @throws IOException when a file cannot be read or the key does not belong to the certificate;
   *     the message names the file and the reason
   */
  public static TlsIdentity read(Path certificate, Path key) throws IOException {
    requireNonNull(certificate, "certificate");
    requireNonNull(key, "key");
    List<X509Certificate> chain = PemFiles.certificates(certificate);
    PrivateKey read = PemFiles.key(key);
    if (!isPair(chain.get(0), read)) {
      throw new IOException(
          key
              + ": not the key of the first certificate of "
              + certificate
              + ", subject "
              + chain.get(0).getSubjectX500Principal().getName()
              + " (expected: a pair)");
    }
    return new TlsIdentity(certificate, key, chain, read);
  }

  private static boolean isPair(X509Certificate certificate, PrivateKey key) throws IOException {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "EC" -> "SHA256withECDSA";
          case "RSA" -> "SHA256withRSA";
          default -> key.getAlgorithm();
        };
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      signature.update(PROOF);
      byte[] signed = signature.sign();
      signature.initVerify(certificate.getPublicKey());
      signature.update(PROOF);
      return signature.verify(signed);
    } catch (java.security.InvalidKeyException | java.security.SignatureException e) {
      return false; // keys of different kinds
    } catch (GeneralSecurityException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** Returns the file of the certificate. */
  public Path certificateFile() {
    return certificateFile;
  }

  /** Returns the file of the key. */
  public Path keyFile() {
    return keyFile;
  }

  /** Returns the certificate, followed by the intermediate certificates. */
  public List<X509Certificate> chain() {
    return chain;
  }

  /** Returns the certificate's key. */
  public PrivateKey key() {
    return key;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof TlsIdentity that
            && chain.equals(that.chain)
            && MessageDigest.isEqual(key.getEncoded(), that.key.getEncoded()));
  }

  @Override
  public int hashCode() {
    return chain.hashCode();
  }

  /** Returns a description with the file's name; never prints the key. */
  @Override
  public String toString() {
    return "the certificate of " + certificateFile;
  }
}
