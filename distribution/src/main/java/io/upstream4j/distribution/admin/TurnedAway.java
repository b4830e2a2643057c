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
 * Tells a client that there are too many connections, and closes the connection after the client
 * has, or after a second. Input is read and dropped meanwhile, because unread data would cause a
 * reset and make the client's system discard the response.
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
  @SuppressWarnings("FutureReturnValueIgnored") // the connection ends in any case
  public void channelActive(ChannelHandlerContext context) {
    context
        .writeAndFlush(Unpooled.wrappedBuffer(ANSWER))
        .addListener(sent -> ((DuplexChannel) context.channel()).shutdownOutput())
        .addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
    context.executor().schedule(() -> context.close(), SECONDS, TimeUnit.SECONDS);
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // the connection ends in any case
  public void channelRead(ChannelHandlerContext context, Object message) {
    dropped += ((ByteBuf) message).readableBytes();
    ReferenceCountUtil.release(message);
    if (dropped > MAX_DROPPED_BYTES) {
      context.close();
    }
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // the connection ends in any case
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }
}
