package io.upstream4j.distribution.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http2.Http2CodecUtil;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A client connection of which nobody knows yet which version of HTTP it speaks. In clear text,
 * HTTP/2 by prior knowledge begins with a preface that no request of HTTP/1.1 begins with (RFC
 * 9113, 3.4). Once that is clear, a {@link GatewayHandler} or an {@link Http2Client} takes its
 * place. Confined to its event loop.
 */
final class VersionNegotiation extends LoopClient {
  private static final ByteBuf PREFACE = Http2CodecUtil.connectionPrefaceBuf();

  private final Gateway gateway;
  private final LoopClients clients;
  private final InetSocketAddress client;
  private @Nullable ChannelHandlerContext context;
  private @Nullable ByteBuf received; // the beginning of the preface
  private int since;

  VersionNegotiation(Gateway gateway, LoopClients clients, InetSocketAddress client) {
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
      return;
    }
    clients.remove(this);
    if (http2) {
      Http2Client.takeOver(gateway, clients, ctx.channel(), client);
    } else {
      GatewayHandler.takeOver(gateway, clients, ctx.channel(), client);
    }
    ctx.fireChannelRead(bytes);
    ctx.pipeline().remove(this);
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
    if (now - since > (received == null ? timeouts.idle() : timeouts.head())) {
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
  @SuppressWarnings("FutureReturnValueIgnored") // channelInactive tells
  void closeNow() {
    ChannelHandlerContext ctx = context;
    if (ctx != null) {
      ctx.close();
    }
  }
}
