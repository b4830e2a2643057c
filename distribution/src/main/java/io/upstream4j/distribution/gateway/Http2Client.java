package io.upstream4j.distribution.gateway;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http2.Http2Connection.PropertyKey;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.upstream4j.core.config.GatewayLimits;
import io.upstream4j.core.connect.memory.MemoryAccount;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/2 client connection, whose streams are {@link Http2Request}s. Confined to its event loop.
 *
 * <p>The cost of a client is bounded by the codec ({@link
 * io.upstream4j.core.connect.codec.Http2Codec}), by the memory account of the connection, and here
 * by the number of resets. A client may not reset many more streams than were answered; the margin
 * suits proxies, which forward the resets of all their clients over one connection. A stream that
 * this side resets because of a protocol violation counts as a reset by the client.
 */
final class Http2Client extends LoopClient implements MemoryAccount.Holder {
  private static final int MAX_RESETS = 200;
  private static final int RESETS_WINDOW_SECONDS = 30;

  private final Gateway gateway;
  private final LoopClients clients;
  private final Channel channel;
  private final Client address;
  private final MemoryAccount account;
  private final GatewayLimits limits;
  private final Http2ServerCodec codec;
  private final PropertyKey key;
  private final Set<Http2Request> requests = new LinkedHashSet<>();
  private final List<Http2Request> touched = new ArrayList<>(); // in the current read
  private @Nullable ChannelHandlerContext context;
  private int idleSince;
  private boolean inRead;
  private boolean flushDue;
  private boolean failed;
  private int failedSince;
  private int resetsSince;
  private int resets; // beyond one per response

  private Http2Client(Gateway gateway, LoopClients clients, Channel channel, Client address) {
    this.gateway = gateway;
    this.clients = clients;
    this.channel = channel;
    this.address = address;
    this.account = gateway.openAccount(this);
    this.limits = gateway.limits();
    this.codec = new Http2ServerCodec(this, limits, new Frames());
    this.key = codec.connection().newKey();
    codec.connection().addListener(new Streams());
    codec.encoder().flowController().listener(this::writable);
  }

  /** Takes over a connection whose bytes begin with the preface, which was not consumed. */
  static void takeOver(Gateway gateway, LoopClients clients, Channel channel, Client address) {
    Http2Client client = new Http2Client(gateway, clients, channel, address);
    channel.config().setAutoRead(true); // flow control holds bodies back, per stream
    channel.pipeline().addLast(client.codec, client);
    client.context = channel.pipeline().context(client.codec);
  }

  Channel channel() {
    return channel;
  }

  /** Returns the limits that were announced to the client in SETTINGS. */
  GatewayLimits limits() {
    return limits;
  }

  MemoryAccount account() {
    return account;
  }

  Http2ServerCodec codec() {
    return codec;
  }

  /** Returns the context at which frames are written to the channel. */
  ChannelHandlerContext context() {
    return requireNonNull(context, "context");
  }

  /** Returns whether frames are being read. */
  boolean isInRead() {
    return inRead;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    idleSince = clients.now();
    clients.add(this);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    clients.remove(this);
    abandonAll(); // the codec has closed the streams
    account.close();
    gateway.closed();
  }

