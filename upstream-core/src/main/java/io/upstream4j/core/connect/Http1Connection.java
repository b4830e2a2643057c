package io.upstream4j.core.connect;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.channel.socket.ChannelOutputShutdownException;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.upstream4j.core.connect.tls.TlsFailures;
import io.upstream4j.core.http1.MalformedMessageException;
import io.upstream4j.core.peer.CloseReason;
import io.upstream4j.core.peer.PeerException.Failure;
import java.io.IOException;
import java.lang.System.Logger;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/**
 * A connection that speaks HTTP/1.1: the last handler of its channel, and a link in the list of
 * idle connections. Everything in it happens on its event loop.
 *
 * <p>A read is always pending while the connection is idle, so that a peer that closes it, or sends
 * what nobody asked for, is noticed at once and not by the next request.
 */
final class Http1Connection extends PooledConnection {
  private static final Logger LOG = System.getLogger(Http1Connection.class.getName());

  final Http1ResponseDecoder decoder;
  final Http1Timer timer;

  private @Nullable Http1Exchange exchange;
  private boolean begun;
  private boolean used;
  private boolean closing;
  private boolean keepPlace;
  private boolean inRead;
  private @Nullable ChannelHandlerContext context;

  Http1Connection(PeerPool pool, LoopPool home, Channel channel) {
    super(pool, home, channel);
    this.decoder = new Http1ResponseDecoder(this, pool.peer.options().responses());
    this.timer = new Http1Timer(this);
  }

  void addTo(ChannelPipeline pipeline) {
    pipeline.addLast(decoder, EmptyWrites.DROPPED, new HttpRequestEncoder(), this);
  }

  @Override
  void begin() {
    begun = true;
    startAging();
  }

  @Override
  boolean isShared() {
    return false;
  }

  @Override
  boolean canLease() {
    return exchange == null && isOpen();
  }

  @Override
  boolean isUnused() {
    return exchange == null;
  }

  @Override
  HttpStream lease() {
    Http1Exchange leased = new Http1Exchange(this, used, mayBeStale());
    exchange = leased;
    return leased;
  }

  @Nullable Http1Exchange exchange() {
    return exchange;
  }

  @Override
  boolean wasUsed() {
    return used;
  }

  /** A request is about to be sent. */
  void use() {
    if (used) {
      home.countReuse();
    }
    used = true;
    countRequest();
  }

  @Override
  void unlease() {
    exchange = null;
  }

  @Override
  boolean isOpen() {
    return !closing && channel.isActive();
  }

  /** Whether a read from the network is being delivered. */
  boolean isInRead() {
    return inRead;
  }

  /** How many bytes that were written wait for the socket to take them. */
  long unsentBytes() {
    ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
    return buffer == null ? 0 : buffer.totalPendingWriteBytes();
  }

  /**
   * What it carries is not HTTP but the handler's business, from now on. The exchange that holds it
   * never begins nor ends, so nobody else gets it; its end is noticed here as ever.
   */
  void giveTo(ChannelHandler other) {
    ChannelPipeline pipeline = channel.pipeline();
    pipeline.remove(decoder);
    pipeline.remove(EmptyWrites.DROPPED);
    pipeline.remove(HttpRequestEncoder.class);
    pipeline.addBefore(context().name(), null, other);
  }

  /** Tells the peer that nothing more will be sent, and goes on reading from it. */
  @SuppressWarnings("FutureReturnValueIgnored") // what follows is read, or the connection ends
  void shutOutput() {
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    if (tls == null) {
      ((DuplexChannel) channel).shutdownOutput();
    } else {
      tls.closeOutbound();
    }
  }

  /** The exchange is over, and has read its response to the end. */
  void finish(Http1Exchange finished) {
    if (exchange != finished) {
      return;
    }
    exchange = null;
    if (!finished.leavesConnectionReusable() || unsentBytes() != 0) {
      close(CloseReason.NOT_REUSABLE);
    } else if (isRetired() || isSpent()) {
      closeIfUnused();
    } else if (isOpen()) {
      channel.read();
      pool.release(this);
    }
  }

