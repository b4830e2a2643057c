package io.upstream4j.core.connect;

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
import io.netty.util.concurrent.Future;
import io.upstream4j.api.spi.AddressFilter;
import io.upstream4j.api.spi.IpAddress;
import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.peer.Timeouts;
import io.upstream4j.core.peer.TlsOptions;
import java.io.FileNotFoundException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Opens one connection: looks the name up, tries its addresses in order, does the TLS handshake.
 * Runs on the preferred loop of the request that wants the connection, but for what blocks.
 *
 * <p>If that request is cancelled in the meantime the connection still goes to the pool.
 */
final class ConnectAttempt {
  private final PeerPool pool;
  private final HttpPeer peer;
  private final Acquisition request;
  private final EventLoop loop;
  private final Timeouts timeouts;
  private final @Nullable TlsOptions tls;
  private final Alpn alpn;
  private final @Nullable String socketPath;
  private @Nullable SslContext context;
  private InetAddress[] addresses = {};
  private int next;
  private @Nullable Future<?> deadline;
  private @Nullable Channel channel;
  private @Nullable PooledConnection connection;
  private final Queue<Acquisition> joined = new ArrayDeque<>();
  private String step = "being opened";
  private boolean ended;

  ConnectAttempt(PeerPool pool, Acquisition request) {
    this.pool = pool;
    this.peer = pool.peer;
    this.request = request;
    this.loop = request.preferred;
    this.timeouts = peer.options().timeouts();
    this.tls = peer.options().tls().orElse(null);
    this.alpn = peer.options().alpn();
    this.socketPath = peer.backend().endpoint().socketPath().orElse(null);
  }

  /** Begins. On the loop. */
  void start() {
    pool.connector.add(this);
    if (pool.isShut()) {
      fail(pool.shutDown());
      return;
    }
    if (alpn != Alpn.H1) {
      pool.loops[request.index].setOpening(this);
    }
    deadline =
        loop.schedule(this::expire, timeouts.totalConnection().toNanos(), TimeUnit.NANOSECONDS);
    context = tls == null ? null : pool.connector.tls().find(tls, alpn);
    InetAddress known = peer.address().getAddress();
    boolean isFound = known != null || socketPath != null;
    if (isFound && (tls == null || context != null)) {
      connectTo(known);
    } else {
      step = isFound ? "being prepared" : "being looked up";
      prepare();
    }
  }

  private void connectTo(@Nullable InetAddress known) {
    if (socketPath != null) {
      connectToSocket(socketPath);
    } else if (known != null) {
      connectTo(new InetAddress[] {known});
    }
  }

  private void prepare() {
    try {
      pool.connector.resolver().execute(this::prepareBlocking);
    } catch (RejectedExecutionException e) {
      fail(pool.shutDown());
    }
  }

  /** On a thread that may block. */
  private void prepareBlocking() {
    InetAddress known = peer.address().getAddress();
    String host = peer.address().getHostString();
    try {
      InetAddress[] found =
          known != null || socketPath != null ? new InetAddress[0] : InetAddress.getAllByName(host);
      SslContext made = tls == null ? null : pool.connector.tls().make(tls, alpn);
      backOnLoop(
          () -> {
            context = made;
            if (found.length > 0) {
              connectTo(found);
            } else {
              connectTo(known);
            }
          });
    } catch (UnknownHostException e) {
      backOnLoop(
          () ->
              fail(
                  PeerException.unsent(
                      peer, Failure.RESOLVE, "host name \"" + host + "\" is not known")));
    } catch (SSLException e) {
      backOnLoop(() -> fail(tlsFailure(e)));
    }
  }

  private void backOnLoop(Runnable task) {
    try {
      loop.execute(
          () -> {
            if (!ended) {
              task.run();
            }
          });
    } catch (RejectedExecutionException e) {
      // The connector was closed meanwhile; shutDown() has told the request.
    }
  }

  /** Connects to the first of these that can be connected to, and may be. */
  private void connectTo(InetAddress[] found) {
    AddressFilter filter = peer.addressFilter().orElse(null);
    addresses = filter == null ? found : permitted(filter, found);
    InetAddress local = peer.options().socket().bindTo().orElse(null);
    if (addresses.length > 0 && local != null) {
      bound(local);
      return;
    }
    if (addresses.length > 0) {
      connectNext();
      return;
    }
    fail(
        PeerException.unsent(
            peer,
            Failure.FORBIDDEN_ADDRESS,
            "address "
                + found[0].getHostAddress()
                + " is not public (expected: a public address, or one in an allowed network)"));
  }

  /** Connects to the first of the addresses that can be reached from a local one. */
  private void bound(InetAddress local) {
    String first = addresses[0].getHostAddress();
    addresses =
        Stream.of(addresses)
            .filter(address -> address.getClass() == local.getClass())
            .toArray(InetAddress[]::new);
    if (addresses.length > 0) {
      connectNext();
      return;
    }
    fail(
        PeerException.unsent(
            peer,
            Failure.CONNECT,
            "address "
                + first
                + " cannot be reached from "
                + local.getHostAddress()
                + ", the address of bind_to (expected: both of IPv4 or both of IPv6)"));
  }

  private static InetAddress[] permitted(AddressFilter filter, InetAddress[] found) {
    return Stream.of(found)
        .filter(address -> filter.permits(IpAddress.of(address)))
        .toArray(InetAddress[]::new);
  }

