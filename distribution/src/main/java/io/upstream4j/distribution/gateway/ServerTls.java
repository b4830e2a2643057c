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
import io.upstream4j.core.connect.TlsProviders;
import io.upstream4j.core.peer.TlsIdentity;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** TLS towards clients. */
final class ServerTls {
  private ServerTls() {}

  /** Shows a certificate, and offers HTTP/2 before HTTP/1.1. */
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

  /** For one connection. The handshake's time is bounded by who waits for it. */
  static SslHandler handler(SslContext context, ByteBufAllocator allocator) {
    SslHandler handler = context.newHandler(allocator);
    handler.setHandshakeTimeoutMillis(0);
    return handler;
  }

  /** The handler of a connection, if it is encrypted. */
  static @Nullable SslHandler of(ChannelPipeline pipeline) {
    return pipeline.get(SslHandler.class);
  }
}
