package io.upstream4j.distribution.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * The status page: one file that requests {@code /events} every second, and {@code /upstreams} as
 * often unless that is slow. Its policy lets a browser run only the script and style in the file.
 * Immutable.
 */
final class StatusPage {
  static final String TYPE = "text/html; charset=utf-8";
  private static final String FILE = "status.html";

  private final byte[] html;
  private final String policy;

  private StatusPage(String html) {
    this.html = html.getBytes(UTF_8);
    // https://www.w3.org/TR/CSP3/: a hash allows the inline element that has it.
    this.policy =
        "default-src 'none'; script-src "
            + hash(html, "script")
            + "; style-src "
            + hash(html, "style")
            + "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"
            + "; frame-ancestors 'none'";
  }

  /** Returns the page. It is loaded on first use, because its hashes take time in a fresh JVM. */
  static StatusPage get() {
    return Loaded.PAGE;
  }

  private static StatusPage load() {
    try (InputStream in = StatusPage.class.getResourceAsStream(FILE)) {
      if (in == null) {
        throw new IllegalStateException(FILE + " is not in the module");
      }
      return new StatusPage(new String(in.readAllBytes(), UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(FILE + " cannot be read", e);
    }
  }

  byte[] html() {
    return html.clone();
  }

  /** Returns the value of {@code Content-Security-Policy}. */
  String policy() {
    return policy;
  }

  private static String hash(String html, String element) {
    String start = "<" + element + ">";
    int from = html.indexOf(start) + start.length();
    String inside = html.substring(from, html.indexOf("</" + element + ">", from));
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(inside.getBytes(UTF_8));
      return "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  private static final class Loaded {
    static final StatusPage PAGE = load();
  }
}
