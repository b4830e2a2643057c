package io.upstream4j.distribution.admin;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Closes a connection that sends no whole request in a while: from its beginning, or from the end
 * of the answer before. A client that sends a byte now and then gains nothing by it.
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

  @SuppressWarnings("FutureReturnValueIgnored") // nobody waits for the end
  private void begin(ChannelHandlerContext context) {
    end();
    timer = context.executor().schedule(() -> context.close(), seconds, TimeUnit.SECONDS);
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
  @SuppressWarnings("FutureReturnValueIgnored") // the promise is the caller's
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
