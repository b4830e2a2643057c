package io.upstream4j.distribution.gateway;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import org.jspecify.annotations.Nullable;

/**
 * A client connection whose version of HTTP is not known yet. With TLS, the handshake selects it.
 * In clear text, HTTP/2 with prior knowledge begins with a preface that is not a valid HTTP/1.1
 * request (RFC 9113, section 3.4). A {@link GatewayHandler} or an {@link Http2Client} then replaces
 * this handler. Confined to its event loop.
 */
final class VersionNegotiation extends LoopClient {
  private static final ByteBuf PREFACE = Http2CodecUtil.connectionPrefaceBuf();

  private final Gateway gateway;
  private final LoopClients clients;
  private final Client client;
  private @Nullable ChannelHandlerContext context;
  private @Nullable ByteBuf received; // the beginning of the preface
  private int since;

  VersionNegotiation(Gateway gateway, LoopClients clients, Client client) {
    this.gateway = gateway;
    this.clients = clients;
    this.client = client;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    since = clients.now();
    clients.add(this);
    gateway.opened();
    if (gateway.isDraining()) {
      closeNow();
    } else {
      ctx.read();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    forget();
    clients.remove(this);
    gateway.closed();
  }

  private void forget() {
    ByteBuf waiting = received;
    if (waiting != null) {
      received = null;
      waiting.release();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    ByteBuf before = received;
    if (before == null) {
      since = clients.now();
    } else {
      received = null;
      bytes = ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), before, bytes);
    }
    int length = Math.min(bytes.readableBytes(), PREFACE.readableBytes());
    boolean http2 = matches(bytes, length);
    if (http2 && length < PREFACE.readableBytes()) {
      received = bytes;
      clients.busy(this);
      return;
    }
    handOver(ctx, http2);
    ctx.fireChannelRead(bytes);
    ctx.pipeline().remove(this);
  }

  private void handOver(ChannelHandlerContext ctx, boolean http2) {
    clients.remove(this);
    if (http2) {
      Http2Client.takeOver(gateway, clients, ctx.channel(), client);
    } else {
      GatewayHandler.takeOver(gateway, clients, ctx.channel(), client);
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof SslHandshakeCompletionEvent handshake && handshake.isSuccess()) {
      SslHandler tls = requireNonNull(ServerTls.of(ctx.pipeline()), "tls");
      handOver(ctx, ApplicationProtocolNames.HTTP_2.equals(tls.applicationProtocol()));
      ctx.fireUserEventTriggered(event);
      ctx.pipeline().remove(this);
    } else {
      ctx.fireUserEventTriggered(event);
    }
  }

  private static boolean matches(ByteBuf bytes, int length) {
    for (int i = 0; i < length; i++) {
      if (bytes.getByte(bytes.readerIndex() + i) != PREFACE.getByte(i)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    ctx.read();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    closeNow();
  }

  @Override
  void onTick(int now) {
    ClientTimeouts timeouts = gateway.timeouts();
    boolean begun = received != null || client.secure();
    if (now - since > (begun ? timeouts.head() : timeouts.idle())) {
      closeNow();
    }
  }

  @Override
  void closeIfIdle() {
    if (received == null) {
      closeNow();
    }
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // see channelInactive
  void closeNow() {
    ChannelHandlerContext ctx = context;
    if (ctx != null) {
      ctx.close();
    }
  }
}
