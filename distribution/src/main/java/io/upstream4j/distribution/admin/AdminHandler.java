package io.upstream4j.distribution.admin;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.ReferenceCountUtil;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Answers the requests of one connection to the admin address, one after another. */
final class AdminHandler extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = System.getLogger(AdminHandler.class.getName());

  private final AdminRoutes routes;

  AdminHandler(AdminRoutes routes) {
    this.routes = routes;
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // send() is told of every end
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (!(message instanceof FullHttpRequest request)) {
      ReferenceCountUtil.release(message);
      return;
    }
    context.channel().config().setAutoRead(false); // until this request has its answer
    CompletionStage<Answer> answer;
    try {
      answer = routes.answer(request);
    } catch (RuntimeException e) {
      send(context, request, null, e);
      return;
    }
    answer.whenComplete((made, failure) -> send(context, request, made, failure));
  }

  /** On the connection's loop, as the next request must not be answered before this one is. */
  private static void send(
      ChannelHandlerContext context,
      FullHttpRequest request,
      @Nullable Answer made,
      @Nullable Throwable failure) {
    if (context.executor().inEventLoop()) {
      write(context, request, made, failure);
      return;
    }
    try {
      context.executor().execute(() -> write(context, request, made, failure));
    } catch (RejectedExecutionException e) {
      request.release(); // the loop has ended, and its connections with it
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // failures come to exceptionCaught
  private static void write(
      ChannelHandlerContext context,
      FullHttpRequest request,
      @Nullable Answer made,
      @Nullable Throwable failure) {
    try {
      Answer answer = made != null ? made : failed(request, failure);
      FullHttpResponse response = answer.message(request.method());
      if (request.decoderResult().isFailure()) {
        response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
      }
      context.writeAndFlush(response);
    } finally {
      request.release();
      context.channel().config().setAutoRead(true);
    }
  }

  private static Answer failed(FullHttpRequest request, @Nullable Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    LOG.log(Level.ERROR, "could not answer " + request.method() + " " + request.uri(), cause);
    return Answer.error(HttpResponseStatus.INTERNAL_SERVER_ERROR, "failed: " + cause);
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // nobody waits for the end
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close(); // a connection that was reset, or idle for too long
  }
}
