package io.upstream4j.distribution.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpConstants;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.upstream4j.core.config.GatewayLimits;
import io.upstream4j.core.http1.ChunkedBody;
import io.upstream4j.core.http1.FieldSection;
import io.upstream4j.core.http1.LineEnd;
import io.upstream4j.core.http1.MalformedMessageException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decodes one request at a time. It pauses after each request until {@link #resume}, so that
 * pipelined requests wait as bytes instead of objects.
 *
 * <p>Netty's decoder is lenient where RFC 9112 allows it (white space in the request line, folded
 * fields, leading control characters). Different leniency of two recipients enables request
 * smuggling. So this class checks each head, the first line of each chunk and all trailers strictly
 * before Netty decodes them. Invalid input becomes a {@link BadRequest}.
 */
final class RequestDecoder extends HttpRequestDecoder {
  private static final long HTTP_1_1 = 0x485454502f312e31L;
  private static final long HTTP_1_0 = 0x485454502f312e30L;
  private static final int HTTP = 0x48545450;

  private final GatewayLimits limits;
  private final FieldSection fields;
  private final ChunkedBody chunks;

  private @Nullable ChannelHandlerContext context;
  private int requestLine; // its length, once checked
  private boolean inBody;
  private boolean chunked;
  private boolean paused;
  private boolean refused;
  private boolean decoding;

  RequestDecoder(GatewayLimits limits) {
    // The scan enforces the limits, so Netty's must not apply earlier. Netty counts the bytes of a
    // head and its trailers together.
    super(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(limits.headerBytes())
            .setMaxHeaderSize(2 * limits.headerBytes())
            .setMaxChunkSize(Integer.MAX_VALUE)
            .setStrictLineParsing(true));
    this.limits = limits;
    this.fields = section("head");
    this.chunks = new ChunkedBody(section("trailers"));
  }

  private FieldSection section(String name) {
    return new FieldSection(name, LineEnd.CR_LF, limits.headerFields(), limits.headerBytes(), 0);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
  }

  /** Returns whether bytes wait for {@link #resume}. */
  boolean hasBufferedBytes() {
    return actualReadableBytes() > 0;
  }

  /**
   * Continues with the next request.
   *
   * @return whether this call decoded waiting bytes
   */
  boolean resume() {
    paused = false;
    ChannelHandlerContext ctx = context;
    // Within channelRead, the loop that called us continues by itself.
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
    // Netty's implementation would read while no message is complete, even when paused.
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
    try {
      if (inBody ? chunked && chunks.next(in) == null : !hasHead(in, out)) {
        return;
      }
    } catch (MalformedMessageException e) {
      refuse(in, out, BadRequest.of(e));
      return;
    }
    int start = in.readerIndex();
    super.decode(ctx, in, out);
    if (inBody && chunked) {
      chunks.decoded(in.readerIndex() - start);
    }
    if (!out.isEmpty()) {
      paused = out.get(out.size() - 1) instanceof LastHttpContent;
      if (!inBody && !paused) {
        chunked = HttpUtil.isTransferEncodingChunked((HttpMessage) out.get(0));
        chunks.begin();
      }
      inBody = !paused;
      requestLine = 0;
    }
  }

  @Override
  protected void decodeLast(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    // The client is gone, so the rest of its request is not needed.
  }

  private boolean hasHead(ByteBuf in, List<Object> out) {
    if (requestLine == 0 && !hasRequestLine(in, out)) {
      return false;
    }
    return fields.scan(in, in.readerIndex() + requestLine) >= 0;
  }

  private boolean hasRequestLine(ByteBuf in, List<Object> out) {
    skipEmptyLines(in);
    int start = in.readerIndex();
    int lf = in.indexOf(start, in.writerIndex(), HttpConstants.LF);
    if (lf < 0) {
      return in.readableBytes() > limits.requestLineBytes()
          && refuse(in, out, requestLineTooLong());
    }
    if (lf == start || in.getByte(lf - 1) != HttpConstants.CR) {
      return refuse(in, out, BadRequest.malformed("the request line does not end in CR LF"));
    }
    BadRequest problem = checkRequestLine(in, start, lf - 1);
    if (problem != null) {
      return refuse(in, out, problem);
    }
    requestLine = lf + 1 - start;
    fields.begin(requestLine);
    return true;
  }

  // RFC 9112, section 2.2: ignore empty lines before the request line.
  private static void skipEmptyLines(ByteBuf in) {
    while (in.isReadable(2) && in.getShort(in.readerIndex()) == 0x0d0a) {
      in.skipBytes(2);
    }
  }

  private @Nullable BadRequest checkRequestLine(ByteBuf in, int from, int to) {
    if (to - from > limits.requestLineBytes()) {
      return requestLineTooLong();
    }
    int target = in.indexOf(from, to, (byte) ' ') + 1;
    int version = target <= 0 ? 0 : in.indexOf(target, to, (byte) ' ') + 1;
    if (target <= from + 1 || version <= target + 1) {
      return BadRequest.malformed("the request line is not: method, space, target, space, version");
    }
    for (int i = from; i < target - 1; i++) { // Netty would skip some of these
      if (FieldSection.isControl(in.getByte(i))) {
        return BadRequest.malformed("a control character in the method");
      }
    }
    for (int i = target; i < version - 1; i++) {
      byte b = in.getByte(i);
      if (b <= ' ' || b == 0x7f || b == '#') { // bytes above 0x7f are negative
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

  private BadRequest requestLineTooLong() {
    return new BadRequest(
        HttpResponseStatus.REQUEST_URI_TOO_LONG,
        "the request line is longer than " + limits.requestLineBytes() + " bytes");
  }

  private boolean refuse(ByteBuf in, List<Object> out, BadRequest problem) {
    refused = true;
    in.skipBytes(in.readableBytes());
    out.add(problem);
    return false;
  }
}
