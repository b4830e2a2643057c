package io.upstream4j.distribution.gateway;

import static java.util.Objects.requireNonNull;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.HttpConversionUtil;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * One stream of an HTTP/2 client: one request and its response. Reads of the stream are what gives
 * the client more of its window, so a slow backend holds back this stream and no other. Confined to
 * its event loop.
 */
final class Http2Request extends ChannelInboundHandlerAdapter implements ClientSide {
  private final Gateway gateway;
  private final LoopClients clients;
  private final Http2Client connection;
  private final Channel stream;
  private final ForwardHeaders headers;
  private final NettyRequestView view;
  private @Nullable ProxyExchange exchange;
  private @Nullable Http2Headers unwrittenHead; // of the response
  private @Nullable ChannelFuture written; // the last part of the response
  private boolean begun;
  private boolean reading;
  private @Nullable WebSocketHandshake handshake; // of a request for a WebSocket
  private @Nullable Queue<HttpContent> early; // for its tunnel, while that is not open
  private boolean tunnel;
  private boolean inputEnded;
  private int since; // the last progress of the request
  private int sentSince;
  private long unsent;

  Http2Request(
      Gateway gateway, LoopClients clients, Http2Client connection, Channel stream, Client client) {
    this.gateway = gateway;
    this.clients = clients;
    this.connection = connection;
    this.stream = stream;
    this.headers = ForwardHeaders.http2(client);
    this.view = new NettyRequestView(client.address());
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    since = clients.now();
    connection.began(this);
    ctx.read();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    connection.ended(this);
    ProxyExchange abandoned = exchange;
    if (abandoned != null) {
      over();
      gateway.counters().aborted.increment();
      abandoned.abandon();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    reading = true;
    since = clients.now();
    if (message instanceof Http2HeadersFrame frame) {
      onHeaders(frame.headers(), frame.isEndStream());
    } else if (message instanceof Http2DataFrame frame) {
      onContent(
          frame.isEndStream()
              ? new DefaultLastHttpContent(frame.content())
              : new DefaultHttpContent(frame.content()));
    } else {
      ReferenceCountUtil.release(message);
    }
  }

  private void onHeaders(Http2Headers fields, boolean endOfStream) {
    try {
      if (begun) {
        LastHttpContent last = new DefaultLastHttpContent();
        Http2Heads.copyTrailers(fields, last.trailingHeaders());
        onContent(last);
        return;
      }
      begun = true;
      handshake = WebSocketHandshake.of(fields);
      begin(Http2Heads.request(fields, endOfStream, handshake));
    } catch (IllegalArgumentException e) {
      reset(Http2Error.PROTOCOL_ERROR);
      return;
    }
    ProxyExchange current = exchange;
    if (current != null && handshake != null) {
      early = new ArrayDeque<>();
      current.onContent(LastHttpContent.EMPTY_LAST_CONTENT); // of the handshake
    }
    if (endOfStream) {
      onContent(LastHttpContent.EMPTY_LAST_CONTENT);
    }
  }

  private void begin(HttpRequest request) {
    gateway.counters().requests.increment();
    BadRequest problem = checkTarget(request);
    if (problem == null) {
      problem = headers.read(request);
    }
    ProxyExchange current = new ProxyExchange(this, gateway, request, headers);
    exchange = current;
    if (problem != null) {
      current.answer(problem.status(), problem.reason());
      return;
    }
    current.begin(view);
  }

  // What the decoder of HTTP/1.1 refuses in a request line (RFC 9113, 8.3.1).
  private static @Nullable BadRequest checkTarget(HttpRequest request) {
    String target = request.uri();
    if (request.method().equals(HttpMethod.CONNECT)) {
      return null; // refused for being one
    }
    if (!target.startsWith("/") && !target.equals("*")) {
      return BadRequest.malformed(":path is not a path");
    }
    for (int i = 0; i < target.length(); i++) {
      char c = target.charAt(i);
      if (c <= ' ' || c >= 0x7f || c == '#') {
        return BadRequest.malformed(":path holds a character that must be percent-encoded");
      }
    }
    return target.length() <= RequestDecoder.MAX_REQUEST_LINE_BYTES
        ? null
        : new BadRequest(HttpResponseStatus.REQUEST_URI_TOO_LONG, ":path is too long");
  }

  private void onContent(HttpContent content) {
    ProxyExchange current = exchange;
    if (current == null) {
      content.release(); // of a request that was answered early
      return;
    }
    inputEnded |= content instanceof LastHttpContent;
    if (early != null) {
      early.add(content);
    } else {
      current.onContent(content);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    reading = false;
    ProxyExchange current = exchange;
    if (current != null) {
      current.flushContent();
    }
    readIfWanted();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    ProxyExchange current = exchange;
    if (current != null && stream.isWritable()) {
      current.onClientWritable();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof Http2ResetFrame) {
      connection.wasReset();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    reset(Http2Error.PROTOCOL_ERROR); // a malformed request, or a client that has gone
  }

  void onTick(int now) {
    ProxyExchange current = exchange;
    if (current == null || stalled(now)) {
      if (current != null || now - since > gateway.timeouts().head()) {
        reset(Http2Error.CANCEL);
      }
    } else if (tunnel) {
      if (now - since > gateway.timeouts().tunnel()) {
        reset(Http2Error.CANCEL);
      }
    } else if (!current.isRequestComplete()) {
      if (!current.wantsContent()) {
        since = now; // it is the backend that keeps the client waiting
      } else if (now - since > gateway.timeouts().body()) {
        current.refuse(
            new BadRequest(
                HttpResponseStatus.REQUEST_TIMEOUT,
                "the body of the request did not come in time"));
      }
    }
  }

  private boolean stalled(int now) {
    long waiting = stream.isWritable() ? 0 : stream.bytesBeforeWritable();
    if (waiting == 0 || waiting != unsent) {
      unsent = waiting;
      sentSince = now;
    }
    return now - sentSince > gateway.timeouts().send();
  }

  @Override
  public Channel channel() {
    return stream;
  }

  @Override
  public Counters counters() {
    return gateway.counters();
  }

  @Override
  public boolean staysOpen() {
    return true; // GOAWAY says so for the connection
  }

  @Override
  public void readIfWanted() {
    ProxyExchange current = exchange;
    if (current == null || !current.wantsContent()) {
      return;
    }
    if (tunnel ? !inputEnded : !current.isRequestComplete()) {
      stream.read();
    }
  }

  @Override
  public void flushContentSoon(ProxyExchange current) {
    if (!reading) {
      current.flushContent();
      readIfWanted();
    }
  }

  @Override
  public void writeHead(HttpResponse head, boolean answersHead) {
    connection.answered();
    Http2Headers fields = HttpConversionUtil.toHttp2Headers(head, false);
    if (head instanceof FullHttpResponse full) {
      boolean interim = head.status().codeClass() == HttpStatusClass.INFORMATIONAL;
      boolean bodiless = answersHead || !full.content().isReadable();
      written = stream.write(new DefaultHttp2HeadersFrame(fields, bodiless && !interim));
      if (bodiless) {
        full.release();
      } else {
        written = stream.write(new DefaultHttp2DataFrame(full.content(), true));
      }
    } else {
      unwrittenHead = fields;
    }
  }

  /**
   * A head waits for what comes with it: when that is the end, both are one frame. Clients of gRPC
   * tell a failure without a body by that.
   */
  private void writeHead(boolean endOfStream) {
    Http2Headers fields = unwrittenHead;
    if (fields != null) {
      unwrittenHead = null;
      written = stream.write(new DefaultHttp2HeadersFrame(fields, endOfStream));
    }
  }

  @Override
  public @Nullable String problem(HttpResponse head) {
    return handshake == null ? null : handshake.problem(head);
  }

  @Override
  public void openTunnel(HttpResponse head) {
    connection.answered();
    tunnel = true;
    since = clients.now();
    Http2Headers fields = HttpConversionUtil.toHttp2Headers(head, false);
    fields.status(HttpResponseStatus.OK.codeAsText());
    fields.remove(HttpHeaderNames.SEC_WEBSOCKET_ACCEPT); // RFC 8441, 5
    unwrittenHead = fields;
    flush();
    ProxyExchange current = requireNonNull(exchange, "exchange");
    Queue<HttpContent> waiting = requireNonNull(early, "early");
    early = null;
    waiting.forEach(current::onContent);
    flushContentSoon(current);
  }

  @Override
  public void write(HttpContent part) {
    if (tunnel) {
      since = clients.now();
    }
    if (part instanceof LastHttpContent last
        && unwrittenHead != null
        && !last.content().isReadable()
        && last.trailingHeaders().isEmpty()) {
      last.release();
      writeHead(true);
      return;
    }
    writeHead(false);
    boolean last = part instanceof LastHttpContent;
    HttpHeaders trailers = last ? ((LastHttpContent) part).trailingHeaders() : null;
    boolean hasTrailers = trailers != null && !trailers.isEmpty();
    if (!hasTrailers || part.content().isReadable()) {
      written = stream.write(new DefaultHttp2DataFrame(part.content(), last && !hasTrailers));
    } else {
      part.release();
    }
    if (hasTrailers) {
      Http2Headers fields = HttpConversionUtil.toHttp2Headers(trailers, false);
      written = stream.write(new DefaultHttp2HeadersFrame(fields, true));
    }
  }

  @Override
  public void flush() {
    writeHead(false);
    connection.flushSoon();
  }

  @Override
  public void exchangeEnded(boolean keepAlive, boolean requestComplete) {
    over();
    flush();
    if (!requestComplete || (handshake != null && !inputEnded)) {
      // RFC 9113, 8.1: the rest of the request is not wanted, once the whole answer is there.
      requireNonNull(written, "written").addListener(sent -> reset(Http2Error.NO_ERROR));
    }
  }

  private void over() {
    exchange = null;
    if (early != null) {
      early.forEach(HttpContent::release);
      early = null;
    }
    view.clear();
    gateway.counters().ended.increment();
  }

  @Override
  public void breakOff(boolean reset) {
    requireNonNull(exchange, "exchange");
    over();
    reset(Http2Error.INTERNAL_ERROR);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // channelInactive tells
  private void reset(Http2Error error) {
    stream.writeAndFlush(new DefaultHttp2ResetFrame(error));
    stream.close();
  }
}
