package io.upstream4j.core.connect.tls;

import io.netty.util.NetUtil;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/**
 * Whether a certificate is for a name (RFC 9525, 6). The JDK's own check also takes one that is for
 * the name of the handshake, which is not what counts when another was configured.
 */
final class CertificateNames {
  private static final int DNS = 2; // kinds of alternative names (RFC 5280, 4.2.1.6)
  private static final int IP = 7;

  private CertificateNames() {}

  /**
   * Looks at the alternative names; the subject does not count.
   *
   * @param name a host name in ASCII, or an IP address
   */
  static boolean include(X509Certificate certificate, String name)
      throws CertificateParsingException {
    Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
    if (alternatives == null) {
      return false;
    }
    byte[] address = NetUtil.createByteArrayFromIpAddressString(name);
    for (List<?> alternative : alternatives) {
      int kind = (Integer) alternative.get(0);
      if (address != null && kind == IP) {
        byte[] own = NetUtil.createByteArrayFromIpAddressString((String) alternative.get(1));
        if (Arrays.equals(address, own)) {
          return true;
        }
      } else if (address == null
          && kind == DNS
          && matches(lower((String) alternative.get(1)), lower(name))) {
        return true;
      }
    }
    return false;
  }

  private static String lower(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
  }

  /** A star stands for the whole first label, and for no more. */
  private static boolean matches(String pattern, String name) {
    if (!pattern.startsWith("*.")) {
      return pattern.equals(name);
    }
    int dot = name.indexOf('.');
    return dot > 0
        && pattern.indexOf('.', 2) > 0
        && pattern.substring(1).equals(name.substring(dot));
  }
}
