package io.upstream4j.distribution.gateway;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import javax.net.ssl.SSLEngine;

/**
 * Closes a connection whose client starts a renegotiation, which TLS 1.2 allows. It costs the
 * server a signature and the client almost nothing, and HTTP/2 forbids it (RFC 9113, section
 * 9.2.1). BoringSSL refuses it by itself; the JDK can do so only for the whole process with a
 * system property. Follows the {@link SslHandler} in the pipeline; confined to the connection's
 * event loop.
 */
final class RenegotiationGuard extends ChannelInboundHandlerAdapter {
  private static final String WITHOUT_RENEGOTIATION = "TLSv1.3";

  private final SSLEngine engine;
  private boolean established;

  RenegotiationGuard(SslHandler tls) {
    engine = tls.engine();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof SslHandshakeCompletionEvent handshake && handshake.isSuccess()) {
      established = true;
      if (engine.getSession().getProtocol().equals(WITHOUT_RENEGOTIATION)) {
        ctx.pipeline().remove(this);
      }
    }
    ctx.fireUserEventTriggered(event);
  }

  /**
   * A handshake needs a further message of the client, so it cannot begin and end between two
   * reads.
   */
  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // see channelInactive
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (established && engine.getHandshakeSession() != null) {
      ctx.close();
    } else {
      ctx.fireChannelReadComplete();
    }
  }
}
