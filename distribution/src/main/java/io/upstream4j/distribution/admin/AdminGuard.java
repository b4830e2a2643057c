package io.upstream4j.distribution.admin;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/**
 * Refuses requests without access to the admin address before their bodies are buffered. A refused
 * body is read up to the limit of a body; beyond that the connection is closed.
 */
final class AdminGuard extends ChannelInboundHandlerAdapter {
  private final Access access;
  private @Nullable Answer refusal;
  private HttpMethod method = HttpMethod.GET;
  private long left;
  private boolean closing;

  /** Decides who may send a request. */
  @FunctionalInterface
  interface Access {
    /** Allows all requests. */
    Access OPEN = request -> null;

    /** Returns the response that refuses a request, or null when it is allowed. */
    @Nullable Answer refusal(HttpRequest request);
  }

  AdminGuard(Access access) {
    this.access = access;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof HttpRequest request) {
      begin(context, request);
    }
    if (refusal == null && !closing) {
      context.fireChannelRead(message);
      return;
    }
    if (message instanceof HttpContent content) {
      left -= content.content().readableBytes();
      if (!closing && (content instanceof LastHttpContent || left < 0)) {
        refuse(context, left < 0);
      }
    }
    ReferenceCountUtil.release(message);
  }

  private void begin(ChannelHandlerContext context, HttpRequest request) {
    if (closing || request.decoderResult().isFailure() || AdminRoutes.isOpen(request)) {
      return; // malformed requests are answered later
    }
    refusal = access.refusal(request);
    method = request.method();
    left = Admin.MAX_BODY_BYTES;
    if (refusal != null
        && (HttpUtil.is100ContinueExpected(request)
            || HttpUtil.getContentLength(request, 0L) > Admin.MAX_BODY_BYTES)) {
      refuse(context, true);
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // a failure closes the connection
  private void refuse(ChannelHandlerContext context, boolean close) {
    if (refusal == null) {
      return;
    }
    FullHttpResponse response = refusal.message(method);
    refusal = null;
    if (close) {
      closing = true;
      response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
    context.writeAndFlush(response);
  }
}
