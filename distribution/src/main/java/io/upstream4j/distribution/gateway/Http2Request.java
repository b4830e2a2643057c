package io.upstream4j.distribution.gateway;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.DefaultChannelPromise;
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
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.HttpConversionUtil;
import io.upstream4j.core.connect.codec.BodyBuffer;
import io.upstream4j.core.connect.codec.BoundedFields;
import io.upstream4j.core.connect.memory.MemoryAccount;
import org.jspecify.annotations.Nullable;

/**
 * A stream of an HTTP/2 client: a request and its response. The stream's window grows as the
 * backend takes the body, so a slow backend holds back only this stream. Confined to its event
 * loop.
 *
 * <p>Bounds: the waiting part of the body is limited by the stream's window. The response that
 * waits for the client's window is limited by one read from the backend, because no more is read
 * meanwhile. Both are charged to the connection's account.
 */
final class Http2Request implements ClientSide, ChannelFutureListener {
  // The overhead charged for each waiting part.
  private static final int PART_BYTES = 256;

  private final Gateway gateway;
  private final LoopClients clients;
  private final Http2Client connection;
  private final Http2Stream stream;
  private final ForwardHeaders headers;
  private final NettyRequestView view;
  private @Nullable ProxyExchange exchange;
  private @Nullable Http2Headers unwrittenHead; // of the response
  private @Nullable ChannelFuture written; // the last part of the response
  private boolean begun;
  private @Nullable WebSocketHandshake handshake; // of a WebSocket request
  private @Nullable BodyBuffer early; // data for the tunnel before it is open
  private boolean tunnel;
  private boolean inputEnded;
  private boolean ended; // no more data in either direction
  private boolean touched; // by a frame in the current read
  private int since; // the last progress of the request
  private int sentSince;
  private boolean sending; // bytes of the response were sent since the last tick
  private long unsent; // bytes of the response, including overhead
  private int lastWindow;

  Http2Request(
      Gateway gateway,
      LoopClients clients,
      Http2Client connection,
      Http2Stream stream,
      Client client) {
    this.gateway = gateway;
    this.clients = clients;
    this.connection = connection;
    this.stream = stream;
    this.headers = ForwardHeaders.http2(client);
    this.view = new NettyRequestView(client.address());
    this.since = clients.now();
  }

  /** Called when the stream or the connection is closed. */
  void abandon() {
    ended = true;
    ProxyExchange abandoned = exchange;
    if (abandoned != null) {
      over();
      gateway.counters().aborted.increment();
      abandoned.abandon();
    }
  }

  /** Handles a head or trailers. */
  void onHeaders(Http2Headers fields, boolean endOfStream) {
    since = clients.now();
    boolean tooMany = BoundedFields.isExceededIn(fields);
    try {
      if (begun) {
        onTrailers(fields, tooMany);
        return;
      }
      begun = true;
      handshake = WebSocketHandshake.of(fields);
      begin(Http2Heads.request(fields, endOfStream, handshake), tooMany ? tooManyFields() : null);
    } catch (IllegalArgumentException e) {
      reset(Http2Error.PROTOCOL_ERROR);
      connection.streamFailed();
      return;
    }
    ProxyExchange current = exchange;
    if (current != null && handshake != null) {
      early = new BodyBuffer(connection.channel().alloc(), connection.account());
      current.onContent(LastHttpContent.EMPTY_LAST_CONTENT); // of the handshake
    }
    if (endOfStream) {
      onContent(LastHttpContent.EMPTY_LAST_CONTENT);
    }
  }

  private BadRequest tooManyFields() {
    return BadRequest.tooManyFields(connection.limits().headerFields());
  }

  private void onTrailers(Http2Headers fields, boolean tooMany) {
    ProxyExchange current = exchange;
    if (tooMany && current != null) {
      current.refuse(tooManyFields());
      return;
    }
    LastHttpContent last = new DefaultLastHttpContent();
    Http2Heads.copyTrailers(fields, last.trailingHeaders());
    onContent(last);
  }

