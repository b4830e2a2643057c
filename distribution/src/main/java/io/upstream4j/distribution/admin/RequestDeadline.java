package io.upstream4j.distribution.admin;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Closes a connection that does not send a whole request in time, measured from its start or from
 * the end of the previous response. Sending single bytes does not extend the time.
 */
final class RequestDeadline extends ChannelDuplexHandler {
  private final int seconds;
  private @Nullable Future<?> timer;

  RequestDeadline(int seconds) {
    this.seconds = seconds;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    begin(context);
  }

  private void begin(ChannelHandlerContext context) {
    end();
    timer = context.executor().schedule(() -> expire(context), seconds, TimeUnit.SECONDS);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // channelInactive follows
  private static void expire(ChannelHandlerContext context) {
    context.close();
  }

  private void end() {
    if (timer != null) {
      timer.cancel(false);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof LastHttpContent) {
      end();
    }
    context.fireChannelRead(message);
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // the promise belongs to the caller
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    if (message instanceof LastHttpContent) {
      begin(context);
    }
    context.write(message, promise);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    end();
    context.fireChannelInactive();
  }
}
