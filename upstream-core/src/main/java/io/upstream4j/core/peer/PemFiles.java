package io.upstream4j.core.peer;

import io.upstream4j.api.option.FileErrors;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads certificates and keys from PEM files (RFC 7468). Blocks. */
final class PemFiles {
  private static final int MAX_BYTES = 1 << 20;
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");

  private PemFiles() {}

  /** Returns the certificates of a file in order, at least one. */
  static List<X509Certificate> certificates(Path file) throws IOException {
    List<X509Certificate> certificates = new ArrayList<>();
    Matcher block = BLOCK.matcher(text(file));
    while (block.find()) {
      if (block.group(1).equals("CERTIFICATE")) {
        certificates.add(certificate(file, certificates.size() + 1, block.group(2)));
      }
    }
    if (certificates.isEmpty()) {
      throw new IOException(
          file + ": no certificate (expected: PEM, -----BEGIN CERTIFICATE----- and so on)");
    }
    return List.copyOf(certificates);
  }

  private static X509Certificate certificate(Path file, int number, String base64)
      throws IOException {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(decode(base64)));
    } catch (CertificateException | IllegalArgumentException e) {
      throw new IOException(
          file + ": certificate " + number + " cannot be read: " + e.getMessage(), e);
    }
  }

  /** Returns the only key of a file. */
  static PrivateKey key(Path file) throws IOException {
    Matcher block = BLOCK.matcher(text(file));
    String other = null;
    while (block.find()) {
      if (block.group(1).equals("PRIVATE KEY")) {
        return key(file, block.group(2));
      }
      if (block.group(1).endsWith("PRIVATE KEY")) {
        other = block.group(1);
      }
    }
    throw new IOException(
        file
            + ": "
            + (other == null ? "no private key" : "a key in the form " + other)
            + " (expected: -----BEGIN PRIVATE KEY-----, PKCS #8 without a password, as of openssl"
            + " pkcs8 -topk8 -nocrypt)");
  }

  private static PrivateKey key(Path file, String base64) throws IOException {
    PKCS8EncodedKeySpec spec;
    try {
      spec = new PKCS8EncodedKeySpec(decode(base64));
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": the key cannot be read: " + e.getMessage(), e);
    }
    for (String algorithm : List.of("EC", "RSA", "EdDSA")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
      } catch (InvalidKeySpecException e) {
        // Not a key of this kind; try the next one.
      } catch (NoSuchAlgorithmException e) {
        throw new IOException(file + ": " + e.getMessage(), e);
      }
    }
    throw new IOException(
        file + ": a key of an unknown kind (expected: EC, RSA, Ed25519 or Ed448, in PKCS #8)");
  }

  private static byte[] decode(String base64) {
    return Base64.getMimeDecoder().decode(base64);
  }

  private static String text(Path file) throws IOException {
    try {
      if (Files.isDirectory(file)) {
        throw new IOException(file + ": a folder (expected: a file of PEM)");
      }
      long size = Files.size(file);
      if (size > MAX_BYTES) {
        throw new IOException(
            file + ": " + size + " bytes (expected: PEM of at most " + MAX_BYTES + ")");
      }
      return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      throw new IOException(file + ": no such file (expected: a file of PEM)", e);
    } catch (java.nio.file.FileSystemException e) {
      throw new IOException(file + ": " + FileErrors.reason(e), e);
    }
  }
}
