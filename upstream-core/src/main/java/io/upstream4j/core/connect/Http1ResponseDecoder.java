package io.upstream4j.core.connect;

import static io.upstream4j.core.http1.MalformedMessageException.malformed;
import static io.upstream4j.core.http1.MalformedMessageException.tooLarge;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpConstants;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import io.upstream4j.core.http1.ChunkedBody;
import io.upstream4j.core.http1.FieldSection;
import io.upstream4j.core.http1.LineEnd;
import io.upstream4j.core.peer.ResponseLimits;
import java.util.List;

/**
 * Netty's decoder, which already refuses different or malformed lengths, a length beside a chunked
 * body, and HTTP/1.0 with a transfer coding; here it also refuses what can be read in more than one
 * way, and bytes that nobody asked for. Each head, and all trailers, are looked at before Netty
 * makes objects of them.
 *
 * <p>What all readers understand alike is accepted, though it is not as RFC 9112 has it, as other
 * proxies do: lines that end in a bare LF, white space after the size of a chunk, and a
 * Content-Length that is there several times with the same value. The client gets it as it should
 * be.
 *
 * <p>Bounds: a status line of 8 KiB; for a head, and for trailers, {@link ResponseLimits}.
 */
final class Http1ResponseDecoder extends HttpResponseDecoder {
  private static final int MAX_LINE = 8 * 1024;
  private static final int FIELD_OVERHEAD = 32;
  private static final int MAX_PART = 64 * 1024;
  private static final int STATUS_DIGITS = 3;
  private static final long HTTP_1_ = 0x485454502f312eL; // "HTTP/1."
  private static final int VERSION_LENGTH = 8;

  private final Http1Connection connection;
  private final FieldSection fields;
  private final ChunkedBody body;
  private boolean toHead;
  private boolean inHead;
  private boolean chunked;
  private int statusLine; // its length, once it was looked at
  private int section; // the length of the fields behind it, once all are there
  private boolean bareLf; // behind the status line
  private HttpVersion version = HttpVersion.HTTP_1_1; // of the response

  Http1ResponseDecoder(Http1Connection connection, ResponseLimits limits) {
    super(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(MAX_LINE)
            .setMaxHeaderSize(2 * limits.bytes()) // those of a head and its trailers are added up
            .setMaxChunkSize(MAX_PART)
            .setAllowDuplicateContentLengths(true) // of one value
            .setValidateHeaders(true)
            .setStrictLineParsing(true));
    this.connection = connection;
    this.fields = section("head", limits);
    this.body = new ChunkedBody(section("trailers", limits));
  }

  private static FieldSection section(String name, ResponseLimits limits) {
    return new FieldSection(name, LineEnd.LF, limits.fields(), limits.bytes(), FIELD_OVERHEAD);
  }

  /** A response's head comes next. */
  void expectHead(boolean forHeadRequest) {
    toHead = forHeadRequest;
    expectNextHead();
  }

  /** After an interim response (1xx) another head comes. */
  void expectNextHead() {
    inHead = true;
    chunked = false;
    statusLine = 0;
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    if (!connection.expectsBytes()) {
      connection.unexpectedBytes();
      in.skipBytes(in.readableBytes());
      return;
    }
    if (inHead) {
      if (hasHead(in)) {
        boolean rewritten = bareLf || fields.hasBareLf();
        super.decode(ctx, rewritten ? FieldSection.withCrLf(in, statusLine + section) : in, out);
      }
    } else if (chunked) {
      decodeChunks(ctx, in, out);
    } else {
      super.decode(ctx, in, out);
    }
  }

  @SuppressWarnings("ReferenceEquality") // the very buffer
  private void decodeChunks(ChannelHandlerContext ctx, ByteBuf in, List<Object> out)
      throws Exception {
    int start = in.readerIndex();
    ByteBuf next = body.next(in);
    if (next != null) {
      super.decode(ctx, next, out);
    }
    if (next == in) {
      body.decoded(in.readerIndex() - start);
    }
  }

  private boolean hasHead(ByteBuf in) {
    if (statusLine == 0 && !hasStatusLine(in)) {
      return false;
    }
    section = fields.scan(in, in.readerIndex() + statusLine);
    return section >= 0;
  }

