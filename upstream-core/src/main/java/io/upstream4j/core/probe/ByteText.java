package io.upstream4j.core.probe;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * Bytes as people write and read them: UTF-8 text with the escapes {@code \r}, {@code \n}, {@code
 * \t}, {@code \\} and {@code \xHH}, or {@code hex:} and two digits for each byte.
 */
final class ByteText {
  static final String EXPECTED =
      "text with the escapes \\r, \\n, \\t, \\\\ and \\xHH, or hex: and two digits for each byte";

  private static final String HEX = "hex:";
  private static final Pattern DIGITS = Pattern.compile("([0-9A-Fa-f]{2})+");

  private ByteText() {}

  /**
   * Reads bytes.
   *
   * @param maxBytes how many there may be
   * @throws IllegalArgumentException when there are none or too many, or it is something else
   */
  static ByteBuffer read(String text, int maxBytes) {
    byte[] bytes = text.startsWith(HEX) ? hex(text.substring(HEX.length())) : unescaped(text);
    if (bytes.length == 0) {
      throw new IllegalArgumentException();
    }
    if (bytes.length > maxBytes) {
      throw new IllegalArgumentException(
          "has " + bytes.length + " bytes (expected: at most " + maxBytes + ")");
    }
    return ByteBuffer.wrap(bytes).asReadOnlyBuffer();
  }

  private static byte[] hex(String digits) {
    if (!DIGITS.matcher(digits).matches()) {
      throw new IllegalArgumentException("is not hexadecimal behind hex:");
    }
    return HexFormat.of().parseHex(digits);
  }

  private static byte[] unescaped(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int plain = 0;
    int at = text.indexOf('\\');
    while (at >= 0) {
      bytes.writeBytes(text.substring(plain, at).getBytes(StandardCharsets.UTF_8));
      char kind = at + 1 < text.length() ? text.charAt(at + 1) : ' ';
      switch (kind) {
        case 'r' -> bytes.write('\r');
        case 'n' -> bytes.write('\n');
        case 't' -> bytes.write('\t');
        case '\\' -> bytes.write('\\');
        case 'x' -> bytes.write(code(text, at));
        default -> throw unknown(text, at, at + 2);
      }
      plain = at + (kind == 'x' ? 4 : 2);
      at = text.indexOf('\\', plain);
    }
    bytes.writeBytes(text.substring(plain).getBytes(StandardCharsets.UTF_8));
    return bytes.toByteArray();
  }

  private static int code(String text, int at) {
    int end = at + 4;
    if (end > text.length() || !DIGITS.matcher(text.substring(at + 2, end)).matches()) {
      throw unknown(text, at, end);
    }
    return HexFormat.fromHexDigits(text, at + 2, end);
  }

  private static IllegalArgumentException unknown(String text, int at, int end) {
    return new IllegalArgumentException(
        "has an unknown escape, " + text.substring(at, Math.min(end, text.length())));
  }

  /**
   * The beginning of the bytes, in quotes: visible ASCII as it is, all else as an escape.
   *
   * @param maxBytes how many of them; how many there are is said when there are more
   */
  static String quote(ByteBuffer bytes, int maxBytes) {
    StringBuilder text = new StringBuilder("\"");
    int shown = Math.min(maxBytes, bytes.limit());
    for (int i = 0; i < shown; i++) {
      int each = bytes.get(i) & 0xff;
      switch (each) {
        case '\r' -> text.append("\\r");
        case '\n' -> text.append("\\n");
        case '\t' -> text.append("\\t");
        case '\\' -> text.append("\\\\");
        case '"' -> text.append("\\x22");
        default -> {
          if (each >= ' ' && each < 0x7f) {
            text.append((char) each);
          } else {
            text.append("\\x").append(HexFormat.of().toHexDigits((byte) each));
          }
        }
      }
    }
    text.append('"');
    return shown == bytes.limit()
        ? text.toString()
        : text.append("... (").append(bytes.limit()).append(" bytes)").toString();
  }

  /** Whether these bytes stand somewhere in those. */
  static boolean contains(ByteBuffer whole, ByteBuffer part) {
    for (int at = 0; at + part.limit() <= whole.limit(); at++) {
      int same = 0;
      while (same < part.limit() && whole.get(at + same) == part.get(same)) {
        same++;
      }
      if (same == part.limit()) {
        return true;
      }
    }
    return false;
  }
}
