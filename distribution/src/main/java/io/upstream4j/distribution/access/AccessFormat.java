package io.upstream4j.distribution.access;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.upstream4j.distribution.gateway.AccessRecord;
import io.upstream4j.distribution.text.AsciiJson;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The format of a line of the access log. Whatever clients send, a record is one line and its
 * fields are unambiguous.
 */
public enum AccessFormat {
  /** The Common Log Format of NCSA httpd, which most log tools support. */
  COMMON,
  /** The common format with referer and user agent. */
  COMBINED,
  /** A JSON object, also with upstream, backend, tries, duration and error. */
  JSON;

  private static final HexFormat UPPER_HEX = HexFormat.of().withUpperCase();
  private static final DateTimeFormatter CLF =
      DateTimeFormatter.ofPattern("dd/MMM/yyyy:HH:mm:ss Z", Locale.ROOT)
          .withZone(ZoneId.systemDefault());

  /** Appends the line with its line feed. */
  void write(StringBuilder line, AccessRecord record) {
    switch (this) {
      case COMMON -> common(line, record);
      case COMBINED -> combined(line, record);
      case JSON -> json(line, record);
    }
    line.append('\n');
  }

  private static void common(StringBuilder line, AccessRecord record) {
    line.append(record.client()).append(" - - [");
    CLF.formatTo(Instant.ofEpochMilli(record.startedMillis()), line);
    line.append("] \"");
    if (record.method() == null) {
      line.append('-');
    } else {
      escape(line, record.method());
      line.append(' ');
      escape(line, record.target());
      line.append(' ').append(record.protocol());
    }
    line.append("\" ").append(record.status()).append(' ').append(record.sentBytes());
  }

  private static void combined(StringBuilder line, AccessRecord record) {
    common(line, record);
    quoted(line.append(' '), record.referer());
    quoted(line.append(' '), record.userAgent());
  }

  private static void quoted(StringBuilder line, @Nullable String text) {
    line.append('"');
    if (text == null) {
      line.append('-');
    } else {
      escape(line, text);
    }
    line.append('"');
  }

  // Like nginx and httpd, escapes bytes outside visible ASCII, so that input from clients can
  // neither end a field or a line nor steer a terminal. Netty decodes a byte of a head as one
  // character; other text is encoded as UTF-8.
  private static void escape(StringBuilder line, @Nullable String text) {
    for (int i = 0; text != null && i < text.length(); i++) {
      char c = text.charAt(i);
      if (c > 0xff) {
        int end = i + Character.charCount(text.codePointAt(i));
        for (byte b : text.substring(i, end).getBytes(UTF_8)) {
          line.append("\\x").append(UPPER_HEX.toHexDigits(b));
        }
        i = end - 1;
      } else if (c == '"' || c == '\\' || c < ' ' || c > '~') {
        line.append("\\x").append(UPPER_HEX.toHexDigits((byte) c));
      } else {
        line.append(c);
      }
    }
  }

  private static void json(StringBuilder line, AccessRecord record) {
    line.append("{\"time\":\"").append(Instant.ofEpochMilli(record.startedMillis())).append('"');
    field(line, "client", record.client());
    field(line, "method", record.method());
    field(line, "host", record.host());
    field(line, "target", record.target());
    field(line, "protocol", record.protocol());
    line.append(",\"status\":").append(record.status());
    line.append(",\"bytes\":").append(record.sentBytes());
    line.append(",\"complete\":").append(record.complete());
    line.append(",\"duration_ms\":");
    millis(line, record.durationNanos());
    field(line, "upstream", record.upstream());
    field(line, "backend", record.backend());
    line.append(",\"tries\":").append(record.tries());
    field(line, "error", record.error());
    field(line, "referer", record.referer());
    field(line, "user_agent", record.userAgent());
    field(line, "traceparent", record.traceparent());
    line.append('}');
  }

  // With three decimals, never in scientific notation.
  private static void millis(StringBuilder line, long nanos) {
    long micros = nanos / 1_000;
    line.append(micros / 1_000).append('.');
    String rest = Long.toString(micros % 1_000);
    line.append("0".repeat(3 - rest.length())).append(rest);
  }

  private static void field(StringBuilder line, String name, @Nullable String value) {
    if (value == null) {
      return;
    }
    line.append(",\"").append(name).append("\":\"");
    AsciiJson.append(line, value);
    line.append('"');
  }
}
