package io.upstream4j.distribution.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decodes one request at a time: after the end of a request it pauses until {@link #resume}, so
 * what a client sends ahead waits as bytes and not as objects.
 *
 * <p>Netty's decoder is lenient where RFC 9112 lets a recipient be so (runs of white space in the
 * request line, folded headers, control characters before it). Two readers that are lenient in
 * different ways are how requests are smuggled; so each head is looked at here, strictly, before
 * Netty sees it. What is refused becomes a {@link BadRequest}.
 */
final class RequestDecoder extends HttpRequestDecoder {
  static final int MAX_REQUEST_LINE_BYTES = 16 * 1024;
  static final int MAX_HEAD_BYTES = 64 * 1024;
  static final int MAX_FIELDS = 200;

  private static final long HTTP_1_1 = 0x485454502f312e31L;
  private static final long HTTP_1_0 = 0x485454502f312e30L;
  private static final int HTTP = 0x48545450;

  private @Nullable ChannelHandlerContext context;
  private int scanned; // bytes of an incomplete head whose lines were looked at
  private boolean inBody;
  private boolean paused;
  private boolean refused;
  private boolean decoding;

  RequestDecoder() {
    // The limits of the head are enforced here, by the scan; Netty's must not strike before.
    super(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(MAX_HEAD_BYTES)
            .setMaxHeaderSize(MAX_HEAD_BYTES)
            .setMaxChunkSize(Integer.MAX_VALUE));
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
  }

  /** Whether bytes wait here for {@link #resume}. */
  boolean hasBufferedBytes() {
    return actualReadableBytes() > 0;
  }

  /**
   * Goes on with the next request.
   *
   * @return whether bytes that waited were decoded by this call
   */
  boolean resume() {
    paused = false;
    ChannelHandlerContext ctx = context;
    // Inside of channelRead the loop that called us goes on by itself.
    if (decoding || ctx == null || !hasBufferedBytes()) {
      return false;
    }
    try {
      channelRead(ctx, Unpooled.EMPTY_BUFFER);
    } catch (Exception e) {
      ctx.fireExceptionCaught(e);
    }
    return true;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object input) throws Exception {
    decoding = true;
    try {
      super.channelRead(ctx, input);
    } finally {
      decoding = false;
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    // Not Netty's: that reads on by itself while no message is complete, paused or not.
    discardSomeReadBytes();
    ctx.fireChannelReadComplete();
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    if (refused) {
      in.skipBytes(in.readableBytes());
      return;
    }
    if (paused) {
      return;
    }
    if (!inBody && !isHeadComplete(in, out)) {
      return;
    }
    super.decode(ctx, in, out);
    if (!out.isEmpty()) {
      paused = out.get(out.size() - 1) instanceof LastHttpContent;
      inBody = !paused;
      scanned = 0;
    }
  }

  @Override
  protected void decodeLast(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    // The client is gone; nobody waits for the rest of its request.
  }

  private boolean isHeadComplete(ByteBuf in, List<Object> out) {
    if (scanned == 0) {
      skipEmptyLines(in);
    }
    int start = in.readerIndex();
    int end = in.writerIndex();
    int line = start + scanned;
    for (int lf = in.indexOf(line, end, (byte) '\n');
        lf >= 0;
        lf = in.indexOf(line, end, (byte) '\n')) {
      if (lf == line || in.getByte(lf - 1) != '\r') {
        return refuse(in, out, BadRequest.malformed("a line of the head does not end in CR LF"));
      }
      BadRequest problem = null;
      if (line == start) {
        problem = checkRequestLine(in, line, lf - 1);
      } else if (lf - 1 == line) {
        return true;
      } else if (in.getByte(line) == ' ' || in.getByte(line) == '\t') {
        problem = BadRequest.malformed("a header is folded over two lines");
      }
      if (problem != null) {
        return refuse(in, out, problem);
      }
      line = lf + 1;
      if (line - start > MAX_HEAD_BYTES) {
        break;
      }
    }
    scanned = line - start;
    if (scanned == 0 && end - start > MAX_REQUEST_LINE_BYTES) {
      return refuse(in, out, requestLineTooLong());
    }
    if (end - start > MAX_HEAD_BYTES) {
      return refuse(
          in,
          out,
          new BadRequest(
              HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
              "the head is longer than " + MAX_HEAD_BYTES + " bytes"));
    }
    return false;
  }

  // RFC 9112, 2.2: a server should ignore at least one empty line before the request line.
  private static void skipEmptyLines(ByteBuf in) {
    while (in.isReadable(2) && in.getShort(in.readerIndex()) == 0x0d0a) {
      in.skipBytes(2);
    }
  }

  private static @Nullable BadRequest checkRequestLine(ByteBuf in, int from, int to) {
    if (to - from > MAX_REQUEST_LINE_BYTES) {
      return requestLineTooLong();
    }
    int target = in.indexOf(from, to, (byte) ' ') + 1;
    int version = target <= 0 ? 0 : in.indexOf(target, to, (byte) ' ') + 1;
    if (target <= from + 1 || version <= target + 1) {
      return BadRequest.malformed("the request line is not: method, space, target, space, version");
    }
    for (int i = target; i < version - 1; i++) {
      byte b = in.getByte(i);
      if (b <= ' ' || b == 0x7f || b == '#') { // a byte above 0x7f is negative
        return BadRequest.malformed("the target holds a character that must be percent-encoded");
      }
    }
    if (to - version == 8) {
      long text = in.getLong(version);
      if (text == HTTP_1_1 || text == HTTP_1_0) {
        return null;
      }
      if ((int) (text >>> 32) == HTTP && isDigit(text >>> 16) && isDigit(text)) {
        return new BadRequest(
            HttpResponseStatus.HTTP_VERSION_NOT_SUPPORTED, "only HTTP/1.1 and HTTP/1.0 are served");
      }
    }
    return BadRequest.malformed("the version of HTTP is not one");
  }

  private static boolean isDigit(long bits) {
    return (bits & 0xff) >= '0' && (bits & 0xff) <= '9';
  }

  private static BadRequest requestLineTooLong() {
    return new BadRequest(
        HttpResponseStatus.REQUEST_URI_TOO_LONG,
        "the request line is longer than " + MAX_REQUEST_LINE_BYTES + " bytes");
  }

  static BadRequest tooManyFields() {
    return new BadRequest(
        HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "more than " + MAX_FIELDS + " header fields");
  }

  private boolean refuse(ByteBuf in, List<Object> out, BadRequest problem) {
    refused = true;
    in.skipBytes(in.readableBytes());
    out.add(problem);
    return false;
  }
}
