package io.upstream4j.core.connect.tls;

import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.NotSslRecordException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.peer.TlsOptions;
import java.security.cert.CertificateException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Says why TLS failed, and what would be right. */
public final class TlsFailures {
  private static final String ALERT = "Received fatal alert: ";
  // BoringSSL's names of alerts, such as TLSV1_ALERT_UNKNOWN_CA: those of SSL 3 kept their prefix.
  private static final Pattern BORINGSSL_ALERT =
      Pattern.compile(":(?:SSLV3|TLSV1)_(?:ALERT_)?([A-Z_]+)");

  private static final int MAX_QUOTED = 40;

  private TlsFailures() {}

  /** Whether it came of TLS while bytes were read. */
  public static boolean isOne(Throwable cause) {
    return cause instanceof DecoderException && cause.getCause() instanceof SSLException;
  }

  /**
   * What a failed handshake is under a server name that the request chose. Servers refuse a name
   * that they do not have by an alert, which may be any, by a certificate for another, which may be
   * one that nobody trusts, or by closing the connection.
   */
  public static Failure ofNameOfRequest(Throwable cause) {
    Failure failure = Failure.TLS_REQUEST_NAME;
    for (Throwable deeper = cause; deeper != null; deeper = deeper.getCause()) {
      if (deeper instanceof NotSslRecordException) {
        return Failure.TLS;
      }
      if (deeper instanceof CertificateException
          || (deeper instanceof SSLException
              && alert(String.valueOf(deeper.getMessage())) != null)) {
        failure = Failure.MISDIRECTED;
      }
    }
    return failure;
  }

  /** The reason in words: a certificate's, or the peer's alert (RFC 8446, 6.2), or the engine's. */
  public static String explain(Throwable cause, @Nullable TlsOptions options) {
    String message = String.valueOf(cause.getMessage());
    for (Throwable deeper = cause; deeper != null; deeper = deeper.getCause()) {
      if (deeper instanceof CertificateException) {
        return String.valueOf(deeper.getMessage());
      }
      if (deeper instanceof NotSslRecordException) {
        return notTls(String.valueOf(deeper.getMessage()));
      }
      if (deeper instanceof SSLException) {
        message = String.valueOf(deeper.getMessage());
      }
    }
    String alert = alert(message);
    return alert == null || options == null ? message : explain(alert, options);
  }

  /** The peer answered in another protocol; Netty may have its first words, in hex. */
  private static String notTls(String message) {
    String hex = message.substring(message.lastIndexOf(' ') + 1);
    StringBuilder said = new StringBuilder();
    for (int i = 0; i + 2 <= Math.min(hex.length(), 2 * MAX_QUOTED); i += 2) {
      if (!HexFormat.isHexDigit(hex.charAt(i)) || !HexFormat.isHexDigit(hex.charAt(i + 1))) {
        break;
      }
      char c = (char) HexFormat.fromHexDigits(hex, i, i + 2);
      if (c == '\r' || c == '\n') {
        break;
      }
      said.append(c < ' ' || c > '~' ? '?' : c);
    }
    return "the peer does not speak TLS (expected: a port that does, or no sni)"
        + (said.isEmpty() ? "" : "; it began with \"" + said + '"');
  }

  private static @Nullable String alert(String message) {
    int jdk = message.indexOf(ALERT);
    if (jdk >= 0) {
      return message.substring(jdk + ALERT.length());
    }
    Matcher boringSsl = BORINGSSL_ALERT.matcher(message);
    return boringSsl.find() ? boringSsl.group(1).toLowerCase(Locale.ROOT) : null;
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
