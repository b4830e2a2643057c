package io.upstream4j.core.connect;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.Http2Connection.PropertyKey;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import io.upstream4j.core.connect.tls.TlsFailures;
import io.upstream4j.core.peer.CloseReason;
import io.upstream4j.core.peer.Http2Options;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import java.io.IOException;
import java.lang.System.Logger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A connection that speaks HTTP/2, and the streams of it that are in use. Everything in it happens
 * on its event loop.
 *
 * <p>A stream is counted from the time it is handed out until both sides have closed it, so that no
 * request can be one too many. The connection always reads; what the caller of a stream has not
 * asked for is bounded by the stream's window.
 */
final class Http2Connection extends PooledConnection {
  private static final Logger LOG = System.getLogger(Http2Connection.class.getName());

  final Http2PeerCodec codec;
  final Http2Timer timer;
  private final PropertyKey key;
  private final Http2Options options;
  private final List<Http2Exchange> delivered = new ArrayList<>();
  private @Nullable ConnectionSetup setup;
  private @Nullable ChannelHandlerContext context;

  /** How many the peer allows. */
  private int limit;

  private int inUse;
  private boolean begun;
  private boolean used;

  /** The peer has looked at some request. */
  private boolean served;

  /** The peer takes no new streams. */
  private boolean goingAway;

  private boolean closing;
  private boolean keepPlace;
  private boolean flushDue;
  private boolean inRead;
  private long lastRead = System.nanoTime();

  Http2Connection(PeerPool pool, LoopPool home, Channel channel, ConnectionSetup setup) {
    super(pool, home, channel);
    this.setup = setup;
    this.options = peer.options().http2();
    this.codec =
        new Http2PeerCodec(this, options, peer.options().responses(), new Http2Frames(this));
    this.timer = new Http2Timer(this);
    this.key = codec.connection().newKey();
    codec.connection().addListener(new Events());
    codec.encoder().flowController().listener(this::writable);
  }

  void addTo(ChannelPipeline pipeline) {
    pipeline.addLast(codec, this);
    context = pipeline.context(codec);
  }

  /** Where frames enter the channel. */
  ChannelHandlerContext context() {
    return requireNonNull(context);
  }

  @Override
  void begin() {
    begun = true;
    setup = null;
    timer.start();
    startAging();
  }

  @Override
  boolean isShared() {
    return true;
  }

  @Override
  boolean canLease() {
    return inUse < limit && !isRetired() && !isSpent() && isOpen();
  }

  @Override
  boolean isUnused() {
    return inUse == 0;
  }

  @Override
  boolean isOpen() {
    return !closing && channel.isActive();
  }

  @Override
  boolean wasUsed() {
    return used;
  }

  /** A request is about to be sent. */
  void use() {
    used = true;
  }

  @Override
  HttpStream lease() {
    inUse++;
    countRequest();
    if (!canLease()) {
      home.remove(this);
    }
    home.noteUse(this);
    return new Http2Exchange(this, used, mayBeStale());
  }

  @Override
  void unlease() {
    inUse--;
    uncountRequest();
    home.noteUse(this);
  }

  /** A stream was handed out and not used. */
  void giveBackUnused() {
    uncountRequest();
    giveBack();
  }

  /** A stream is free that was handed out. */
  void giveBack() {
    inUse--;
    home.noteUse(this);
    if (!begun || closing) {
      return;
    }
    if (isRetired() || isSpent()) {
      closeIfUnused();
      return;
    }
    if (inUse == 0) {
      home.renew(this);
    }
    pool.release(this);
  }

