package io.upstream4j.core.connect;

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
import io.netty.util.AsciiString;
import java.util.List;

/**
 * Netty's decoder, which already refuses bare line feeds, different or malformed lengths, a length
 * beside a chunked body, and HTTP/1.0 with a transfer coding; here it also refuses what can be read
 * in more than one way, and bytes that nobody asked for.
 *
 * <p>Bounds: a status line of 8 KiB, headers of 64 KiB, as much for trailers.
 */
final class ResponseDecoder extends HttpResponseDecoder {
  private static final int MAX_LINE = 8 * 1024;
  private static final int MAX_HEADERS = 64 * 1024;
  private static final int MAX_PART = 64 * 1024;

  private final Http1Connection connection;
  private boolean toHead;
  private boolean inHead;
  private boolean lineBegun;

  ResponseDecoder(Http1Connection connection) {
    super(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(MAX_LINE)
            .setMaxHeaderSize(MAX_HEADERS)
            .setMaxChunkSize(MAX_PART)
            .setValidateHeaders(true)
            .setStrictLineParsing(true));
    this.connection = connection;
  }

  /** A response's head comes next. */
  void expectHead(boolean forHeadRequest) {
    toHead = forHeadRequest;
    inHead = true;
    lineBegun = false;
  }

  /** After an interim response (1xx) another head comes. */
  void expectNextHead() {
    inHead = true;
    lineBegun = false;
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    if (!connection.expectsBytes()) {
      connection.unexpectedBytes();
      in.skipBytes(in.readableBytes());
      return;
    }
    if (inHead) {
      checkLines(in);
    }
    super.decode(ctx, in, out);
  }

  /** Looks at the beginnings of the head's lines, before the decoder takes them. */
  private void checkLines(ByteBuf in) {
    int from = in.readerIndex();
    int end = in.writerIndex();
    if (!lineBegun) {
      if (in.getByte(from) != 'H') {
        throw new AmbiguousResponseException("does not begin with HTTP/");
      }
      lineBegun = true;
    }
    while (from < end) {
      byte first = in.getByte(from);
      if (first == ' ' || first == '\t') {
        throw new AmbiguousResponseException("has a folded header line (RFC 9112, section 5.2)");
      }
      if (first == HttpConstants.CR || first == HttpConstants.LF) {
        return;
      }
      int lineFeed = in.indexOf(from, end, HttpConstants.LF);
      if (lineFeed < 0) {
        return;
      }
      from = lineFeed + 1;
    }
  }

  @Override
  protected AsciiString splitHeaderName(byte[] line, int start, int length) {
    byte next = line[start + length];
    if (next != ':') {
      throw new AmbiguousResponseException("has white space before a header's colon");
    }
    return super.splitHeaderName(line, start, length);
  }

  /** Called once for each head, when its headers are complete. */
  @Override
  protected boolean isContentAlwaysEmpty(HttpMessage message) {
    inHead = false;
    HttpHeaders headers = message.headers();
    String coding = headers.get(HttpHeaderNames.TRANSFER_ENCODING);
    if (coding != null) {
      if (headers.contains(HttpHeaderNames.CONTENT_LENGTH)) {
        throw new AmbiguousResponseException("has both Content-Length and Transfer-Encoding");
      }
      if (!HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(coding)
          || headers.getAll(HttpHeaderNames.TRANSFER_ENCODING).size() != 1) {
        throw new AmbiguousResponseException(
            "has the transfer coding \"" + coding + "\" (expected: chunked)");
      }
    }
    if (message.protocolVersion().majorVersion() != 1) {
      throw new AmbiguousResponseException(
          "is " + message.protocolVersion() + " (expected: HTTP/1.1 or HTTP/1.0)");
    }
    if (message instanceof HttpResponse response) {
      int status = response.status().code();
      // Netty reads a body of 16 bytes after some 101, as a draft of WebSocket had it.
      if (status == 101 || (toHead && status >= 200)) {
        return true;
      }
    }
    return super.isContentAlwaysEmpty(message);
  }

  /** A response that two readers may understand differently. */
  static final class AmbiguousResponseException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    AmbiguousResponseException(String detail) {
      super(detail);
    }
  }
}
