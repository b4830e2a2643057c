package io.upstream4j.core.connect;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;

/**
 * Drops the empty buffer that Netty's encoder makes of the end of a request without a body. Beside
 * the head it would turn the system call for one buffer into the slower one for many.
 */
@Sharable
final class EmptyWrites extends ChannelOutboundHandlerAdapter {
  static final EmptyWrites DROPPED = new EmptyWrites();

  private EmptyWrites() {}

  @Override
  @SuppressWarnings("ReferenceEquality") // the encoder's constant, and no other empty buffer
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise)
      throws Exception {
    if (message != Unpooled.EMPTY_BUFFER || !promise.isVoid()) {
      super.write(ctx, message, promise);
    }
  }
}
