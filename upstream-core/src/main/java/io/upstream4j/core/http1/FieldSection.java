package io.upstream4j.core.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpConstants;

/**
 * Looks at the lines of the fields of one head, or of one set of trailers, before a decoder makes
 * objects of them: each must end as {@link LineEnd} says, none may be folded (RFC 9112, 5.2), and
 * there must not be too many. Names and values are left to the decoder. Used over again for each
 * message; confined to the connection's event loop.
 *
 * <p>Bound: what waits in the decoder's buffer for the end of the section is {@code maxBytes} and
 * one read; what the decoder makes of it is {@code maxFields} entries of some 150 bytes, and their
 * text.
 */
public final class FieldSection {
  private final String section;
  private final LineEnd lineEnd;
  private final int maxFields;
  private final int maxBytes;
  private final int bytesPerField;
  private int before;
  private int scanned;
  private int fields;
  private boolean bareLf;

  /**
   * Creates it for a connection.
   *
   * @param section the name of what is read, for messages: "head" or "trailers"
   * @param lineEnd what ends a line
   * @param maxFields how many fields it may have
   * @param maxBytes how many bytes it may have
   * @param bytesPerField how many bytes a field counts beside those of its line; RFC 9113, 6.5.2
   *     uses 32
   */
  public FieldSection(
      String section, LineEnd lineEnd, int maxFields, int maxBytes, int bytesPerField) {
    this.section = section;
    this.lineEnd = lineEnd;
    this.maxFields = maxFields;
    this.maxBytes = maxBytes;
    this.bytesPerField = bytesPerField;
  }

  /**
   * Begins with the first line of another section.
   *
   * @param bytesBefore bytes that count as well: those of a request's first line
   */
  public void begin(int bytesBefore) {
    before = bytesBefore;
    scanned = 0;
    fields = 0;
    bareLf = false;
  }

  /** What ends a line. */
  public LineEnd lineEnd() {
    return lineEnd;
  }

  /** Whether one of the lines that were looked at ends in a bare LF. */
  public boolean hasBareLf() {
    return bareLf;
  }

  /**
   * Reads lines and returns them with CR LF at the end of each, as decoders want them.
   *
   * @param in holds the lines
   * @param length of the lines
   */
  public static ByteBuf withCrLf(ByteBuf in, int length) {
    ByteBuf lines = Unpooled.buffer(length + length / 8);
    byte last = 0;
    for (int i = 0; i < length; i++) {
      byte next = in.readByte();
      if (next == HttpConstants.LF && last != HttpConstants.CR) {
        lines.writeByte(HttpConstants.CR);
      }
      lines.writeByte(next);
      last = next;
    }
    return lines;
  }

  /**
   * Looks at the lines that have arrived since the last call.
   *
   * @param start where the section begins, as in all calls for it if bytes before are discarded
   * @return how long the section is with the empty line at its end; -1 when that has not arrived
   * @throws MalformedMessageException when it breaks a rule or a limit
   */
  public int scan(ByteBuf in, int start) {
    int end = in.writerIndex();
    int line = start + scanned;
    for (int lf = in.indexOf(line, end, HttpConstants.LF);
        lf >= 0;
        lf = in.indexOf(line, end, HttpConstants.LF)) {
      int text = lf;
      if (lf > line && in.getByte(lf - 1) == HttpConstants.CR) {
        text--;
      } else if (lineEnd == LineEnd.CR_LF) {
        throw MalformedMessageException.malformed(
            "a line of the " + section + " does not end in CR LF");
      } else {
        bareLf = true;
      }
      if (text == line) {
        return lf + 1 - start;
      }
      byte first = in.getByte(line);
      if (first == HttpConstants.SP || first == HttpConstants.HT) {
        throw MalformedMessageException.malformed(
            "a field of the " + section + " is folded over two lines");
      }
      if (++fields > maxFields) {
        throw MalformedMessageException.tooLarge(
            "more than " + maxFields + " fields in the " + section);
      }
      line = lf + 1;
      checkBytes(line - start);
    }
    scanned = line - start;
    checkBytes(end - start);
    return -1;
  }

  /**
   * Whether a byte is a control character, which neither a field nor a first line may have: any but
   * a tab.
   */
  public static boolean isControl(byte b) {
    return (b >= 0 && b < HttpConstants.SP && b != HttpConstants.HT) || b == 0x7f;
  }

  private void checkBytes(int length) {
    if ((long) before + length + (long) fields * bytesPerField > maxBytes) {
      throw MalformedMessageException.tooLarge(
          "more than " + maxBytes + " bytes in the " + section);
    }
  }
}
