package io.upstream4j.core.connect.tls;

import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslProvider;
import io.upstream4j.core.peer.TlsOptions;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import javax.net.ssl.SSLContext;

/**
 * What speaks TLS: BoringSSL where a program has added {@code netty-tcnative-boringssl-static}, the
 * JDK's own otherwise. Any thread may call; the first call loads native code.
 */
public final class TlsProviders {
  /** The versions that are spoken unless others are chosen; older ones have known weaknesses. */
  public static final List<String> PROTOCOLS = List.of("TLSv1.3", "TLSv1.2");

  private TlsProviders() {}

  /** The faster one that is there. */
  public static SslProvider best() {
    return OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK;
  }

  /** Its name for people: {@code BoringSSL}, or the JDK's provider, such as {@code SunJSSE}. */
  public static String name() {
    if (best() == SslProvider.OPENSSL) {
      return OpenSsl.versionString();
    }
    try {
      return SSLContext.getDefault().getProvider().getName();
    } catch (NoSuchAlgorithmException e) {
      return "not there: " + e.getMessage();
    }
  }

  /** BoringSSL does not let the suites of TLS 1.3 be chosen, so a choice is for the JDK. */
  static SslProvider suitable(SslProvider preferred, TlsOptions options) {
    return options.ciphers().isEmpty() ? preferred : SslProvider.JDK;
  }
}
