package io.upstream4j.core.connect;

import static java.util.Objects.requireNonNull;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.IpAddress;
import io.upstream4j.core.connect.tls.TlsContexts;
import io.upstream4j.core.connect.tls.TlsFailures;
import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.peer.TlsOptions;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/**
 * One connection on its way to be used: the socket to one address, its TLS handshake, the choice of
 * a version of HTTP, and HTTP/2's settings. Everything in it happens on the connection's loop.
 */
final class ConnectionSetup extends ChannelInitializer<Channel> {
  private final ConnectAttempt attempt;
  private final PeerPool pool;
  private final HttpPeer peer;
  private final LoopPool home;
  private final @Nullable TlsOptions tls;
  private final @Nullable SslContext context;
  private final Alpn alpn;
  private final SocketAddress address;
  private @Nullable Channel channel;
  private @Nullable PooledConnection connection;
  private String step = "being opened";
  private boolean ended;

  ConnectionSetup(
      ConnectAttempt attempt,
      PeerPool pool,
      LoopPool home,
      @Nullable SslContext context,
      SocketAddress address) {
    this.attempt = attempt;
    this.pool = pool;
    this.peer = pool.peer;
    this.home = home;
    this.tls = peer.options().tls().orElse(null);
    this.context = context;
    this.alpn = peer.options().alpn();
    this.address = address;
  }

  /**
   * Opens the socket. The pipeline is there before, as TCP fast open sends the beginning of the TLS
   * handshake along.
   */
  ChannelFuture connect() {
    Sockets sockets = pool.connector.sockets();
    EventLoop loop = home.loop;
    Bootstrap bootstrap =
        address instanceof InetSocketAddress
            ? sockets.prepare(loop, peer.options(), this)
            : sockets.prepareDomain(loop, peer.options(), this);
    ChannelFuture connecting = bootstrap.connect(address);
    channel = connecting.channel();
    return connecting;
  }

  @Override
  protected void initChannel(Channel fresh) {
    if (context != null && tls != null) {
      fresh
          .pipeline()
          .addLast(TlsContexts.handler(context, tls, fresh.alloc(), peer.address().getPort()));
      if (alpn != Alpn.H1) {
        fresh.pipeline().addLast(new Negotiation());
        return;
      }
    }
    if (alpn == Alpn.H2) {
      addHttp2(fresh);
    } else {
      addHttp1(fresh);
    }
  }

  private void addHttp1(Channel fresh) {
    Http1Connection made = new Http1Connection(pool, home, fresh);
    connection = made;
    made.addTo(fresh.pipeline());
  }

  private void addHttp2(Channel fresh) {
    Http2Connection made = new Http2Connection(pool, home, fresh, this);
    connection = made;
    made.addTo(fresh.pipeline());
  }

  /** The socket is open, and this is the connection that goes on. */
  void connected() {
    Channel opened = requireNonNull(channel);
    if (alpn == Alpn.H2 && tls == null) {
      step = "waiting for the peer's HTTP/2 settings";
      opened.config().setAutoRead(true);
      return;
    }
    // Keeps a read pending from now on: the handshake needs it, and a peer that closes is seen.
    opened.read();
    SslHandler handshake = opened.pipeline().get(SslHandler.class);
    if (handshake == null) {
      succeed();
    } else {
      step = "in its TLS handshake";
      handshake.handshakeFuture().addListener(done -> secured(done.cause()));
    }
  }

  private void secured(@Nullable Throwable cause) {
    if (ended) {
      return;
    }
    if (cause != null) {
      fail(tlsFailure(peer, cause));
    } else if (alpn == Alpn.H1) {
      succeed();
    }
  }

  /** The handshake failed. */
  private static PeerException tlsFailure(HttpPeer peer, Throwable cause) {
    String detail =
        cause instanceof ClosedChannelException
            ? "the peer closed the connection"
            : TlsFailures.explain(cause, peer.options().tls().orElse(null));
    Failure failure = peer.isNamedByRequest() ? TlsFailures.ofNameOfRequest(cause) : Failure.TLS;
    return PeerException.unsent(peer, failure, "TLS handshake: " + detail);
  }

  /** Waits for the handshake to tell which version of HTTP the connection speaks. */
  private final class Negotiation extends ChannelInboundHandlerAdapter {
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof SslHandshakeCompletionEvent handshake && handshake.isSuccess()) {
        // Before the event goes on: frames may be right behind it.
        String protocol = ctx.pipeline().get(SslHandler.class).applicationProtocol();
        ctx.pipeline().remove(this);
        negotiated(ctx.channel(), protocol);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      // The handshake's future tells.
    }
  }

  private void negotiated(Channel opened, @Nullable String protocol) {
    if (ended) {
      return;
    }
    boolean http2 = ApplicationProtocolNames.HTTP_2.equals(protocol);
    if (http2) {
      pool.negotiated(true);
      step = "waiting for the peer's HTTP/2 settings";
      addHttp2(opened);
      opened.config().setAutoRead(true);
    } else if (alpn == Alpn.H2) {
      fail(
          PeerException.unsent(
              peer,
              Failure.TLS,
              "TLS handshake: the peer chose "
                  + (protocol == null ? "no protocol" : "\"" + protocol + "\"")
                  + " by ALPN (expected: \"h2\", or alpn: H2H1)"));
    } else {
      pool.negotiated(false);
      addHttp1(opened);
      opened.read();
      succeed();
    }
  }

  /** The peer's settings are there. */
  void ready() {
    if (!ended) {
      succeed();
    }
  }

  /** The HTTP/2 connection ended before it could be used. */
  void refused(PeerException failure) {
    if (!ended) {
      fail(failure);
    }
  }

  private void succeed() {
    PooledConnection made = connection;
    if (made == null || !made.isOpen()) {
      fail(PeerException.unsent(peer, Failure.CONNECT, "the peer closed the connection at once"));
    } else {
      ended = true;
      attempt.succeed(made);
    }
  }

  private void fail(PeerException failure) {
    close();
    attempt.fail(failure);
  }

  /** Ends it; nothing is told. */
  @SuppressWarnings("FutureReturnValueIgnored") // nothing waits for the socket's end
  void close() {
    ended = true;
    Channel opened = channel;
    if (opened != null) {
      opened.close();
    }
  }

  /** What it is at, for messages. */
  String step() {
    return step;
  }

  /** In words, why the socket could not be opened. */
  String notConnected(Throwable cause) {
    String reason =
        cause instanceof ConnectTimeoutException
            ? "no connection within " + DurationText.of(peer.options().timeouts().connection())
            : SocketErrors.reason(cause);
    return address instanceof InetSocketAddress known ? where(known) + reason : reason;
  }

  /** Where it was to lead, unless that is what the peer is called anyway. */
  private String where(InetSocketAddress known) {
    String host = IpAddress.of(known.getAddress()).toString();
    String target = host.indexOf(':') < 0 ? host : "[" + host + "]";
    String from =
        peer.options().socket().bindTo().map(local -> " from " + local.getHostAddress()).orElse("");
    Endpoint endpoint = peer.backend().endpoint();
    boolean isClear = from.isEmpty() && endpoint.host().equals(host);
    return isClear ? "" : "connect to " + target + ":" + known.getPort() + from + ": ";
  }
}
