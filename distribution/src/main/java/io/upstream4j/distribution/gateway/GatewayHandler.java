package io.upstream4j.distribution.gateway;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.upstream4j.core.connect.memory.MemoryAccount;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1 client connection. It receives one request after another, handles each with a {@link
 * ProxyExchange}, and enforces the time-outs. Confined to its event loop.
 *
 * <p>Only {@link #readIfWanted} reads from the client: between requests, while the backend takes
 * the body and a limited amount ahead of it, and once while a response is awaited, to detect a
 * client that left.
 */
final class GatewayHandler extends LoopClient implements ClientSide, MemoryAccount.Holder {
  private enum State {
    /** No byte of a request was received. */
    IDLE,
    /** A part of a head was received. */
    HEAD,
    /** A request is in progress. */
    BUSY,
    /** The client and the backend use another protocol through the connection. */
    TUNNEL,
    /** The last response is being sent; what the client still sends is dropped. */
    LINGERING,
    /** The last response is being sent; nothing is read. */
    CLOSING
  }

  private final Gateway gateway;
  private final ClientTimeouts timeouts;
  private final LoopClients clients;
  private final RequestDecoder decoder;
  private final ResponseEncoder encoder;
  private final ForwardHeaders headers;
  private final NettyRequestView view;
  private final MemoryAccount account;

  private @Nullable ChannelHandlerContext context;
  private @Nullable ProxyExchange exchange;
  private State state = State.IDLE;
  private boolean reading;
  private boolean flushWanted;
  private boolean inputEnded;
  private int since; // seconds: start of the state, or last progress of a body
  private int sentSince;
  private long unsent;
  private long charged; // for the response that waits for the socket

  private GatewayHandler(
      Gateway gateway,
      LoopClients clients,
      RequestDecoder decoder,
      ResponseEncoder encoder,
      Client client) {
    this.gateway = gateway;
    this.timeouts = gateway.timeouts();
    this.clients = clients;
    this.decoder = decoder;
    this.encoder = encoder;
    this.headers = ForwardHeaders.http1(client);
    this.view = new NettyRequestView(client.address());
    this.account = gateway.openAccount(this);
  }

  private ChannelHandlerContext context() {
    return requireNonNull(context, "context");
  }

  /** Takes over a connection before its first bytes. */
  static void takeOver(Gateway gateway, LoopClients clients, Channel channel, Client client) {
    RequestDecoder decoder = new RequestDecoder(gateway.limits());
    ResponseEncoder encoder = new ResponseEncoder();
    channel
        .pipeline()
        .addLast(decoder, encoder, new GatewayHandler(gateway, clients, decoder, encoder, client));
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
    since = clients.now();
    clients.add(this);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    become(State.CLOSING);
    clients.remove(this);
    gateway.closed();
    account.close();
    ProxyExchange abandoned = exchange;
    if (abandoned != null) {
      exchange = null;
      gateway.counters().aborted.increment();
      gateway.counters().ended.increment();
      abandoned.abandon();
      view.clear();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    reading = true;
    if (state == State.LINGERING || state == State.CLOSING) {
      ReferenceCountUtil.release(message);
    } else if (message instanceof ByteBuf bytes) {
      since = clients.now();
      onContent(new DefaultHttpContent(bytes)); // of a tunnel
    } else if (message instanceof HttpRequest request) {
      onRequest(request);
    } else if (message instanceof HttpContent content) {
      onContent(content);
    } else if (message instanceof BadRequest problem) {
      onBadRequest(problem);
    } else {
      ReferenceCountUtil.release(message);
    }
  }

  private void onBadRequest(BadRequest problem) {
    ProxyExchange current = exchange;
    if (current != null) { // in its body
      current.refuse(problem);
    } else {
      gateway.counters().requests.increment();
      refuse(problem);
    }
  }

  private void onRequest(HttpRequest request) {
    gateway.counters().requests.increment();
    become(State.BUSY);
    since = clients.now();
    if (request.decoderResult().isFailure()) {
      ReferenceCountUtil.release(request);
      refuse(BadRequest.malformed(malformation(request.decoderResult().cause())));
      return;
    }
    BadRequest problem = headers.read(request);
    if (problem != null) {
      refuse(problem, request);
      return;
    }
    ProxyExchange begun = new ProxyExchange(this, gateway, request, headers);
    exchange = begun;
    begun.begin(view);
  }

  private void become(State next) {
    state = next;
    if (next == State.IDLE) {
      clients.idle(this);
    } else {
      clients.busy(this);
    }
  }

  private static String malformation(@Nullable Throwable cause) {
    if (cause instanceof TooLongFrameException) {
      return "a line is too long";
    }
    String message = cause == null ? null : cause.getMessage();
    return message == null ? "the request is malformed" : printable(message);
  }

  // Escapes what the decoder quotes, so that it does not reach the client's terminal unchanged.
  private static String printable(String message) {
    StringBuilder text = new StringBuilder(message.length());
    for (int i = 0; i < message.length() && i < 200; i++) {
      char c = message.charAt(i);
      text.append(c < ' ' || c > '~' ? '?' : c);
    }
    return text.toString();
  }

  private void onContent(HttpContent content) {
    ProxyExchange current = exchange;
    if (current == null) {
      content.release(); // the rest of a request that was answered early
    } else if (content.decoderResult().isFailure()) {
      Throwable cause = content.decoderResult().cause();
      content.release();
      current.refuse(BadRequest.malformed(malformation(cause)));
    } else {
      since = clients.now();
      current.onContent(content);
    }
  }

  /** Answers a request that could not be read. */
  private void refuse(BadRequest problem) {
    refuse(problem, null);
  }

  /** Answers a request of which nothing was forwarded. */
  private void refuse(BadRequest problem, @Nullable HttpRequest request) {
    FullHttpResponse response = GatewayErrors.response(problem.status(), problem.reason());
    response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    encoder.answersHead(false);
    gateway.counters().responded(problem.status().code());
    gateway.counters().errors.increment();
    gateway.counters().ended.increment();
    AccessEntry entry = AccessEntry.begin(gateway.accessLog(), headers, request);
    if (entry != null) {
      entry.failed(problem.reason());
      entry.sent(response.content().readableBytes());
      entry.end(problem.status().code(), true);
    }
    send(response);
    closeAfterFlush(true);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    reading = false;
    ProxyExchange current = exchange;
    if (current != null) {
      current.flushContent();
    } else if (state == State.IDLE && decoder.hasBufferedBytes()) {
      become(State.HEAD);
      since = clients.now();
    }
    if (flushWanted) {
      flushWanted = false;
      ctx.flush();
      noteUnsent();
    }
    readIfWanted();
  }

  /** Reads from the client, unless earlier data is still unprocessed. */
  @Override
  public void readIfWanted() {
    ProxyExchange current = exchange;
    boolean wanted =
        switch (state) {
          case IDLE, HEAD, LINGERING -> true;
          case BUSY ->
              current != null
                  && (current.isRequestComplete()
                      ? !decoder.hasBufferedBytes()
                      : current.wantsContent());
          case TUNNEL -> !inputEnded && current != null && current.wantsContent();
          case CLOSING -> false;
        };
    if (wanted) {
      context().read();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    noteUnsent();
    ProxyExchange current = exchange;
    if (current != null && ctx.channel().isWritable()) {
      current.onClientWritable();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof SslCloseCompletionEvent goodbye && goodbye.isSuccess()) {
      onInputEnd();
    } else if (event instanceof ChannelInputShutdownEvent) {
      if (ServerTls.of(ctx.pipeline()) == null) {
        onInputEnd();
      } else if (!inputEnded) {
        closeNow(); // without close_notify, the data may have been truncated by others
      }
    }
  }

  /** Called when the client has sent its last byte. The client of a tunnel may continue to read. */
  private void onInputEnd() {
    inputEnded = true;
    ProxyExchange current = exchange;
    if (state == State.TUNNEL && current != null) {
      since = clients.now();
      current.onContent(LastHttpContent.EMPTY_LAST_CONTENT);
      flushContentSoon(current);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    closeNow(); // usually a reset; channelInactive ends the request
  }

  // Implementation of ClientSide.

  @Override
  public Channel channel() {
    return context().channel();
  }

  @Override
  public MemoryAccount account() {
    return account;
  }

  @Override
  public boolean isWritable() {
    return context().channel().isWritable();
  }

  @Override
  public void consumed(int bytes) {
    // TCP flow control holds the client back.
  }

  private void noteUnsent() {
    ChannelOutboundBuffer buffer = context().channel().unsafe().outboundBuffer();
    long now = buffer == null ? 0 : buffer.totalPendingWriteBytes();
    if (now != charged) {
      account.add(now - charged);
      charged = now;
    }
  }

  /** Aborts the request in progress, or the response that the client does not read. */
  @Override
  public void shed() {
    context().channel().eventLoop().execute(this::giveUp);
  }

  private void giveUp() {
    gateway.shed();
    ProxyExchange current = exchange;
    if (current != null) {
      current.shed();
    } else if (state != State.IDLE || charged > 0) {
      closeNow();
    }
    account.shedEnded();
  }

  @Override
  public Counters counters() {
    return gateway.counters();
  }

  /** Returns whether the gateway allows another request on the connection. */
  @Override
  public boolean staysOpen() {
    return !gateway.isLeaving() && !gateway.admission().isRoomWanted();
  }

  /** Flushes what an exchange wrote: now, or at the end of the current read. */
  @Override
  public void flushContentSoon(ProxyExchange current) {
    if (!reading) {
      current.flushContent();
      readIfWanted();
    }
  }

  /** Writes the head of a response. */
  @Override
  public void writeHead(HttpResponse head, boolean answersHead) {
    encoder.answersHead(answersHead);
    send(head);
  }

  @Override
  public @Nullable String problem(HttpResponse head) {
    return null; // HTTP/1.1 clients validate the handshake themselves
  }

  @Override
  public void openTunnel(HttpResponse head) {
    encoder.answersHead(false);
    send(head);
    send(LastHttpContent.EMPTY_LAST_CONTENT);
    become(State.TUNNEL);
    since = clients.now();
    ChannelHandlerContext ctx = context();
    flush();
    ctx.pipeline().remove(encoder);
    ctx.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    boolean inside = reading;
    reading = true; // removing the decoder delivers what the client sent ahead
    ctx.pipeline().remove(decoder);
    reading = inside;
    if (inputEnded) {
      onInputEnd();
    }
    readIfWanted();
  }

  /** Writes a part of a response without flushing. */
  @Override
  public void write(HttpContent part) {
    if (state == State.TUNNEL) {
      since = clients.now();
      send(part.content());
    } else {
      send(part);
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // failures arrive at exceptionCaught
  private void send(Object part) {
    ChannelHandlerContext ctx = context();
    ctx.write(part, ctx.voidPromise());
  }

  /** Flushes: now, or at the end of the current read. */
  @Override
  public void flush() {
    if (reading) {
      flushWanted = true;
    } else {
      context().flush();
      noteUnsent();
    }
  }

  /**
   * Called when the exchange has ended and its response was written.
   *
   * @param keepAlive whether another request may follow
   * @param requestComplete whether the whole request was read
   */
  @Override
  public void exchangeEnded(boolean keepAlive, boolean requestComplete) {
    exchange = null;
    view.clear();
    gateway.counters().ended.increment();
    if (!keepAlive) {
      closeAfterFlush(!requestComplete || decoder.hasBufferedBytes());
      return;
    }
    flush();
    become(State.IDLE);
    since = clients.now();
    boolean inside = reading;
    reading = true;
    boolean more = decoder.resume();
    reading = inside;
    if (!inside) {
      if (more) {
        channelReadComplete(context());
      } else {
        readIfWanted();
      }
    }
  }

  /**
   * Flushes and closes the connection.
   *
   * @param linger whether the client may still be sending; closing at once would then reset the
   *     connection and lose the response (RFC 9112, section 9.6)
   */
  @SuppressWarnings("FutureReturnValueIgnored") // see channelInactive
  private void closeAfterFlush(boolean linger) {
    ChannelHandlerContext ctx = context();
    since = clients.now();
    if (!linger) {
      become(State.CLOSING);
      ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
      return;
    }
    become(State.LINGERING);
    ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> shutdownOutput(ctx));
    if (ctx.pipeline().context(decoder) != null) { // a tunnel has no decoder
      ctx.pipeline().remove(decoder);
    }
    if (!reading) {
      readIfWanted();
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // see channelInactive
  private static void shutdownOutput(ChannelHandlerContext ctx) {
    DuplexChannel channel = (DuplexChannel) ctx.channel();
    SslHandler tls = ServerTls.of(ctx.pipeline());
    if (tls == null) {
      channel.shutdownOutput();
    } else {
      tls.closeOutbound().addListener(said -> channel.shutdownOutput());
    }
  }

  /**
   * Closes the connection in the middle of a response.
   *
   * @param reset whether the client would take a normal close for the end of the response
   */
  @Override
  public void breakOff(boolean reset) {
    exchange = null;
    view.clear();
    gateway.counters().ended.increment();
    become(State.CLOSING);
    ChannelHandlerContext ctx = context();
    if (reset) {
      ctx.channel().config().setOption(ChannelOption.SO_LINGER, 0);
      closePastTls();
    } else {
      ctx.flush();
      closeNow();
    }
  }

  /**
   * Closes the connection without TLS's close_notify, which would mark the response as complete.
   */
  @SuppressWarnings("FutureReturnValueIgnored") // see channelInactive
  private void closePastTls() {
    ChannelHandlerContext tls = context().pipeline().context(SslHandler.class);
    (tls == null ? context() : tls).close();
  }

  /** Closes the connection at once, aborting any request in progress. */
  @SuppressWarnings("FutureReturnValueIgnored") // see channelInactive
  @Override
  void closeNow() {
    context().close();
  }

  /** Closes the connection after the last response if no byte of a request was received. */
  @Override
  void closeIfIdle() {
    if (state != State.IDLE) {
      return;
    }
    ChannelOutboundBuffer unsent = context().channel().unsafe().outboundBuffer();
    if (unsent == null || unsent.isEmpty()) {
      closeNow();
    } else {
      closeAfterFlush(false);
    }
  }

  /** Called once a second. */
  @Override
  void onTick(int now) {
    noteUnsent();
    if (hasStalled(now)) {
      closeNow();
      return;
    }
    int waited = now - since;
    switch (state) {
      case IDLE -> closeAfter(timeouts.idle(), waited);
      case HEAD -> {
        if (waited > timeouts.head()) {
          gateway.counters().requests.increment();
          refuse(timeout("the head of the request did not come in time"));
        }
      }
      case BUSY -> {
        ProxyExchange current = exchange;
        if (current != null && !current.isRequestComplete()) {
          if (!current.takesContent()) {
            since = now; // waiting for the backend, not for the client
            closeIfAbandoned();
          } else if (waited > timeouts.body()) {
            current.refuse(timeout("the body of the request did not come in time"));
          }
        }
      }
      case TUNNEL -> closeAfter(timeouts.tunnel(), waited);
      case LINGERING -> closeAfter(timeouts.linger(), waited);
      case CLOSING -> closeAfter(timeouts.send(), waited);
    }
  }

  /**
   * Detects a client that left while it is not read from because the backend takes no more data.
   */
  private void closeIfAbandoned() {
    if (gateway.connector().hasPeerEnded(context().channel())) {
      closeNow();
    }
  }

  private static BadRequest timeout(String reason) {
    return new BadRequest(HttpResponseStatus.REQUEST_TIMEOUT, reason);
  }

  private void closeAfter(int seconds, int waited) {
    if (waited > seconds) {
      closeNow();
    }
  }

  /** Returns whether the client has not read any waiting data for too long. */
  private boolean hasStalled(int now) {
    Channel channel = context().channel();
    if (channel.isWritable()) {
      unsent = 0;
      return false;
    }
    long waiting = channel.bytesBeforeWritable();
    if (waiting != unsent) {
      unsent = waiting;
      sentSince = now;
    }
    return now - sentSince > timeouts.send();
  }
}
