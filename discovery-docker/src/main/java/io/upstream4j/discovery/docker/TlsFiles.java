package io.upstream4j.discovery.docker;

import com.github.dockerjava.transport.SSLConfig;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * The TLS files of Docker's own client: {@code ca.pem} (trusted certificates), {@code cert.pem} and
 * {@code key.pem} (the client's identity).
 *
 * @param folder their folder; they are read for each connection to an engine
 */
record TlsFiles(Path folder) implements SSLConfig {
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----");

  /** Thrown when the files cannot be used. */
  static final class UnusableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnusableException(String message, Exception cause) {
      super(message, cause);
    }
  }

  @Override
  public SSLContext getSSLContext() {
    try {
      KeyStore keys = KeyStore.getInstance("PKCS12");
      keys.load(null, null);
      keys.setKeyEntry("key", key(), new char[0], certificates("cert.pem"));
      KeyManagerFactory identity =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      identity.init(keys, new char[0]);
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      Certificate[] authorities = certificates("ca.pem");
      for (int i = 0; i < authorities.length; i++) {
        trusted.setCertificateEntry("ca" + i, authorities[i]);
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(identity.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (NoSuchFileException e) {
      throw new UnusableException(
          folder + ": no file " + folder.relativize(Path.of(e.getFile())), e);
    } catch (IOException | GeneralSecurityException e) {
      throw new UnusableException(folder + ": " + e.getMessage(), e);
    }
  }

  private Certificate[] certificates(String name) throws IOException, GeneralSecurityException {
    Path file = folder.resolve(name);
    Collection<? extends Certificate> all =
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file)));
    if (all.isEmpty()) {
      throw new IOException(name + " has no certificate (expected: PEM)");
    }
    return all.toArray(Certificate[]::new);
  }

  private PrivateKey key() throws IOException, GeneralSecurityException {
    String text = Files.readString(folder.resolve("key.pem"), StandardCharsets.ISO_8859_1);
    Matcher pem = KEY.matcher(text);
    if (!pem.find()) {
      throw new IOException(
          "key.pem has no key in PKCS #8 (expected: BEGIN PRIVATE KEY, as of openssl pkcs8 -topk8"
              + " -nocrypt)");
    }
    PKCS8EncodedKeySpec spec =
        new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group(1)));
    for (String algorithm : List.of("RSA", "EC", "Ed25519")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
      } catch (InvalidKeySpecException e) {
        // Not a key of this kind; try the next one.
      }
    }
    throw new IOException("key.pem has a key of an unknown kind (expected: RSA, EC or Ed25519)");
  }
}
