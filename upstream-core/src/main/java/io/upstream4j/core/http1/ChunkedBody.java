package io.upstream4j.core.http1;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpConstants;

/**
 * Follows the framing of a chunked body (RFC 9112, 7.1) ahead of the decoder that reads it, and
 * holds the decoder back until a line, or all of the trailers, is there and within its bounds. Used
 * over again for each message; confined to the connection's event loop.
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

  private final FieldSection trailers;
  private long left; // of the chunk, its first line and its CR LF included
  private boolean inTrailers;
  private long surplus;

  /**
   * Creates it for a connection.
   *
   * @param trailers what bounds them
   */
  public ChunkedBody(FieldSection trailers) {
    this.trailers = trailers;
  }

  /** Begins with the first line of another body. */
  public void begin() {
    left = 0;
    inTrailers = false;
    surplus = 0;
  }

  /**
   * Whether the decoder may go on with what has arrived.
   *
   * @param in where the decoder will read next
   * @throws MalformedMessageException when it breaks a rule or a limit
   */
  public boolean isReady(ByteBuf in) {
    if (left > 0) {
      return true;
    }
    return inTrailers ? hasTrailers(in) : hasFirstLine(in);
  }

  /** The decoder has read so many bytes. */
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
    long size = size(in, start, lf);
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

  /** A size that is none, or too large, is the decoder's to refuse. */
  private static long size(ByteBuf in, int from, int to) {
    long size = 0;
    for (int i = from; i < to && size <= Integer.MAX_VALUE; i++) {
      int digit = Character.digit(in.getByte(i), 16);
      if (digit < 0) {
        break;
      }
      size = size << 4 | digit;
    }
    return size;
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
      if (b == HttpConstants.CR && in.getByte(i + 1) == HttpConstants.LF) {
        i++;
      } else if (FieldSection.isControl(b)) {
        throw MalformedMessageException.malformed("a control character in a trailer");
      }
    }
  }
}