  private boolean hasStatusLine(ByteBuf in) {
    int start = in.readerIndex();
    if (in.getByte(start) != 'H') {
      throw malformed("it does not begin with HTTP/");
    }
    int length = in.readableBytes();
    int lf = in.indexOf(start, start + Math.min(length, MAX_LINE), HttpConstants.LF);
    if (lf < 0) {
      if (length >= MAX_LINE) {
        throw tooLarge("a status line of more than " + MAX_LINE + " bytes");
      }
      return false;
    }
    bareLf = in.getByte(lf - 1) != HttpConstants.CR;
    checkStatusLine(in, start, bareLf ? lf : lf - 1);
    statusLine = lf + 1 - start;
    fields.begin(0);
    return true;
  }

  /** Netty takes any number for a status, and any text for a reason (RFC 9112, 4). */
  private static void checkStatusLine(ByteBuf in, int from, int to) {
    for (int i = from; i < to; i++) {
      if (FieldSection.isControl(in.getByte(i))) {
        throw malformed("a control character in the status line");
      }
    }
    int word = skipWord(in, from, to);
    checkVersion(in, from, word);
    int status = skipBlanks(in, word, to);
    int length = skipWord(in, status, to) - status;
    boolean valid = length == STATUS_DIGITS && in.getByte(status) != '0';
    for (int i = 0; valid && i < length; i++) {
      byte digit = in.getByte(status + i);
      valid = digit >= '0' && digit <= '9';
    }
    if (!valid) {
      throw malformed(
          "the status \""
              + in.toString(status, Math.min(length, 8), US_ASCII)
              + "\" (expected: three digits, 100 to 999)");
    }
  }

  private static void checkVersion(ByteBuf in, int from, int to) {
    boolean valid = to - from == VERSION_LENGTH && in.getLong(from) >>> 8 == HTTP_1_;
    byte minor = in.getByte(to - 1);
    if (!valid || minor < '0' || minor > '9') {
      throw malformed(
          "the version \""
              + in.toString(from, Math.min(to - from, VERSION_LENGTH), US_ASCII)
              + "\" (expected: HTTP/1.1 or HTTP/1.0)");
    }
  }

  private static int skipWord(ByteBuf in, int from, int to) {
    int i = from;
    while (i < to && !isBlank(in.getByte(i))) {
      i++;
    }
    return i;
  }

  private static int skipBlanks(ByteBuf in, int from, int to) {
    int i = from;
    while (i < to && isBlank(in.getByte(i))) {
      i++;
    }
    return i;
  }

  private static boolean isBlank(byte b) {
    return b == HttpConstants.SP || b == HttpConstants.HT;
  }

  @Override
  protected AsciiString splitHeaderName(byte[] line, int start, int length) {
    byte next = line[start + length];
    if (next != ':') {
      throw malformed("white space before the colon of a field");
    }
    return super.splitHeaderName(line, start, length);
  }

  /** Called once for each head, when its status line was read. */
  @Override
  protected HttpMessage createMessage(String[] line) {
    HttpMessage message = super.createMessage(line);
    version = message.protocolVersion();
    // Of several lengths of HTTP/1.0 Netty takes the first, and does not look at the others.
    return message.setProtocolVersion(HttpVersion.HTTP_1_1);
  }

  /** Called once for each head, when its headers are complete. */
  @Override
  protected boolean isContentAlwaysEmpty(HttpMessage message) {
    inHead = false;
    message.setProtocolVersion(version);
    HttpHeaders headers = message.headers();
    String coding = headers.get(HttpHeaderNames.TRANSFER_ENCODING);
    if (coding != null) {
      if (version.equals(HttpVersion.HTTP_1_0)) {
        throw malformed("it is HTTP/1.0 and has a Transfer-Encoding");
      }
      if (headers.contains(HttpHeaderNames.CONTENT_LENGTH)) {
        throw malformed("it has both Content-Length and Transfer-Encoding");
      }
      if (!HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(coding)
          || headers.getAll(HttpHeaderNames.TRANSFER_ENCODING).size() != 1) {
        throw malformed("it has the transfer coding \"" + coding + "\" (expected: chunked)");
      }
    }
    boolean empty = isEmpty(message);
    if (coding != null && !empty) {
      chunked = true;
      body.begin();
    }
    return empty;
  }

  private boolean isEmpty(HttpMessage message) {
    if (message instanceof HttpResponse response) {
      int status = response.status().code();
      // Netty reads a body of 16 bytes after some 101, as a draft of WebSocket had it.
      if (status == 101 || (toHead && status >= 200)) {
        return true;
      }
    }
    return super.isContentAlwaysEmpty(message);
  }
}
