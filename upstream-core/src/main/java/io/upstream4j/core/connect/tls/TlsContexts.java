package io.upstream4j.core.connect.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.NetUtil;
import io.netty.util.ReferenceCountUtil;
import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.TlsOptions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * The TLS settings that connections with equal {@link TlsOptions} share, and nothing else shares:
 * sessions are resumed only among them. Contexts differ in all but the server name, as there may be
 * any number of those; the JDK resumes sessions of the same server name and port only.
 */
public final class TlsContexts {
  private final Map<Key, SslContext> contexts = new ConcurrentHashMap<>();
  private final Supplier<SslProvider> provider;

  /**
   * Creates it without contexts.
   *
   * @param provider asked off the event loops, as the answer may load native code
   */
  public TlsContexts(Supplier<SslProvider> provider) {
    this.provider = provider;
  }

  /** The context if it was made before. */
  public @Nullable SslContext find(TlsOptions options, Alpn alpn) {
    return contexts.get(key(options, alpn));
  }

  private record Key(TlsOptions options, Alpn alpn) {}

  private static Key key(TlsOptions options, Alpn alpn) {
    return new Key(shared(options), alpn);
  }

  /** The part that contexts differ in. A session of one server name is none of another's. */
  private static TlsOptions shared(TlsOptions options) {
    return options.verifyName().isPresent() ? options : options.withServerName("");
  }

  /** Makes the context if it is not there. Reads the trust store, so it may block. */
  public SslContext make(TlsOptions options, Alpn alpn) throws SSLException {
    SslContext context = contexts.get(key(options, alpn));
    if (context == null) {
      if (options.verifyHostname() && !options.verifyCertificate()) {
        throw new SSLException(
            "the host name \""
                + options.serverName()
                + "\" cannot be verified in a certificate that is not (expected: verify_cert, or"
                + " no verify_hostname)");
      }
      SslContextBuilder builder =
          SslContextBuilder.forClient()
              .sslProvider(TlsProviders.suitable(provider.get(), options))
              .protocols(
                  options.protocols().isEmpty() ? TlsProviders.PROTOCOLS : options.protocols());
      if (options.verifyCertificate()) {
        builder.trustManager(ExplainingTrustManager.of(options));
      } else {
        builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
      }
      options.identity().ifPresent(identity -> builder.keyManager(new OwnCertificate(identity)));
      if (!options.ciphers().isEmpty()) {
        builder.ciphers(options.ciphers());
      }
      if (alpn != Alpn.H1) {
        builder.applicationProtocolConfig(
            new ApplicationProtocolConfig(
                Protocol.ALPN,
                SelectorFailureBehavior.NO_ADVERTISE,
                SelectedListenerFailureBehavior.ACCEPT,
                alpn == Alpn.H2
                    ? List.of(ApplicationProtocolNames.HTTP_2)
                    : List.of(ApplicationProtocolNames.HTTP_2, ApplicationProtocolNames.HTTP_1_1)));
      }
      SslContext made = builder.build();
      // Loads the classes of the handshake here rather than on an event loop.
      ReferenceCountUtil.release(made.newEngine(ByteBufAllocator.DEFAULT));
      SslContext other = contexts.putIfAbsent(key(options, alpn), made);
      context = other == null ? made : other;
    }
    return context;
  }

  /** No peer has these options any more. */
  public void forget(TlsOptions options) {
    TlsOptions unused = shared(options);
    contexts.keySet().removeIf(key -> key.options().equals(unused));
  }

  /** Whether it can be the server name of a handshake: of a request's host anything may come. */
  public static boolean isServerName(String name) {
    try {
      return isAddress(name) || !new SNIHostName(name).getAsciiName().isEmpty();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean isAddress(String name) {
    return NetUtil.isValidIpV4Address(name) || NetUtil.isValidIpV6Address(name);
  }

  /** The handler for one connection. The handshake's time is bounded by who opens it. */
  public static SslHandler handler(
      SslContext context, TlsOptions options, ByteBufAllocator allocator, int port) {
    String name = options.serverName();
    SslHandler handler = context.newHandler(allocator, name, port);
    handler.setHandshakeTimeoutMillis(0);
    SSLParameters parameters = handler.engine().getSSLParameters();
    // RFC 6066, section 3: addresses are not sent as server names.
    parameters.setServerNames(isAddress(name) ? List.of() : List.of(new SNIHostName(name)));
    parameters.setEndpointIdentificationAlgorithm(
        options.verifyHostname() && options.verifyName().isEmpty() ? "HTTPS" : "");
    handler.engine().setSSLParameters(parameters);
    return handler;
  }
}
