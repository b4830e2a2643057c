package io.upstream4j.distribution.admin;

import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;

/** Collects bodies, and says why one is too large. */
final class AdminBodies extends HttpObjectAggregator {
  AdminBodies() {
    super(Admin.MAX_BODY_BYTES, true);
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // the connection is closed in any case
  protected void handleOversizedMessage(ChannelHandlerContext context, HttpMessage oversized) {
    FullHttpResponse refusal =
        Answer.error(
                HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE,
                "the body is too large (expected: at most " + Admin.MAX_BODY_BYTES + " bytes)")
            .message(HttpMethod.GET);
    refusal.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    context.writeAndFlush(refusal).addListener(ChannelFutureListener.CLOSE);
  }
}