  private void connectNext() {
    step = "being opened";
    InetSocketAddress address = new InetSocketAddress(addresses[next++], peer.address().getPort());
    ChannelFuture connect =
        pool.connector.sockets().prepare(loop, peer.options(), new Pipeline()).connect(address);
    String where =
        "no TCP connection to "
            + address.getAddress().getHostAddress()
            + " port "
            + address.getPort()
            + peer.options()
                .socket()
                .bindTo()
                .map(local -> " from " + local.getHostAddress())
                .orElse("");
    channel = connect.channel();
    connect.addListener(done -> connected(done.cause(), where));
  }

  private void connectToSocket(String path) {
    step = "being opened";
    Sockets sockets = pool.connector.sockets();
    ChannelFuture connect =
        sockets
            .prepareDomain(loop, peer.options(), new Pipeline())
            .connect(sockets.domainAddress(path));
    channel = connect.channel();
    connect.addListener(done -> connected(done.cause(), "no connection to the socket " + path));
  }

  private final class Pipeline extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel fresh) {
      SslContext tlsContext = context;
      if (tlsContext != null && tls != null) {
        fresh
            .pipeline()
            .addLast(TlsContexts.handler(tlsContext, tls, fresh.alloc(), peer.address().getPort()));
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
  }

  private void addHttp1(Channel fresh) {
    Http1Connection made = new Http1Connection(pool, pool.loops[request.index], fresh);
    connection = made;
    made.addTo(fresh.pipeline());
  }

  private void addHttp2(Channel fresh) {
    Http2Connection made = new Http2Connection(pool, pool.loops[request.index], fresh, this);
    connection = made;
    made.addTo(fresh.pipeline());
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

  /** Adds a request that wants a stream of the connection; false when it will have no room. */
  boolean join(Acquisition other) {
    int expected = peer.options().http2().maxStreams();
    OptionalInt requests = peer.options().limits().maxRequests();
    if (requests.isPresent()) {
      expected = Math.min(expected, requests.getAsInt());
    }
    if (ended || joined.size() + 1 >= expected) {
      return false;
    }
    joined.add(other);
    return true;
  }

  /** The peer's settings are there. */
  void ready() {
    if (!ended) {
      succeed();
    }
  }

  /** The HTTP/2 connection ended before it could be used. */
  void refused(PeerException failure) {
    fail(failure);
  }

  private void connected(@Nullable Throwable cause, String failed) {
    Channel opened = channel;
    if (ended || opened == null) {
      return;
    }
    if (cause != null) {
      if (next < addresses.length) {
        connectNext();
      } else {
        fail(notConnected(cause, failed));
      }
      return;
    }
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

  private PeerException notConnected(Throwable cause, String failed) {
    if (cause instanceof ConnectTimeoutException) {
      return PeerException.unsent(
          peer, Failure.CONNECT_TIMEOUT, failed + " within " + Words.of(timeouts.connection()));
    }
    return PeerException.unsent(peer, Failure.CONNECT, failed + ": " + reason(cause));
  }

  /** Netty's failures of Unix domain sockets may be without a message, but their causes are not. */
  private static String reason(Throwable cause) {
    for (Throwable each = cause; each != null; each = each.getCause()) {
      if (each.getMessage() != null) {
        return each.getMessage();
      }
    }
    return cause instanceof FileNotFoundException
        ? "no such file"
        : cause.getClass().getSimpleName();
  }

  private void secured(@Nullable Throwable cause) {
    if (ended) {
      return;
    }
    if (cause != null) {
      fail(tlsFailure(cause));
    } else if (alpn == Alpn.H1) {
      succeed();
    }
  }

  private PeerException tlsFailure(Throwable cause) {
    String detail =
        cause instanceof ClosedChannelException
            ? "the peer closed the connection"
            : TlsFailures.explain(cause, tls);
    return PeerException.unsent(peer, Failure.TLS, "TLS handshake: " + detail);
  }

  private void expire() {
    fail(
        PeerException.unsent(
            peer,
            Failure.TOTAL_CONNECT_TIMEOUT,
            "no usable connection within "
                + Words.of(timeouts.totalConnection())
                + "; it was "
                + step));
  }

  /** The connector is being closed. Any thread. */
  void shutDown() {
    loop.execute(() -> fail(pool.shutDown()));
  }

  private void succeed() {
    PooledConnection made = connection;
    if (made == null || !made.isOpen()) {
      fail(PeerException.unsent(peer, Failure.CONNECT, "the peer closed the connection at once"));
    } else {
      end();
      made.begin();
      pool.connected(made, request, joined);
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // nothing waits for the socket's end
  private void fail(PeerException failure) {
    if (ended) {
      return;
    }
    end();
    Channel opened = channel;
    if (opened != null) {
      opened.close();
    }
    pool.connectFailed();
    request.tryFailure(failure);
    joined.forEach(other -> other.tryFailure(failure));
  }

  private void end() {
    ended = true;
    LoopPool home = pool.loops[request.index];
    if (home.opening() == this) {
      home.setOpening(null);
    }
    Future<?> armed = deadline;
    if (armed != null) {
      armed.cancel(false);
    }
    pool.connector.remove(this);
  }
}
