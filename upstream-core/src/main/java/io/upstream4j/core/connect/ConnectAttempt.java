package io.upstream4j.core.connect;

import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.Future;
import io.upstream4j.api.spi.AddressFilter;
import io.upstream4j.api.spi.IpAddress;
import io.upstream4j.core.connect.tls.TlsContexts;
import io.upstream4j.core.connect.tls.TlsFailures;
import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.peer.Timeouts;
import io.upstream4j.core.peer.TlsOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Opens one connection for a request: looks the name up, lets its addresses race, and has the first
 * one set up. Runs on the preferred loop of that request, but for what blocks.
 *
 * <p>If that request is cancelled in the meantime the connection is for another, goes to the pool,
 * or is given up: see {@link PeerPool}.
 */
final class ConnectAttempt {
  private final PeerPool pool;
  private final HttpPeer peer;
  private Acquisition request;
  private final EventLoop loop;
  private final Timeouts timeouts;
  private final @Nullable TlsOptions tls;
  private final Alpn alpn;
  private final @Nullable String socketPath;
  private @Nullable SslContext context;
  private @Nullable Future<?> deadline;
  private @Nullable AddressRace race;
  private @Nullable ConnectionSetup setup;
  private final Queue<Acquisition> joined = new ArrayDeque<>();
  private final long begunNanos = System.nanoTime();
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
    if (tls != null && !TlsContexts.isServerName(tls.serverName())) {
      fail(
          PeerException.unsent(
              peer,
              peer.isNamedByRequest() ? Failure.MISDIRECTED : Failure.INTERNAL,
              "\""
                  + tls.serverName()
                  + "\" cannot be the name of a server in TLS (expected: letters, digits and"
                  + " hyphens between dots)"));
      return;
    }
    if (alpn != Alpn.H1) {
      pool.loops[request.index].setOpening(this);
    }
    deadline =
        loop.schedule(this::expire, timeouts.totalConnection().toNanos(), TimeUnit.NANOSECONDS);
    serve(request);
    if (ended) { // it was cancelled just now
      return;
    }
    context = tls == null ? null : pool.connector.tls().find(tls, alpn);
    List<InetAddress> known = known();
    boolean isFound = socketPath != null || !known.isEmpty();
    if (isFound && (tls == null || context != null)) {
      connectTo(known);
    } else {
      step = isFound ? "being prepared" : "being looked up";
      prepare();
    }
  }

  /** Is from now on for this request. On the loop. */
  @SuppressWarnings("ReferenceEquality") // the very request
  void serve(Acquisition served) {
    request = served;
    served.addListener( // on the loop
        done -> {
          if (served.isCancelled() && served == request) {
            cancelled();
          }
        });
  }

  private void cancelled() {
    if (!ended && joined.isEmpty() && !pool.keepsOpening(this, request.index)) {
      giveUp();
    }
  }

  /** Whether it has most of its time left, so that another request may rely on it. */
  boolean isYoung() {
    return System.nanoTime() - begunNanos < timeouts.connection().toNanos() / 2;
  }

  /** Nobody wants the connection any more. */
  void giveUp() {
    if (!ended) {
      end();
      closeSockets();
      pool.connectGivenUp();
    }
  }

  /** Empty when there is a name to look up, or a Unix socket. */
  private List<InetAddress> known() {
    InetAddress address = peer.address().getAddress();
    return address == null ? List.of() : List.of(address);
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
    String host = peer.address().getHostString();
    try {
      List<InetAddress> known = known();
      List<InetAddress> found =
          socketPath == null && known.isEmpty() ? pool.connector.resolver().find(host) : known;
      SslContext made = tls == null ? null : pool.connector.tls().make(tls, alpn);
      backOnLoop(
          () -> {
            context = made;
            connectTo(found);
          });
    } catch (UnknownHostException e) {
      failFor(
          e,
          PeerException.unsent(peer, Failure.RESOLVE, "host name \"" + host + "\" is not known"));
    } catch (SSLException e) {
      failFor(e, PeerException.unsent(peer, Failure.INTERNAL, TlsFailures.explain(e, tls)));
    }
  }

  private void failFor(IOException cause, PeerException otherwise) {
    PeerException failure =
        OpenFiles.ranOut(cause)
            ? PeerException.unsent(peer, Failure.OUT_OF_DESCRIPTORS, OpenFiles.ranOutText())
            : otherwise;
    backOnLoop(() -> fail(failure));
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

  /** Connects to the first of these that answers, of those that may be connected to. */
  private void connectTo(List<InetAddress> found) {
    if (socketPath != null) {
      race(Stream.of(pool.connector.sockets().domainAddress(socketPath)));
      return;
    }
    AddressFilter filter = peer.addressFilter().orElse(null);
    List<InetAddress> permitted =
        filter == null
            ? found
            : found.stream().filter(each -> filter.permits(IpAddress.of(each))).toList();
    if (permitted.isEmpty()) {
      fail(
          PeerException.unsent(
              peer,
              Failure.FORBIDDEN_ADDRESS,
              "address "
                  + found.get(0).getHostAddress()
                  + " is not public (expected: a public address, or one in an allowed network)"));
      return;
    }
    InetAddress local = peer.options().socket().bindTo().orElse(null);
    List<InetAddress> reachable =
        local == null
            ? permitted
            : permitted.stream().filter(each -> each.getClass() == local.getClass()).toList();
    if (local != null && reachable.isEmpty()) {
      fail(
          PeerException.unsent(
              peer,
              Failure.LOCAL_ADDRESS,
              "address "
                  + permitted.get(0).getHostAddress()
                  + " cannot be reached from "
                  + local.getHostAddress()
                  + ", the address of bind_to (expected: both of IPv4 or both of IPv6)"));
      return;
    }
    int port = peer.address().getPort();
    race(AddressRace.interleave(reachable).stream().map(each -> new InetSocketAddress(each, port)));
  }

  private void race(Stream<? extends SocketAddress> goals) {
    step = "being opened";
    LoopPool home = pool.loops[request.index];
    List<ConnectionSetup> setups =
        goals.map(goal -> new ConnectionSetup(this, pool, home, context, goal)).toList();
    AddressRace begun = new AddressRace(loop, setups, new Outcome());
    race = begun;
    begun.start();
  }

  private final class Outcome implements AddressRace.Listener {
    @Override
    public void won(ConnectionSetup first) {
      setup = first;
      first.connected();
    }

    @Override
    public void lost(Failure last, List<String> details) {
      fail(PeerException.unsent(peer, last, String.join("; ", details)));
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

  private void expire() {
    ConnectionSetup reached = setup;
    fail(
        PeerException.unsent(
            peer,
            Failure.TOTAL_CONNECT_TIMEOUT,
            "no usable connection within "
                + DurationText.of(timeouts.totalConnection())
                + "; it was "
                + (reached == null ? step : reached.step())));
  }

  /** The connector is being closed. Any thread. */
  void shutDown() {
    loop.execute(() -> fail(pool.shutDown()));
  }

  /** The connection can be used. */
  void succeed(PooledConnection made) {
    end();
    made.begin();
    pool.connected(made, request, joined);
  }

  /** There will be no connection. */
  void fail(PeerException failure) {
    if (ended) {
      return;
    }
    end();
    closeSockets();
    pool.connectFailed();
    request.tryFailure(failure);
    joined.forEach(other -> other.tryFailure(failure));
  }

  private void closeSockets() {
    AddressRace begun = race;
    if (begun != null) {
      begun.close();
    }
    ConnectionSetup opened = setup;
    if (opened != null) {
      opened.close();
    }
  }

  private void end() {
    ended = true;
    LoopPool home = pool.loops[request.index];
    home.removeOrphan(this);
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