  private void abandonAll() {
    for (Http2Request request : List.copyOf(requests)) {
      request.abandon();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ReferenceCountUtil.release(message);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    inRead = false;
    for (int i = 0; i < touched.size(); i++) {
      touched.get(i).readComplete();
    }
    touched.clear();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    closeNow();
  }

  /** Called when the codec sent GOAWAY for a connection error. Further input is ignored. */
  void failed(ChannelFuture said) {
    failed = true;
    failedSince = clients.now();
    abandonAll();
    said.addListener(done -> shutdownOutput());
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the client closes, or the time-out
  private void shutdownOutput() {
    SslHandler tls = ServerTls.of(channel.pipeline());
    if (tls == null) {
      ((DuplexChannel) channel).shutdownOutput();
    } else {
      tls.closeOutbound().addListener(closed -> ((DuplexChannel) channel).shutdownOutput());
    }
  }

  /** Called when a stream was reset because the client violated the protocol. */
  void streamFailed() {
    countReset();
  }

  private void writable(Http2Stream stream) {
    Http2Request request = stream.getProperty(key);
    if (request != null) {
      request.writable();
    }
  }

  /**
   * Schedules a flush at the end of the loop's turn, together with other streams: the responses of
   * a backend to many streams may arrive in one read.
   */
  void flushSoon() {
    if (!flushDue && !inRead) { // the end of a read flushes anyway
      flushDue = true;
      channel.eventLoop().execute(this::flush);
    }
  }

  private void flush() {
    flushDue = false;
    codec.flush(context());
  }

  /** Called when the head of a response is sent. */
  void answered() {
    resets--;
  }

  /** Called when the client cancelled a request or violated the protocol in it. */
  void countReset() {
    int now = clients.now();
    if (now - resetsSince > RESETS_WINDOW_SECONDS) {
      resetsSince = now;
      resets = 0;
    }
    if (++resets > MAX_RESETS) {
      codec.fail(
          context(), Http2Error.ENHANCE_YOUR_CALM, "more streams were reset than were answered");
    }
  }

  private @Nullable Http2Request request(int id) {
    Http2Stream stream = codec.connection().stream(id);
    return stream == null ? null : stream.getProperty(key);
  }

  private void touch(Http2Request request) {
    if (request.touch()) {
      touched.add(request);
    }
  }

  /** Passes valid frames to the requests. */
  private final class Frames extends Http2FrameAdapter {
    @Override
    public int onDataRead(
        ChannelHandlerContext ctx, int id, ByteBuf data, int padding, boolean endOfStream) {
      inRead = true;
      Http2Request request = request(id);
      if (request == null) {
        return data.readableBytes() + padding;
      }
      touch(request);
      request.onData(data.retain(), endOfStream);
      return padding;
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx,
        int id,
        Http2Headers headers,
        int dependency,
        short weight,
        boolean exclusive,
        int padding,
        boolean endOfStream) {
      onHeadersRead(ctx, id, headers, padding, endOfStream);
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx, int id, Http2Headers headers, int padding, boolean endOfStream) {
      inRead = true;
      Http2Stream stream = codec.connection().stream(id);
      if (stream == null) {
        return;
      }
      Http2Request request = stream.getProperty(key);
      if (request == null) {
        request = new Http2Request(gateway, clients, Http2Client.this, stream, address);
        stream.setProperty(key, request);
        requests.add(request);
        clients.busy(Http2Client.this);
      }
      touch(request);
      request.onHeaders(headers, endOfStream);
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext ctx, int id, long errorCode) {
      countReset();
    }
  }

  private final class Streams extends Http2ConnectionAdapter {
    @Override
    public void onStreamClosed(Http2Stream stream) {
      Http2Request request = stream.getProperty(key);
      if (request != null) {
        requests.remove(request);
        idleSince = clients.now();
        if (requests.isEmpty()) {
          clients.idle(Http2Client.this);
        }
        request.abandon();
      }
    }
  }

  // Memory limits.

  /** Aborts requests, beginning with those that hold the most memory. */
  @Override
  public void shed() {
    channel.eventLoop().execute(this::giveUp);
  }

  private void giveUp() {
    gateway.shed();
    // Memory may be released only after a reset was sent, so it is counted here.
    long missing = account.used() / 2;
    while (missing > 0) {
      Http2Request largest = null;
      for (Http2Request request : requests) {
        if (largest == null || request.held() > largest.held()) {
          largest = request;
        }
      }
      if (largest == null) {
        closeNow();
        break;
      }
      missing -= largest.held();
      requests.remove(largest);
      largest.shed();
    }
    account.shedEnded();
  }

  // Time-outs.

  @Override
  void onTick(int now) {
    if (failed) {
      if (now - failedSince > gateway.timeouts().linger()) {
        closeNow();
      }
    } else if (requests.isEmpty()) {
      if (now - idleSince > gateway.timeouts().idle()) {
        closeIfIdle();
      }
    } else {
      for (Http2Request request : List.copyOf(requests)) { // time-outs remove
        request.onTick(now);
      }
    }
  }

  /** Sends GOAWAY. The codec closes the connection when its streams have ended. */
  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // see channelInactive
  void closeIfIdle() {
    channel.close();
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // see channelInactive
  void closeNow() {
    ChannelHandlerContext ctx = channel.pipeline().context(codec);
    if (ctx != null) {
      ctx.close(); // bypasses the codec, which would wait for the streams
    }
  }

  /** Reports to the codec that bytes of a stream's window are free again. */
  void consumed(Http2Stream stream, int bytes) {
    try {
      if (codec.connection().local().flowController().consumeBytes(stream, bytes)) {
        flushSoon();
      }
    } catch (Http2Exception e) {
      codec.onError(context(), true, e);
    }
  }
}
