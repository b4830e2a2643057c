package io.upstream4j.core.connect;

import static java.util.Objects.requireNonNull;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.upstream4j.core.connect.memory.MemoryBudget;
import io.upstream4j.core.connect.tls.TlsContexts;
import io.upstream4j.core.connect.tls.TlsProviders;
import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.CloseReason;
import io.upstream4j.core.peer.ConnectionStats;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.peer.TlsOptions;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Opens, pools and hands out connections to peers, and owns the event loops they run on.
 *
 * <p>Any thread may call it; only {@link #close(Duration)} blocks. A call from one of {@link
 * #eventLoops}, with that loop as the preferred one, costs least.
 *
 * <p>A connection serves only requests whose peer is {@linkplain HttpPeer#equals equal} to the one
 * it was opened for.
 */
public final class Connector implements AutoCloseable {
  /** What closing takes at most beyond its grace, for exchanges, look-ups and loops together. */
  private static final int END_SECONDS = 10;

  private final Transport transport;
  private final MemoryBudget memory = new MemoryBudget();
  private final Sockets sockets;
  private final TlsContexts tls;
  private final Resolver resolver;
  private final Map<HttpPeer, PeerPool> pools = new ConcurrentHashMap<>();

  /** Every pool that still has connections or waiting requests, the retired ones too. */
  private final Set<PeerPool> alive = ConcurrentHashMap.newKeySet();

  /** The counts of pools that were retired and have their time to end. */
  private final Map<HttpPeer, PoolCounts> retired = new ConcurrentHashMap<>();

  /** How often a peer is to be kept warm. */
  private final Map<HttpPeer, Integer> warm = new ConcurrentHashMap<>();

  private final Set<PooledConnection> connections = ConcurrentHashMap.newKeySet();
  private final Set<ConnectAttempt> attempts = ConcurrentHashMap.newKeySet();
  private final CountDownLatch unused = new CountDownLatch(1);
  private final AtomicBoolean closeBegun = new AtomicBoolean();
  private final CountDownLatch closeEnded = new CountDownLatch(1);

  /** Requests for a connection that have neither got one nor failed. */
  private final LongAdder acquiring = new LongAdder();

  /** No request is taken from now on; those that were taken are served. */
  private volatile boolean closing;

  /** Nothing is served from now on. */
  private volatile boolean shutting;

  /**
   * Starts the event loops.
   *
   * @param threads how many; at least 1
   * @param type what they wait with
   * @throws IllegalArgumentException when this machine does not have it
   */
  public Connector(int threads, TransportType type) {
    this(threads, type, TlsProviders::best, InetAddress::getAllByName);
  }

  /** With a provider and names of a test's choice. */
  Connector(
      int threads, TransportType type, Supplier<SslProvider> tlsProvider, Resolver.Names names) {
    this.transport = startTransport(threads, type);
    this.sockets = new Sockets(transport);
    this.tls = new TlsContexts(tlsProvider);
    this.resolver = new Resolver(names);
  }

  /** As {@link #Connector(int, TransportType)}, with the {@linkplain TransportType#best best}. */
  public Connector(int threads) {
    this(threads, TransportType.best());
  }

  private static Transport startTransport(int threads, TransportType type) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: " + threads + " (expected: from 1)");
    }
    OpenFiles.prepare();
    return Transport.start(threads, type);
  }

  /** The loops, which a server in the same program does well to share. */
  public EventLoopGroup eventLoops() {
    return transport.group();
  }

  /** The kind of server channel that fits {@link #eventLoops}. */
  public Class<? extends ServerChannel> serverChannelType() {
    return transport.serverChannelType();
  }

  /**
   * Whether the other end of a connection has said that it sends no more, be there still bytes to
   * read before that: so that a connection which nobody reads, to hold its peer back, is known to
   * be abandoned. Only with {@link TransportType#EPOLL}; false otherwise. One system call.
   */
  public boolean hasPeerEnded(Channel channel) {
    return Transport.hasPeerEnded(channel);
  }

  /** The bound on what proxies that share this connector hold for slow peers. */
  public MemoryBudget memory() {
    return memory;
  }

  /** What the loops wait with. */
  public TransportType transport() {
    return transport.type();
  }

  /**
   * Takes an idle connection, the most recently used of {@code preferred} first, then any other
   * loop's, or opens one on {@code preferred}, or waits for one when the limit is reached.
   *
   * @param preferred one of {@link #eventLoops}
   * @return fails with a {@link io.upstream4j.core.peer.PeerException}. Cancelling it gives the
   *     connection back
   * @throws IllegalArgumentException when {@code preferred} is not one of {@link #eventLoops}
   */
  public Future<HttpStream> open(HttpPeer peer, EventLoop preferred) {
    int index = transport.indexOf(preferred);
    if (closing) {
      return preferred.newFailedFuture(shutDown(peer));
    }
    PeerPool pool = pool(peer);
    if (preferred.inEventLoop()) {
      PooledConnection connection = pool.loops[index].take();
      if (connection != null) {
        return preferred.newSucceededFuture(connection.lease());
      }
    }
    return acquire(new Acquisition(pool, preferred, index, false));
  }

  /**
   * As {@link #open}, but never on a connection that was used before; except when the limit is
   * reached and others have streams of an HTTP/2 connection under way, of which it may get one.
   */
  public Future<HttpStream> openFresh(HttpPeer peer, EventLoop preferred) {
    int index = transport.indexOf(preferred);
    if (closing) {
      return preferred.newFailedFuture(shutDown(peer));
    }
    return acquire(new Acquisition(pool(peer), preferred, index, true));
  }

  /**
   * Opens a connection for a protocol that is not HTTP, which is never pooled. It counts among the
   * peer's connections until the caller closes the channel.
   *
   * @param peer whose version of HTTP is {@link Alpn#H1}, so that no other is agreed upon
   * @param preferred one of {@link #eventLoops}
   * @param handler added to the channel before any byte is read; gets bytes, decrypted, when it
   *     asks for them ({@code read()}), and writes bytes
   * @return fails with a {@link io.upstream4j.core.peer.PeerException}
   */
  public Future<Channel> openBytes(HttpPeer peer, EventLoop preferred, ChannelHandler handler) {
    if (peer.options().alpn() != Alpn.H1) {
      throw new IllegalArgumentException(
          "alpn: " + peer.options().alpn() + " (expected: H1, as others are agreed upon)");
    }
    Promise<Channel> opened = preferred.newPromise();
    try {
      preferred.execute(() -> openBytes(peer, preferred, handler, opened));
    } catch (RejectedExecutionException e) {
      opened.tryFailure(shutDown(peer));
    }
    return opened;
  }

  /**
   * On the loop, so that whoever wants the connection is known before it is there, and is told
   * before a byte is read from it, which would pass for one that nobody asked for.
   */
  private void openBytes(
      HttpPeer peer, EventLoop preferred, ChannelHandler handler, Promise<Channel> opened) {
    openFresh(peer, preferred)
        .addListener(
            (Future<HttpStream> opening) -> {
              if (!opening.isSuccess()) {
                opened.tryFailure(opening.cause());
              } else if (opening.getNow() instanceof Http1Exchange fresh) {
                fresh.giveTo(handler, opened);
              }
            });
  }

  private Acquisition acquire(Acquisition request) {
    request.counted = true;
    acquiring.increment();
    find(request);
    return request;
  }

  /** A request that was counted has a connection or has failed. */
  void settled() {
    acquiring.decrement();
    checkUnused();
  }

  private void find(Acquisition request) {
    HttpPeer peer = request.pool.peer;
    if (request.preferred.inEventLoop()) {
      request.pool.acquire(request);
    } else {
      try {
        request.preferred.execute(() -> request.pool.acquire(request));
      } catch (RejectedExecutionException e) {
        request.tryFailure(shutDown(peer));
      }
    }
  }

  private PeerPool pool(HttpPeer peer) {
    PeerPool pool = pools.get(requireNonNull(peer, "peer"));
    if (pool == null) {
      pool = pools.computeIfAbsent(peer, this::newPool);
      if (shutting) {
        pool.shut();
      } else if (closing) {
        pool.keepNothing();
      }
    }
    return pool;
  }

  private PeerPool newPool(HttpPeer peer) {
    PoolCounts before = retired.remove(peer);
    EventLoop[] loops = transport.loops();
    PeerPool pool =
        new PeerPool(this, peer, loops, before == null ? new PoolCounts(loops.length) : before);
    alive.add(pool);
    if (warm.containsKey(peer)) {
      pool.warm();
    }
    return pool;
  }

  /** A request came to a pool that has ended; sends it to the one that took its place. */
  void redirect(Acquisition request) {
    PeerPool ended = request.pool;
    pools.remove(ended.peer, ended);
    request.startOver(pool(ended.peer));
    find(request);
  }

  /** A pool has ended. */
  void forget(PeerPool pool) {
    pools.remove(pool.peer, pool);
    alive.remove(pool);
    pool.peer.options().tls().ifPresent(this::forgetUnusedTls);
    checkUnused();
  }

  private void forgetUnusedTls(TlsOptions options) {
    for (PeerPool pool : alive) {
      if (pool.peer.options().tls().filter(options::equals).isPresent()) {
        return;
      }
    }
    tls.forget(options);
  }

  private void checkUnused() {
    if (closing && acquiring.sum() <= 0 && alive.isEmpty()) {
      unused.countDown();
    }
  }

  /** How many connections are open, for tests. */
  int open() {
    return connections.size();
  }

  /** How many connections are being opened, for tests. */
  int opening() {
    return attempts.size();
  }

  /** The pool of a peer, for tests. */
  @Nullable PeerPool poolOf(HttpPeer peer) {
    return pools.get(peer);
  }

  /** How many pools have not ended, for tests. */
  int pools() {
    return alive.size();
  }

  void add(PooledConnection connection) {
    connections.add(connection);
  }

  void remove(PooledConnection connection) {
    connections.remove(connection);
  }

  void add(ConnectAttempt attempt) {
    attempts.add(attempt);
  }

  void remove(ConnectAttempt attempt) {
    attempts.remove(attempt);
  }

  Sockets sockets() {
    return sockets;
  }

  TlsContexts tls() {
    return tls;
  }

  Resolver resolver() {
    return resolver;
  }

  /**
   * Which of these settings have no effect on this machine with its event loops, each with the
   * reason and what it needs.
   */
  public List<String> ignored(PeerOptions options) {
    return sockets.ignored(requireNonNull(options, "options").socket());
  }

  /** The pool of one peer. */
  public ConnectionStats stats(HttpPeer peer) {
    PeerPool pool = pools.get(requireNonNull(peer, "peer"));
    if (pool != null) {
      return pool.stats();
    }
    PoolCounts counts = retired.get(peer);
    return counts == null ? ConnectionStats.NONE : PeerPool.stats(counts);
  }

  /**
   * Keeps {@link io.upstream4j.core.peer.PoolLimits#minIdle} connections to a peer ready, spread
   * over the loops: opens them now, and others when they are taken or end. When that fails it waits
   * longer each time, up to 30 s. It goes on until {@link #cool} was called as often as this.
   */
  public void warm(HttpPeer peer) {
    if (warm.merge(requireNonNull(peer, "peer"), 1, Integer::sum) == 1
        && peer.options().limits().minIdle() > 0
        && !closing) {
      pool(peer).warm();
    }
  }

  /**
   * Ends what {@link #warm} began, when called as often. Connections that are there stay until they
   * have been idle too long.
   */
  public void cool(HttpPeer peer) {
    boolean ended =
        warm.computeIfPresent(
                requireNonNull(peer, "peer"), (known, times) -> times > 1 ? times - 1 : null)
            == null;
    PeerPool pool = pools.get(peer);
    if (ended && pool != null) {
      pool.cool();
    }
  }

  /** Closes the peer's idle connections now, and those in use when they become idle. */
  public void retire(HttpPeer peer) {
    PeerPool pool = pools.remove(requireNonNull(peer, "peer"));
    if (pool != null && !closing) {
      pool.retire();
    }
  }

  /**
   * As {@link #retire(HttpPeer)}, and breaks off what is still under way after a while.
   *
   * @param grace how long exchanges may go on
   */
  @SuppressWarnings("FutureReturnValueIgnored") // it ends with the loop at the latest
  public void retire(HttpPeer peer, Duration grace) {
    PeerPool pool = pools.remove(requireNonNull(peer, "peer"));
    EventLoop timer = transport.loops()[0];
    if (pool != null && !closing && !timer.isShuttingDown()) {
      retired.put(peer, pool.counts());
      pool.retire();
      timer.schedule(() -> end(pool), grace.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  private void end(PeerPool pool) {
    retired.remove(pool.peer, pool.counts());
    for (PooledConnection connection : connections) {
      if (connection.pool == pool) {
        connection.breakOff(
            CloseReason.DRAINED,
            Failure.DRAINED,
            "its backend was removed or disabled, and its time ran out");
      }
    }
  }

  private static PeerException shutDown(HttpPeer peer) {
    return PeerException.unsent(peer, Failure.SHUTDOWN, "the connector was closed");
  }

  /**
   * Refuses new requests for connections, waits for those that were taken before and for their
   * exchanges, then closes everything. Blocks: as long as the grace, and up to 10 s more when the
   * code of a program holds an event loop up. May be called again, and then waits for the first
   * call's end.
   *
   * @param grace how long to wait for exchanges
   * @throws IllegalStateException when called by one of {@link #eventLoops}, which cannot wait for
   *     itself
   */
  public void close(Duration grace) {
    requireOffLoop("close()");
    boolean interrupted = false;
    if (closeBegun.compareAndSet(false, true)) {
      closing = true;
      alive.forEach(PeerPool::retire);
      checkUnused();
      try {
        interrupted = awaitUnlessInterrupted(unused, grace);
        shutting = true;
        alive.forEach(PeerPool::shut);
        attempts.forEach(ConnectAttempt::shutDown);
        connections.forEach(PooledConnection::shutDown);
        interrupted |= awaitUnlessInterrupted(unused, Duration.ofSeconds(1));
        resolver.close();
        interrupted |= transport.end();
      } finally {
        closeEnded.countDown();
      }
    } else {
      interrupted = awaitUnlessInterrupted(closeEnded, grace.plusSeconds(END_SECONDS));
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static boolean awaitUnlessInterrupted(CountDownLatch latch, Duration limit) {
    try {
      latch.await(limit.toNanos(), TimeUnit.NANOSECONDS);
      return false;
    } catch (InterruptedException e) {
      return true;
    }
  }

  /**
   * Refuses to go on when the calling thread is an event loop, of whichever connector.
   *
   * @param call what would block it, such as {@code join()}
   * @throws IllegalStateException with what to do instead
   */
  public static void requireOffLoop(String call) {
    Thread caller = Thread.currentThread();
    if (caller instanceof Transport.LoopThread) {
      throw new IllegalStateException(
          call
              + " on the event loop "
              + caller.getName()
              + ", which must not block (expected: a call from another thread, or a step"
              + " that follows without waiting, such as thenCompose or thenApplyAsync)");
    }
  }

  /** Closes everything at once. */
  @Override
  public void close() {
    close(Duration.ZERO);
  }
}
