package io.upstream4j.distribution.admin;

import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.ReferenceCountUtil;

/** Aggregates the bodies of one connection, and refuses those that are too large. */
final class AdminBodies extends HttpObjectAggregator {
  private final AdminLimits limits;
  private long taken;
  private boolean refused;

  AdminBodies(AdminLimits limits) {
    super(Admin.MAX_BODY_BYTES, true);
    this.limits = limits;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
    int bytes = message instanceof HttpContent content ? content.content().readableBytes() : 0;
    if (refused || !limits.take(bytes)) {
      ReferenceCountUtil.release(message);
      if (!refused) {
        refuse(
            context,
            HttpResponseStatus.SERVICE_UNAVAILABLE,
            "too many bodies are sent at once (expected: at most "
                + AdminLimits.MAX_BODIES_BYTES
                + " bytes together; send it again)");
      }
      return;
    }
    taken += bytes;
    super.channelRead(context, message);
  }

  /** Called when the last aggregated request was answered. */
  void giveBack() {
    limits.giveBack(taken);
    taken = 0;
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) throws Exception {
    giveBack();
    super.channelInactive(context);
  }

  @Override
  protected void handleOversizedMessage(ChannelHandlerContext context, HttpMessage oversized) {
    refuse(
        context,
        HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE,
        "the body is too large (expected: at most " + Admin.MAX_BODY_BYTES + " bytes)");
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the connection is closed in any case
  private void refuse(ChannelHandlerContext context, HttpResponseStatus status, String reason) {
    refused = true;
    giveBack();
    FullHttpResponse refusal = Answer.error(status, reason).message(HttpMethod.GET);
    refusal.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    context.writeAndFlush(refusal).addListener(ChannelFutureListener.CLOSE);
  }
}
