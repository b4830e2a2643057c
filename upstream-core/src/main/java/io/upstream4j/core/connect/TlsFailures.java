package io.upstream4j.core.connect;

import io.netty.handler.codec.DecoderException;
import io.upstream4j.core.peer.TlsOptions;
import java.security.cert.CertificateException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Says why TLS failed, and what would be right. */
final class TlsFailures {
  private static final String ALERT = "Received fatal alert: ";

  private TlsFailures() {}

  /** Whether it came of TLS while bytes were read. */
  static boolean isOne(Throwable cause) {
    return cause instanceof DecoderException && cause.getCause() instanceof SSLException;
  }

  /** The reason in words: a certificate's, or the peer's alert (RFC 8446, 6.2), or the engine's. */
  static String explain(Throwable cause, @Nullable TlsOptions options) {
    String message = String.valueOf(cause.getMessage());
    for (Throwable deeper = cause; deeper != null; deeper = deeper.getCause()) {
      if (deeper instanceof CertificateException) {
        return String.valueOf(deeper.getMessage());
      }
      if (deeper instanceof SSLException) {
        message = String.valueOf(deeper.getMessage());
      }
    }
    int alert = message.indexOf(ALERT);
    return alert < 0 || options == null
        ? message
        : explain(message.substring(alert + ALERT.length()), options);
  }

  private static String explain(String alert, TlsOptions options) {
    String wanted =
        options
            .identity()
            .map(
                ours ->
                    "it does not take "
                        + ours
                        + " (expected: one that is valid, from an authority that it trusts)")
            .orElse("it asks for a client certificate (expected: tls.cert and tls.key)");
    String what =
        switch (alert) {
          case "certificate_required",
              "bad_certificate",
              "unsupported_certificate",
              "certificate_revoked",
              "certificate_expired",
              "certificate_unknown",
              "access_denied",
              "unknown_ca" ->
              wanted;
          case "protocol_version" ->
              "it speaks none of the versions of TLS that were offered"
                  + (options.protocols().isEmpty() ? "" : ", " + options.protocols())
                  + " (expected: one of its own)";
          case "handshake_failure", "insufficient_security" ->
              "it has no cipher suite in common with what was offered, or " + wanted;
          case "unrecognized_name" ->
              "it has no server of the name \""
                  + options.serverName()
                  + "\" (expected: another sni)";
          case "no_application_protocol" ->
              "it speaks none of the versions of HTTP that were offered (expected: another alpn)";
          default -> "no more is known";
        };
    return "the peer refused with the alert " + alert + ": " + what;
  }
}
