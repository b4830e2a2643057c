package io.upstream4j.distribution.admin;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.upstream4j.api.option.VisibleText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Answers the requests of one connection to the admin address, one after another. */
final class AdminHandler extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = System.getLogger(AdminHandler.class.getName());

  private final AdminResource resource;
  private final AdminBodies bodies;
  private final Executor worker;
  private @Nullable PieceSender sender;

  /**
   * Creates the handler of a connection.
   *
   * @param resource answers requests
   * @param bodies aggregates the connection's bodies
   * @param worker creates bodies that are sent in pieces; may reject tasks
   */
  AdminHandler(AdminResource resource, AdminBodies bodies, Executor worker) {
    this.resource = resource;
    this.bodies = bodies;
    this.worker = worker;
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // send() is called in all cases
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (!(message instanceof FullHttpRequest request)) {
      ReferenceCountUtil.release(message);
      return;
    }
    context.channel().config().setAutoRead(false); // until this request is answered
    CompletionStage<Answer> answer;
    try {
      answer = resource.answer(request);
    } catch (RuntimeException e) {
      send(context, request, null, e);
      return;
    }
    answer.whenComplete((made, failure) -> send(context, request, made, failure));
  }

  /**
   * Runs on the connection's event loop, because the next request must not be answered before this
   * one.
   */
  private void send(
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
      request.release(); // the loop and its connections have terminated
    }
  }

  private void write(
      ChannelHandlerContext context,
      FullHttpRequest request,
      @Nullable Answer made,
      @Nullable Throwable failure) {
    try {
      Answer answer = made != null ? made : failed(request.method(), request.uri(), failure);
      if (answer.pieces() == null) {
        boolean isBroken = request.decoderResult().isFailure();
        write(context, answer.message(request.method()), isBroken);
      } else if (request.method().equals(HttpMethod.HEAD)) {
        write(context, answer.head(request.protocolVersion()), false);
      } else {
        begin(context, request, answer);
      }
    } finally {
      request.release();
      bodies.giveBack();
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // failures arrive at exceptionCaught
  private void write(ChannelHandlerContext context, HttpResponse response, boolean close) {
    if (close) {
      response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
    context.write(response);
    if (!(response instanceof LastHttpContent)) {
      context.write(LastHttpContent.EMPTY_LAST_CONTENT);
    }
    context.flush();
    finish(context);
  }

  private void begin(ChannelHandlerContext context, HttpRequest request, Answer answer) {
    HttpMethod method = request.method();
    String uri = request.uri();
    PieceSender.End end =
        new PieceSender.End() {
          @Override
          public void sent() {
            finish(context);
          }

          @Override
          public void failed(Throwable cause) {
            write(context, AdminHandler.failed(method, uri, cause).message(method), false);
          }
        };
    sender = new PieceSender(context, worker, answer, request.protocolVersion(), end);
    sender.proceed();
  }

  /** Called when the response was written; continues with the next request. */
  private void finish(ChannelHandlerContext context) {
    sender = null;
    context.channel().config().setAutoRead(true);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (sender != null) {
      sender.proceed();
    }
    context.fireChannelWritabilityChanged();
  }

  private static Answer failed(HttpMethod method, String uri, @Nullable Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    LOG.log(
        Level.ERROR,
        "could not answer " + method + " " + VisibleText.escaped(VisibleText.shortened(uri, 200)),
        cause);
    return Answer.error(HttpResponseStatus.INTERNAL_SERVER_ERROR, "failed: " + cause);
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // the connection ends
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close(); // a reset connection, or one that timed out
  }
}
