package io.upstream4j.distribution.admin;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;

/**
 * Tells a client that there are too many connections, and closes this one: after the client has, or
 * a second later. What it sends meanwhile is read and dropped, as bytes that nobody read would make
 * its system discard the answer.
 */
final class TurnedAway extends ChannelInboundHandlerAdapter {
  private static final int SECONDS = 1;
  private static final int MAX_DROPPED_BYTES = 64 * 1024;
  private static final String BODY =
      "{\"error\": \"there are "
          + AdminLimits.MAX_CONNECTIONS
          + " connections to the admin address already (expected: at most that many; ask again)\"}\n";
  private static final byte[] ANSWER =
      ("HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: "
              + BODY.length()
              + "\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"
              + BODY)
          .getBytes(ISO_8859_1);

  private int dropped;

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // it ends one way or the other
  public void channelActive(ChannelHandlerContext context) {
    context
        .writeAndFlush(Unpooled.wrappedBuffer(ANSWER))
        .addListener(sent -> ((DuplexChannel) context.channel()).shutdownOutput())
        .addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
    context.executor().schedule(() -> context.close(), SECONDS, TimeUnit.SECONDS);
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // it ends one way or the other
  public void channelRead(ChannelHandlerContext context, Object message) {
    dropped += ((ByteBuf) message).readableBytes();
    ReferenceCountUtil.release(message);
    if (dropped > MAX_DROPPED_BYTES) {
      context.close();
    }
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // it ends one way or the other
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }
}
