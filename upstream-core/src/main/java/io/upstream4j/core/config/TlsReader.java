package io.upstream4j.core.config;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.option.Problems;
import io.upstream4j.api.option.Suggestion;
import io.upstream4j.core.peer.TlsIdentity;
import io.upstream4j.core.peer.TlsOptions;
import io.upstream4j.core.peer.TlsTrust;
import java.io.IOException;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Reads the mapping under {@code tls} and its files. Relative paths start at the folder of the
 * configuration.
 */
final class TlsReader {
  private static final Option<String> CA =
      Option.text(
              "ca",
              "the authorities to trust instead of those of the Java run-time, a file of" + " PEM")
          .optional();
  private static final Option<String> CERT =
      Option.text("cert", "the certificate to show to servers that ask for one, a file of PEM")
          .optional();
  private static final Option<String> KEY =
      Option.text("key", "the key of cert, a file of PEM in PKCS #8 without a password").optional();
  private static final Option<String> VERIFY_NAME =
      Option.of(
              "verify_name",
              "what the server's certificate must be for; sni unless given",
              "a host name or an IP address",
              TlsReader::name)
          .optional();
  private static final Option<List<String>> PROTOCOLS =
      Option.of(
              "protocols",
              "the versions of TLS that are spoken; those of the Java run-time unless given",
              "TLSv1.2 or TLSv1.3",
              TlsReader::protocol)
          .list()
          .optional();
  private static final Option<List<String>> CIPHERS =
      Option.of(
              "ciphers",
              "the cipher suites that are offered; those of the Java run-time unless given",
              "the name of a cipher suite, such as TLS_AES_128_GCM_SHA256",
              TlsReader::cipher)
          .list()
          .optional();

  static final List<Option<?>> ALL = List.of(CA, CERT, KEY, VERIFY_NAME, PROTOCOLS, CIPHERS);

  private final Problems problems;
  private final FileAccess files;

  TlsReader(Problems problems, FileAccess files) {
    this.problems = problems;
    this.files = files;
  }

  private static String name(String text) {
    return text.indexOf(':') >= 0 ? text : serverName(text);
  }

  /**
   * Returns a server name in the form sent in a handshake.
   *
   * @throws IllegalArgumentException when it is not valid; the message says why
   */
  static String serverName(String text) {
    try {
      // Remove the dot of the root (RFC 6066, section 3).
      String name = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
      return new SNIHostName(name).getAsciiName();
    } catch (IllegalArgumentException e) {
      String reason = String.valueOf(e.getMessage());
      if (e.getCause() != null) {
        reason = "has a character that no host name has"; // the JDK's message contains a class name
      } else if (reason.contains("non-LDH")) {
        reason = "has a character other than letters, digits, hyphens and dots";
      }
      throw new IllegalArgumentException(reason, e);
    }
  }

  private static String protocol(String text) {
    if (!text.equals("TLSv1.2") && !text.equals("TLSv1.3")) {
      throw new IllegalArgumentException();
    }
    return text;
  }

  private static String cipher(String text) {
    List<String> known = ciphers();
    if (!known.contains(text)) {
      throw new IllegalArgumentException(
          "not a cipher suite of this Java run-time" + Suggestion.hint(text, known));
    }
    return text;
  }

  private static List<String> ciphers() {
    try {
      return List.of(SSLContext.getDefault().getSupportedSSLParameters().getCipherSuites());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Adds the settings in the mapping to the options, or adds problems.
   *
   * @param plain the options without the mapping
   */
  TlsOptions read(TlsOptions plain, Node node, String path) {
    if (!(node instanceof Node.Mapping mapping)) {
      problems.add(
          node.location(), path, Keys.describe(node) + " (expected: " + Keys.TLS.expected() + ")");
      return plain;
    }
    Options options = Options.read(ALL, OtherNames.OF_TLS, mapping, path, problems);
    checkVerified(plain, options, path);
    return new TlsOptions(
        plain.serverName(),
        plain.verifyCertificate(),
        plain.verifyHostname(),
        options.find(VERIFY_NAME),
        trust(options, path),
        identity(options, path),
        options.find(PROTOCOLS).orElse(List.of()),
        options.find(CIPHERS).orElse(List.of()));
  }

  private void checkVerified(TlsOptions plain, Options options, String path) {
    if (options.isGiven(CA) && !plain.verifyCertificate()) {
      addUseless(options, CA, path, "verify_cert is false (expected: verify_cert: true)");
    }
    if (options.isGiven(VERIFY_NAME) && !plain.verifyHostname()) {
      addUseless(
          options, VERIFY_NAME, path, "no name is verified (expected: verify_hostname: true)");
    }
  }

  private void addUseless(Options options, Option<?> key, String path, String reason) {
    problems.add(options.location(key), path + "." + key.name(), "has no effect, as " + reason);
  }

  private Optional<TlsTrust> trust(Options options, String path) {
    String name = options.find(CA).orElse(null);
    Path file = name == null ? null : file(name, options.location(CA), path + ".ca");
    if (file == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(TlsTrust.read(file));
    } catch (IOException e) {
      problems.add(options.location(CA), path + ".ca", String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }

  private Optional<TlsIdentity> identity(Options options, String path) {
    String certName = options.find(CERT).orElse(null);
    String keyName = options.find(KEY).orElse(null);
    if (certName == null && keyName == null) {
      return Optional.empty();
    }
    Option<String> first = certName == null ? KEY : CERT;
    if (certName == null || keyName == null) {
      problems.add(
          options.location(first),
          path + "." + first.name(),
          "alone (expected: both cert and key)");
      return Optional.empty();
    }
    Path cert = file(certName, options.location(CERT), path + ".cert");
    Path key = file(keyName, options.location(KEY), path + ".key");
    if (cert == null || key == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(TlsIdentity.read(cert, key));
    } catch (IOException e) {
      String message = String.valueOf(e.getMessage());
      Option<String> culprit = message.startsWith(key.toString()) ? KEY : CERT;
      problems.add(options.location(culprit), path + "." + culprit.name(), message);
      return Optional.empty();
    }
  }

  private @Nullable Path file(String name, Location location, String path) {
    return files.resolve(
        name, location, path, "the upstream in the file, or no tls files", problems);
  }
}
