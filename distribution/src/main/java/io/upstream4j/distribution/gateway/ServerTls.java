package io.upstream4j.distribution.gateway;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.upstream4j.core.connect.tls.TlsProviders;
import io.upstream4j.core.peer.TlsIdentity;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** TLS for client connections. */
final class ServerTls {
  private ServerTls() {}

  /** Creates a context with a certificate, which prefers HTTP/2 to HTTP/1.1. */
  static SslContext context(TlsIdentity identity) {
    try {
      return SslContextBuilder.forServer(
              identity.key(), identity.chain().toArray(X509Certificate[]::new))
          .sslProvider(TlsProviders.best())
          .protocols(TlsProviders.PROTOCOLS)
          .applicationProtocolConfig(
              new ApplicationProtocolConfig(
                  Protocol.ALPN,
                  SelectorFailureBehavior.NO_ADVERTISE,
                  SelectedListenerFailureBehavior.ACCEPT,
                  ApplicationProtocolNames.HTTP_2,
                  ApplicationProtocolNames.HTTP_1_1))
          .build();
    } catch (SSLException e) {
      throw new IllegalArgumentException(identity + " cannot be used: " + e.getMessage(), e);
    }
  }

  /** Creates the handler of a connection. The caller limits the time of the handshake. */
  static SslHandler handler(SslContext context, ByteBufAllocator allocator) {
    SslHandler handler = context.newHandler(allocator);
    handler.setHandshakeTimeoutMillis(0);
    return handler;
  }

  /** Returns the handler of a connection, or null when it is not encrypted. */
  static @Nullable SslHandler of(ChannelPipeline pipeline) {
    return pipeline.get(SslHandler.class);
  }
}