  private void begin(HttpRequest request, @Nullable BadRequest known) {
    gateway.counters().requests.increment();
    BadRequest problem = known == null ? checkTarget(request) : known;
    BadRequest misread = headers.read(request);
    ProxyExchange current = new ProxyExchange(this, gateway, request, headers);
    exchange = current;
    if (problem != null || misread != null) {
      BadRequest told = problem == null ? requireNonNull(misread) : problem;
      current.answer(told.status(), told.reason());
      return;
    }
    current.begin(view);
  }

  // Checks the target like the HTTP/1.1 decoder checks a request line (RFC 9113, section 8.3.1).
  private @Nullable BadRequest checkTarget(HttpRequest request) {
    String target = request.uri();
    if (request.method().equals(HttpMethod.CONNECT)) {
      return null; // refused as CONNECT
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
    return target.length() <= connection.limits().requestLineBytes()
        ? null
        : new BadRequest(HttpResponseStatus.REQUEST_URI_TOO_LONG, ":path is too long");
  }

  /** Handles a part of the body, and releases it. */
  void onData(ByteBuf data, boolean endOfStream) {
    since = clients.now();
    onContent(endOfStream ? new DefaultLastHttpContent(data) : new DefaultHttpContent(data));
  }

  private void onContent(HttpContent content) {
    ProxyExchange current = exchange;
    if (current == null) { // a request that was answered early
      consumed(content.content().readableBytes());
      content.release();
      return;
    }
    inputEnded |= content instanceof LastHttpContent;
    BodyBuffer waiting = early;
    if (waiting != null) {
      waiting.keep(content.content());
    } else {
      current.onContent(content);
    }
  }

  /** Called when a frame is read. Returns whether it is the first one in this read. */
  boolean touch() {
    boolean first = !touched;
    touched = true;
    return first;
  }

  /** Called at the end of a read. */
  void readComplete() {
    touched = false;
    ProxyExchange current = exchange;
    if (current != null) {
      current.flushContent();
    }
  }

  /** Called when the client takes more of the response. */
  void writable() {
    ProxyExchange current = exchange;
    if (current != null && isWritable()) {
      current.onClientWritable();
    }
  }

  /** Returns the memory held for this stream. */
  long held() {
    ProxyExchange current = exchange;
    BodyBuffer waiting = early;
    return unsent
        + (current == null ? 0 : current.held())
        + (waiting == null ? 0 : waiting.bytes());
  }

  /**
   * Releases memory: answers with an error if no response has begun, else resets a response that
   * the client does not read.
   */
  void shed() {
    ProxyExchange current = exchange;
    if (current != null) {
      current.shed();
    }
    if (unsent > 0 && !isWritable()) { // not read by the client
      reset(Http2Error.ENHANCE_YOUR_CALM);
    }
  }

  void onTick(int now) {
    ProxyExchange current = exchange;
    if (stalled(now)) {
      reset(Http2Error.CANCEL);
    } else if (current == null) {
      if (unsent == 0 && now - since > gateway.timeouts().head()) {
        reset(Http2Error.CANCEL);
      }
    } else if (tunnel) {
      if (now - since > gateway.timeouts().tunnel()) {
        reset(Http2Error.CANCEL);
      }
    } else if (!current.isRequestComplete()) {
      if (!current.takesContent()) {
        since = now; // waiting for the backend, not for the client
      } else if (now - since > gateway.timeouts().body()) {
        current.refuse(
            new BadRequest(
                HttpResponseStatus.REQUEST_TIMEOUT,
                "the body of the request did not come in time"));
      }
    }
  }

  /** Returns whether the client has not read any waiting data for too long. */
  private boolean stalled(int now) {
    int window = flow().windowSize(stream);
    if (unsent == 0 || sending || window != lastWindow) {
      sending = false;
      lastWindow = window;
      sentSince = now;
    }
    return now - sentSince > gateway.timeouts().send();
  }

  private Http2RemoteFlowController flow() {
    return connection.codec().encoder().flowController();
  }

  @Override
  public Channel channel() {
    return connection.channel();
  }

  @Override
  public MemoryAccount account() {
    return connection.account();
  }

  @Override
  public boolean isWritable() {
    return !ended && flow().isWritable(stream);
  }

  @Override
  public void consumed(int bytes) {
    if (bytes > 0 && !ended) {
      connection.consumed(stream, bytes);
    }
  }

  @Override
  public Counters counters() {
    return gateway.counters();
  }

  @Override
  public boolean staysOpen() {
    return true; // GOAWAY ends the connection
  }

  @Override
  public void readIfWanted() {
    // Flow control holds the client back; consumed() extends its window.
  }

  @Override
  public void flushContentSoon(ProxyExchange current) {
    if (!connection.isInRead()) {
      current.flushContent();
    }
  }

  @Override
  public void writeHead(HttpResponse head, boolean answersHead) {
    connection.answered();
    Http2Headers fields = HttpConversionUtil.toHttp2Headers(head, false);
    if (head instanceof FullHttpResponse full) {
      boolean interim = head.status().codeClass() == HttpStatusClass.INFORMATIONAL;
      boolean bodiless = answersHead || !full.content().isReadable();
      writeHeaders(fields, bodiless && !interim);
      if (bodiless) {
        full.release();
      } else {
        writeData(full.content(), true);
      }
    } else {
      unwrittenHead = fields;
    }
  }

  /**
   * Writes the delayed head. It is delayed so that a head and the end of the stream form one frame:
   * gRPC clients recognise a failure without a body by this.
   */
  private void writeHead(boolean endOfStream) {
    Http2Headers fields = unwrittenHead;
    if (fields != null) {
      unwrittenHead = null;
      writeHeaders(fields, endOfStream);
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
    fields.remove(HttpHeaderNames.SEC_WEBSOCKET_ACCEPT); // RFC 8441, section 5
    unwrittenHead = fields;
    flush();
    ProxyExchange current = requireNonNull(exchange, "exchange");
    BodyBuffer waiting = requireNonNull(early, "early");
    early = null;
    for (ByteBuf data = waiting.poll(); data != null; data = waiting.poll()) {
      current.onContent(new DefaultHttpContent(data));
    }
    if (inputEnded) {
      current.onContent(LastHttpContent.EMPTY_LAST_CONTENT);
    }
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
      writeData(part.content(), last && !hasTrailers);
    } else {
      part.release();
    }
    if (hasTrailers) {
      Http2Headers fields = HttpConversionUtil.toHttp2Headers(trailers, false);
      writeHeaders(fields, true);
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
      // RFC 9113, section 8.1: after the whole response was sent, the rest of the request is not
      // needed.
      requireNonNull(written, "written").addListener(sent -> reset(Http2Error.NO_ERROR));
    }
  }

  private void over() {
    exchange = null;
    BodyBuffer waiting = early;
    if (waiting != null) {
      early = null;
      consumed((int) waiting.bytes());
      waiting.release();
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

  private void writeHeaders(Http2Headers fields, boolean endOfStream) {
    written =
        connection
            .codec()
            .encoder()
            .writeHeaders(
                connection.context(),
                stream.id(),
                fields,
                0,
                endOfStream,
                connection.context().newPromise());
  }

  private void writeData(ByteBuf data, boolean endOfStream) {
    Part part = new Part(connection.channel(), data.readableBytes() + PART_BYTES);
    unsent += part.cost;
    connection.account().add(part.cost);
    part.addListener(this);
    written =
        connection
            .codec()
            .encoder()
            .writeData(connection.context(), stream.id(), data, 0, endOfStream, part);
  }

  /** A part of the response, charged until it was sent. */
  private static final class Part extends DefaultChannelPromise {
    private final int cost;

    Part(Channel channel, int cost) {
      super(channel, channel.eventLoop());
      this.cost = cost;
    }
  }

  @Override
  public void operationComplete(ChannelFuture sent) {
    int cost = ((Part) sent).cost;
    unsent -= cost;
    sending = true;
    connection.account().add(-cost);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // see the end of the stream
  private void reset(Http2Error error) {
    if (!ended) {
      connection
          .codec()
          .resetStream(
              connection.context(), stream.id(), error.code(), connection.context().newPromise());
      connection.flushSoon();
    }
  }
}