  /** The caller gave the connection back without having used it. */
  void giveBack(Http1Exchange unused) {
    if (exchange == unused) {
      exchange = null;
      if (isRetired()) {
        closeIfUnused();
      } else if (isOpen()) {
        pool.release(this);
      }
    }
  }

  /** Ends the exchange by closing its connection. */
  void abandon(Http1Exchange abandoned, CloseReason reason) {
    if (exchange == abandoned) {
      exchange = null;
      close(reason);
    }
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // channelInactive tells
  void close() {
    if (!closing) {
      closing = true;
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
          Http1Exchange current = exchange;
          if (current != null) {
            current.fail(failure, detail);
          }
          close();
        });
  }

  /** Whether bytes that arrive now belong to a response. */
  boolean expectsBytes() {
    Http1Exchange current = exchange;
    return current != null && current.expectBytes();
  }

  /** Bytes arrived that nobody asked for. */
  void unexpectedBytes() {
    Http1Exchange current = exchange;
    if (current == null) {
      close(CloseReason.PROTOCOL);
    } else {
      current.unexpectedBytes();
    }
  }

  /** Where requests enter the channel. */
  ChannelHandlerContext context() {
    return requireNonNull(context);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    inRead = true;
    Http1Exchange current = exchange;
    if (current == null) {
      ReferenceCountUtil.release(message);
    } else if (message instanceof ByteBuf bytes) {
      current.received(bytes);
    } else {
      current.received((HttpObject) message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    inRead = false;
    Http1Exchange current = exchange;
    if (current != null) {
      current.readComplete();
    } else if (!closing) {
      channel.read();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    Http1Exchange current = exchange;
    if (current != null && channel.isWritable()) {
      current.writable();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof SslCloseCompletionEvent close) {
      Http1Exchange current = exchange;
      if (current != null && !close.isSuccess()) {
        // Without TLS's own goodbye a body that ends with the connection may be cut short.
        current.truncated();
      }
      close();
    } else if (event instanceof ChannelOutputShutdownEvent) {
      Http1Exchange current = exchange;
      if (current == null) {
        close();
      } else {
        current.outputShut();
      }
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    closing = true;
    inRead = false;
    home.remove(this);
    timer.stop();
    stopAging();
    Http1Exchange current = exchange;
    if (current != null) {
      current.disconnected("the peer closed the connection");
    }
    if (begun) {
      begun = false;
      pool.closed(this, closedFor(CloseReason.PEER_CLOSED), keepPlace);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    Http1Exchange current = exchange;
    if (cause instanceof ChannelOutputShutdownException
        || (current != null && current.isCutOff() && cause instanceof ClosedChannelException)) {
      // The peer takes no more of the request, but may have answered: outputShut() sees to it.
      return;
    }
    if (current == null) {
      endsFor(cause instanceof IOException ? CloseReason.PEER_CLOSED : CloseReason.PROTOCOL);
    } else {
      if (cause instanceof IOException) {
        current.disconnected(SocketErrors.reason(cause));
      } else if (TlsFailures.isOne(cause)) {
        current.fail(Failure.TLS, TlsFailures.explain(cause, peer.options().tls().orElse(null)));
      } else if (cause instanceof DecoderException) {
        Throwable reason = cause.getCause() == null ? cause : cause.getCause();
        if (reason instanceof MalformedMessageException limit && limit.isTooLarge()) {
          current.fail(Failure.PROTOCOL, "the response is too large: " + limit.getMessage());
        } else {
          current.malformed(String.valueOf(reason.getMessage()));
        }
      } else {
        LOG.log(Logger.Level.ERROR, peer + ": an exchange's handler failed", cause);
        current.fail(Failure.INTERNAL, "the exchange's handler failed: " + cause);
      }
    }
    close();
  }
}
