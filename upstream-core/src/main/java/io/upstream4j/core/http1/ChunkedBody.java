package io.upstream4j.core.http1;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpConstants;
import org.jspecify.annotations.Nullable;

/**
 * Follows the framing of a chunked body (RFC 9112, 7.1) ahead of the decoder that reads it, and
 * holds the decoder back until a line, or all of the trailers, is there and within its bounds. Used
 * over again for each message; confined to the connection's event loop.
 *
 * <p>Where its trailers accept {@link LineEnd#LF}, so do the lines of chunks that have no
 * extension, and the end of a chunk; and white space may follow a chunk's size. The decoder gets
 * all this as RFC 9112 has it. An extension must end in CR LF: some readers look for that alone,
 * and would take a bare LF for a part of the extension.
 *
 * <p>Bounds: a chunk's first line, with its extensions, has 4 KiB. All of them together may exceed
 * the chunks' own bytes by 16 KiB, where each chunk may have 16 for nothing and twice its length
 * beside (as in Go's {@code net/http}): anyone who sends bodies byte by byte with an extension to
 * each would else have a small body occupy many times its size. Trailers have the bounds of their
 * {@link FieldSection}.
 */
public final class ChunkedBody {
  private static final int MAX_LINE_BYTES = 4 * 1024;
  private static final int MAX_SURPLUS_BYTES = 16 * 1024;
  private static final int FREE_BYTES = 16;
  private static final int CR_LF_BYTES = 2;
  private static final int MAX_PART = 64 * 1024; // what a decoder is given of one chunk, rewritten

  private final FieldSection trailers;
  private final boolean lenient;
  private long left; // of the chunk, its first line and its CR LF included
  private int rewrite; // how long the first line is that the decoder must not see; or 0
  private long size; // of the chunk
  private boolean inTrailers;
  private long surplus;

  /**
   * Creates it for a connection.
   *
   * @param trailers what bounds them
   */
  public ChunkedBody(FieldSection trailers) {
    this.trailers = trailers;
    this.lenient = trailers.lineEnd() == LineEnd.LF;
  }

  /** Begins with the first line of another body. */
  public void begin() {
    left = 0;
    inTrailers = false;
    surplus = 0;
  }

  /**
   * What the decoder may go on with: {@code in}, from which it reads and then calls {@link
   * #decoded}; or another buffer, which stands for what was taken from {@code in} and which the
   * decoder reads to its end; null when more must arrive.
   *
   * @param in what has arrived
   * @throws MalformedMessageException when it breaks a rule or a limit
   */
  public @Nullable ByteBuf next(ByteBuf in) {
    if (left == 0 && !(inTrailers ? hasTrailers(in) : hasFirstLine(in))) {
      return null;
    }
    return lenient ? rewritten(in) : in;
  }

  private ByteBuf rewritten(ByteBuf in) {
    if (rewrite > 0) {
      in.skipBytes(rewrite);
      left -= rewrite;
      rewrite = 0;
      return Unpooled.copiedBuffer(Long.toHexString(size) + "\r\n", US_ASCII);
    }
    if (inTrailers) {
      if (!trailers.hasBareLf()) {
        return in;
      }
      int length = (int) left;
      left = 0;
      return FieldSection.withCrLf(in, length);
    }
    long before = left - CR_LF_BYTES; // so many bytes of the chunk come before its end
    if (before >= in.readableBytes()
        || in.getByte(in.readerIndex() + (int) before) != HttpConstants.LF) {
      return in;
    }
    if (before == 0) {
      in.skipBytes(1);
      left = 0;
      return Unpooled.copiedBuffer("\r\n", US_ASCII);
    }
    int part = (int) Math.min(before, MAX_PART);
    left -= part;
    return in.readSlice(part);
  }

  /** The decoder has read so many bytes of what has arrived. */
  public void decoded(int bytes) {
    left -= bytes;
  }

  private boolean hasFirstLine(ByteBuf in) {
    int start = in.readerIndex();
    int length = in.readableBytes();
    int lf = in.indexOf(start, start + Math.min(length, MAX_LINE_BYTES), HttpConstants.LF);
    if (lf < 0) {
      if (length >= MAX_LINE_BYTES) {
        throw MalformedMessageException.malformed(
            "the first line of a chunk is longer than " + MAX_LINE_BYTES + " bytes");
      }
      return false;
    }
    int line = lf + 1 - start;
    int digits = digits(in, start, lf);
    rewrite = lenient && digits > 0 && isRewritten(in, start + digits, lf) ? line : 0;
    if (size == 0) {
      inTrailers = true;
      trailers.begin(0);
      left = line;
    } else {
      left = line + size + CR_LF_BYTES;
    }
    surplus = Math.max(0, surplus + line - FREE_BYTES - 2 * size);
    if (surplus > MAX_SURPLUS_BYTES) {
      throw MalformedMessageException.malformed(
          "the first lines of small chunks have more than "
              + MAX_SURPLUS_BYTES
              + " bytes of extensions");
    }
    return true;
  }

  /** Reads the size; one that is none, or too large, is the decoder's to refuse. */
  private int digits(ByteBuf in, int from, int to) {
    size = 0;
    int i = from;
    while (i < to && size <= Integer.MAX_VALUE) {
      int digit = Character.digit(in.getByte(i), 16);
      if (digit < 0) {
        break;
      }
      size = size << 4 | digit;
      i++;
    }
    return i - from;
  }

  /** Whether nothing but white space follows the size, or nothing at all before a bare LF. */
  private boolean isRewritten(ByteBuf in, int from, int lf) {
    int end = in.getByte(lf - 1) == HttpConstants.CR ? lf - 1 : lf;
    int i = from;
    while (i < end && isBlank(in.getByte(i))) {
      i++;
    }
    return i == end && (i > from || end == lf) && size <= Integer.MAX_VALUE;
  }

  private static boolean isBlank(byte b) {
    return b == HttpConstants.SP || b == HttpConstants.HT;
  }

  private boolean hasTrailers(ByteBuf in) {
    int start = in.readerIndex();
    int length = trailers.scan(in, start);
    if (length < 0) {
      return false;
    }
    checkText(in, start, start + length);
    left = length;
    return true;
  }

  /** The decoder would not look at the values of trailers that it drops. */
  private static void checkText(ByteBuf in, int from, int to) {
    for (int i = from; i < to; i++) {
      byte b = in.getByte(i);
      boolean ends =
          b == HttpConstants.LF || (b == HttpConstants.CR && in.getByte(i + 1) == HttpConstants.LF);
      if (!ends && FieldSection.isControl(b)) {
        throw MalformedMessageException.malformed("a control character in a trailer");
      }
    }
  }
}