  /** As {@link #retire}, and streams that were handed out go elsewhere, too, unless in use. */
  void giveUp(CloseReason reason) {
    goingAway = true;
    retire(reason);
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // channelInactive tells
  void close() {
    if (!closing) {
      closing = true;
      home.drop(this);
      channel.close();
    }
  }

  @Override
  void closeKeepingPlace() {
    keepPlace = true;
    close(CloseReason.REPLACED);
  }

  @Override
  void breakOff(CloseReason reason, Failure failure, String detail) {
    loop.execute(
        () -> {
          endsFor(reason);
          forEachExchange(exchange -> exchange.fail(failure, detail));
          close();
        });
  }

  /** Why a request failed that the peer has not looked at. */
  PeerException unprocessed(String detail) {
    return served
        ? PeerException.unprocessed(peer, detail)
        : PeerException.stale(peer, true, detail);
  }

  /** Gives the connection up if the peer has closed it while it had no streams. */
  void noteIfPeerEnded() {
    if (inUse == 1 && hasPeerEnded()) {
      giveUp(CloseReason.PEER_CLOSED);
    }
  }

  /** Whether a new stream can be opened: by one that was handed out before. */
  boolean canBegin() {
    return isOpen() && !goingAway && codec.connection().local().canOpenStream();
  }

  void attach(Http2Stream stream, Http2Exchange exchange) {
    stream.setProperty(key, exchange);
  }

  @Nullable Http2Exchange exchange(int id) {
    Http2Stream stream = codec.connection().stream(id);
    return stream == null ? null : stream.getProperty(key);
  }

  void forEachExchange(Consumer<Http2Exchange> action) {
    try {
      codec
          .connection()
          .forEachActiveStream(
              stream -> {
                Http2Exchange exchange = stream.getProperty(key);
                if (exchange != null) {
                  action.accept(exchange);
                }
                return true;
              });
    } catch (Http2Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Sends what was written, with whatever else is written before this loop's turn ends. */
  void flushSoon() {
    if (!flushDue && !inRead) {
      flushDue = true;
      loop.execute(
          () -> {
            flushDue = false;
            codec.flush(context());
          });
    }
  }

  /** An exchange got parts, and is to be told when the read that brought them ends. */
  void delivered(Http2Exchange exchange) {
    delivered.add(exchange);
  }

  void noteRead() {
    inRead = true;
    lastRead = System.nanoTime();
  }

  /** Asks the peer whether it lives. */
  @SuppressWarnings("FutureReturnValueIgnored") // the answer tells, or its absence
  void ping() {
    codec.encoder().writePing(context(), false, lastRead, context().newPromise());
    codec.flush(context());
  }

  long lastRead() {
    return lastRead;
  }

  /** The peer's settings. */
  void settings(@Nullable Long maxStreams) {
    if (maxStreams != null || setup != null) {
      long allowed = maxStreams == null ? Integer.MAX_VALUE : maxStreams;
      limit = (int) Math.min(allowed, options.maxStreams());
    }
    ConnectionSetup waiting = setup;
    if (waiting != null) {
      if (limit == 0) {
        waiting.refused(
            PeerException.unsent(
                peer, Failure.REFUSED, "the peer takes no streams: MAX_CONCURRENT_STREAMS is 0"));
      } else {
        waiting.ready();
      }
    } else if (limit == 0) {
      giveUp(CloseReason.GOAWAY);
    } else if (inUse >= limit) {
      home.remove(this);
    } else if (begun && !listed) {
      pool.release(this);
    }
  }

  /** One stream's frames broke the rules. */
  void streamFailed(int id, String detail) {
    Http2Exchange exchange = exchange(id);
    if (exchange != null) {
      exchange.malformed(detail);
    }
  }

  /** The connection cannot go on. */
  void connectionFailed(String detail) {
    goingAway = true;
    endsFor(CloseReason.PROTOCOL);
    takeOut(CloseReason.PROTOCOL);
    ConnectionSetup waiting = setup;
    if (waiting != null) {
      waiting.refused(
          PeerException.unsent(
              peer, Failure.PROTOCOL, "the peer's HTTP/2 is not valid: " + detail));
    }
    forEachExchange(exchange -> exchange.malformed(detail));
  }

  private void writable(Http2Stream stream) {
    Http2Exchange exchange = stream.getProperty(key);
    if (exchange != null) {
      exchange.writabilityChanged();
    }
  }

  private final class Events extends Http2ConnectionAdapter {
    @Override
    public void onStreamClosed(Http2Stream stream) {
      Http2Exchange exchange = stream.getProperty(key);
      if (exchange != null) {
        exchange.streamClosed();
        giveBack();
      }
    }

    @Override
    public void onGoAwayReceived(int lastStreamId, long errorCode, ByteBuf debugData) {
      goingAway = true;
      served |= lastStreamId > 0;
      takeOut(CloseReason.GOAWAY);
      String why =
          errorCode == Http2Error.NO_ERROR.code()
              ? "the peer ended the connection (GOAWAY)"
              : "the peer ended the connection (GOAWAY, "
                  + Http2Exchange.error(errorCode)
                  + ", \""
                  + printable(debugData)
                  + "\")";
      forEachExchange(
          exchange -> {
            if (exchange.id() > lastStreamId) {
              exchange.neverProcessed(unprocessed(why));
            }
          });
      if (inUse == 0) {
        // Later: the frame is still being read.
        loop.execute(Http2Connection.this::closeIfUnused);
      }
    }
  }

  private static String printable(ByteBuf text) {
    String all =
        text.toString(
            text.readerIndex(), Math.min(100, text.readableBytes()), StandardCharsets.ISO_8859_1);
    return all.replaceAll("[^ -~]", "?");
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ReferenceCountUtil.release(message);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    for (int i = 0; i < delivered.size(); i++) {
      delivered.get(i).readComplete();
    }
    delivered.clear();
    inRead = false;
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof SslCloseCompletionEvent) {
      disconnected("the peer closed the connection");
      close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    boolean wasClosing = closing;
    closing = true;
    home.remove(this);
    timer.stop();
    stopAging();
    disconnected(wasClosing ? "the connection was closed" : "the peer closed the connection");
    if (begun) {
      begun = false;
      pool.closed(this, closedFor(CloseReason.PEER_CLOSED), keepPlace);
    }
  }

  private void tlsFailed(String detail) {
    ConnectionSetup waiting = setup;
    if (waiting != null) {
      setup = null;
      waiting.refused(PeerException.unsent(peer, Failure.TLS, detail));
    }
    endsFor(CloseReason.PROTOCOL);
    forEachExchange(exchange -> exchange.fail(Failure.TLS, detail));
  }

  private void disconnected(String detail) {
    ConnectionSetup waiting = setup;
    if (waiting != null) {
      setup = null;
      waiting.refused(
          PeerException.unsent(
              peer, Failure.CONNECT, detail + " before it sent its HTTP/2 settings"));
    }
    if (inUse > 0) {
      endsFor(CloseReason.BROKEN);
    }
    forEachExchange(exchange -> exchange.disconnected(detail));
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof IOException) {
      disconnected(SocketErrors.reason(cause));
    } else if (TlsFailures.isOne(cause)) {
      tlsFailed(TlsFailures.explain(cause, peer.options().tls().orElse(null)));
    } else {
      LOG.log(Logger.Level.ERROR, peer + ": an HTTP/2 connection failed", cause);
      connectionFailed(String.valueOf(cause));
    }
    close();
  }
}
