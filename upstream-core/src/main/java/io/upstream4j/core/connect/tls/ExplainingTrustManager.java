package io.upstream4j.core.connect.tls;

import io.upstream4j.core.peer.TlsOptions;
import io.upstream4j.core.peer.TlsTrust;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's checks, and for those that fail words that tell which one it was, what the certificate
 * says and what was expected.
 */
final class ExplainingTrustManager extends X509ExtendedTrustManager {
  private final X509ExtendedTrustManager checks;
  private final String authorities;
  private final @Nullable String name;

  private ExplainingTrustManager(
      X509ExtendedTrustManager checks, String authorities, @Nullable String name) {
    this.checks = checks;
    this.authorities = authorities;
    this.name = name;
  }

  /**
   * What options ask for, but for the check of {@code serverName}, which is the handshake's own.
   */
  static ExplainingTrustManager of(TlsOptions options) throws SSLException {
    TlsTrust trust = options.trust().orElse(null);
    String name = options.verifyHostname() ? options.verifyName().orElse(null) : null;
    return trust == null
        ? new ExplainingTrustManager(checks(null), "an authority in the trust store", name)
        : new ExplainingTrustManager(checks(store(trust)), "one of " + trust, name);
  }

  private static KeyStore store(TlsTrust trust) throws SSLException {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      for (int i = 0; i < trust.authorities().size(); i++) {
        store.setCertificateEntry("ca" + i, trust.authorities().get(i));
      }
      return store;
    } catch (GeneralSecurityException | IOException e) {
      throw new SSLException(trust + " cannot be used: " + e.getMessage(), e);
    }
  }

  private static X509ExtendedTrustManager checks(@Nullable KeyStore store) throws SSLException {
    try {
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      for (TrustManager manager : factory.getTrustManagers()) {
        if (manager instanceof X509ExtendedTrustManager extended) {
          return extended;
        }
      }
    } catch (GeneralSecurityException e) {
      throw new SSLException("the trust store could not be read: " + e.getMessage(), e);
    }
    throw new SSLException("this Java run-time has no X.509 checks");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    try {
      checks.checkServerTrusted(chain, authType, engine);
    } catch (CertificateException e) {
      throw new CertificateException(explain(e, chain, engine.getPeerHost()), e);
    }
    String expected = name;
    if (expected != null && !CertificateNames.include(chain[0], expected)) {
      throw new CertificateException(otherHost(chain[0], expected));
    }
  }

  private static String otherHost(X509Certificate certificate, @Nullable String expected) {
    return "certificate is for another host: "
        + names(certificate)
        + " (expected: \""
        + expected
        + "\")";
  }

  private String explain(
      CertificateException failure, X509Certificate[] chain, @Nullable String expectedName) {
    X509Certificate certificate = chain[0];
    if (find(failure, CertificateExpiredException.class)) {
      return "certificate expired on "
          + certificate.getNotAfter().toInstant()
          + " (expected: one that is valid now); "
          + names(certificate);
    }
    if (find(failure, CertificateNotYetValidException.class)) {
      return "certificate not valid before "
          + certificate.getNotBefore().toInstant()
          + " (expected: one that is valid now); "
          + names(certificate);
    }
    if (find(failure, CertPathBuilderException.class)) {
      boolean selfSigned =
          certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal());
      return (selfSigned ? "certificate is self-signed" : "certificate's issuer is not trusted: ")
          + (selfSigned ? "" : certificate.getIssuerX500Principal().getName())
          + " (expected: a chain to "
          + authorities
          + "); "
          + names(certificate);
    }
    String message = String.valueOf(failure.getMessage());
    if (message.startsWith("No ")) {
      return otherHost(certificate, expectedName);
    }
    return "certificate refused: " + message + "; " + names(certificate);
  }

  private static boolean find(Throwable failure, Class<? extends Throwable> type) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (type.isInstance(cause)) {
        return true;
      }
    }
    return false;
  }

  /** As openssl names them (RFC 5280, 4.2.1.6). */
  private static String kind(int kind) {
    return switch (kind) {
      case 1 -> "email";
      case 2 -> "DNS";
      case 4 -> "directory";
      case 6 -> "URI";
      case 7 -> "IP";
      default -> "other";
    };
  }

  private static String names(X509Certificate certificate) {
    String names = "subject " + certificate.getSubjectX500Principal().getName();
    try {
      Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
      return alternatives == null
          ? names + ", no alternative names"
          : names
              + ", alternative names "
              + alternatives.stream()
                  .map(name -> kind((Integer) name.get(0)) + ":" + name.get(1))
                  .collect(Collectors.joining(", "));
    } catch (CertificateParsingException e) {
      return names;
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    checks.checkServerTrusted(chain, authType, socket);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    checks.checkServerTrusted(chain, authType);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    checks.checkClientTrusted(chain, authType, socket);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    checks.checkClientTrusted(chain, authType, engine);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    checks.checkClientTrusted(chain, authType);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return checks.getAcceptedIssuers();
  }
}
