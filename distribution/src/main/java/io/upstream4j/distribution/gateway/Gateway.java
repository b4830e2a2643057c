package io.upstream4j.distribution.gateway;

import static java.util.Objects.requireNonNull;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.upstream4j.core.AppliedConfig;
import io.upstream4j.core.Upstream;
import io.upstream4j.core.Upstreams;
import io.upstream4j.core.config.GatewayLimits;
import io.upstream4j.core.connect.Connector;
import io.upstream4j.core.connect.MemoryAccount;
import io.upstream4j.core.connect.MemoryBudget;
import io.upstream4j.core.peer.TlsIdentity;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A reverse proxy before the upstreams of a configuration: takes HTTP/1.1, HTTP/1.0 and, by prior
 * knowledge, HTTP/2 in clear text; sends each request to the upstream that its route names, and
 * streams both bodies.
 *
 * <p>Runs on the event loops of the upstreams' connector, so that a client's connection and that to
 * its backend share a thread. All methods may be called by any thread but those loops.
 */
public final class Gateway implements AutoCloseable {
  private static final Logger LOG = System.getLogger(Gateway.class.getName());
  private static final int BACKLOG = 4096;

  // From one client before others have their turn; a read brings up to 64 KiB.
  private static final RecvByteBufAllocator READS =
      new AdaptiveRecvByteBufAllocator().maxMessagesPerRead(4);

  private final Upstreams upstreams;
  private final Connector connector;
  private final ClientTimeouts timeouts;
  private final ConnectionLimit room;
  private final Counters counters = new Counters();
  private final Admission admission;
  private final AtomicInteger connections = new AtomicInteger();
  private final LimitWarning connectionWarning = new LimitWarning(Gateway::log, System::nanoTime);
  private final LimitWarning memoryWarning = new LimitWarning(Gateway::log, System::nanoTime);
  private final IdentityHashMap<EventExecutor, LoopClients> clients = new IdentityHashMap<>();
  private final List<Channel> listeners = new CopyOnWriteArrayList<>();
  private final CountDownLatch drained = new CountDownLatch(1);
  private volatile Routing routing;
  private volatile boolean leaving;
  private volatile boolean draining;
  private volatile @Nullable SslContext certificate;
  private volatile @Nullable AccessSink accessLog;
  private volatile @Nullable TraceParents traces;

  private static void log(String warning) {
    LOG.log(Logger.Level.WARNING, warning);
  }

  /** Creates a gateway that does not listen yet. The upstreams stay the caller's to close. */
  public Gateway(Upstreams upstreams) {
    this(upstreams, ClientTimeouts.DEFAULT, ConnectionLimit.ofProcess());
  }

  /**
   * Creates a gateway with other time-outs.
   *
   * @param room how many clients may be connected unless the configuration says so
   */
  Gateway(Upstreams upstreams, ClientTimeouts timeouts, ConnectionLimit room) {
    this.timeouts = timeouts;
    this.room = room;
    this.upstreams = requireNonNull(upstreams, "upstreams");
    this.connector = upstreams.connector();
    this.routing = Routing.of(upstreams.current());
    this.admission = new Admission(room, counters, connectionWarning);
    applyLimits(routing.config().gateway().limits());
    for (EventExecutor loop : connector.eventLoops()) {
      clients.put(loop, new LoopClients((EventLoop) loop, admission));
    }
  }

  /** Routes, prepared, and what they were made of. */
  private record Routing(AppliedConfig config, RouteTable<RouteTarget> table) {
    static Routing of(AppliedConfig config) {
      Map<String, Upstream> upstreams = config.upstreams();
      boolean alone = config.routes().isEmpty() && upstreams.size() == 1;
      return new Routing(
          config,
          alone
              ? RouteTable.to(
                  RouteTarget.of(upstreams.values().iterator().next()), config.gateway().paths())
              : RouteTable.of(
                  config.routes(),
                  config.gateway().paths(),
                  route -> RouteTarget.of(route, upstreams)));
    }
  }

  /**
   * Listens. Port 0 takes any free one. Blocks until bound. May be called again for more addresses.
   *
   * @return the address it listens at
   * @throws UncheckedIOException when it cannot listen there
   */
  public InetSocketAddress start(String host, int port) {
    return listen(host, port, 1, this::accept);
  }

  /**
   * Listens for clients that speak TLS, and agrees with each on HTTP/2 or HTTP/1.1 by ALPN. As
   * {@link #start}, after {@link #showAs}.
   *
   * @throws IllegalStateException when there is no certificate to show
   */
  public InetSocketAddress startTls(String host, int port) {
    if (certificate == null) {
      throw new IllegalStateException("no certificate (expected: showAs() before)");
    }
    return listen(host, port, ConnectionLimit.TLS_UNITS, this::acceptTls);
  }

  /**
   * Sets the certificate that clients are shown from now on; connections that are open keep theirs.
   */
  public void showAs(TlsIdentity identity) {
    certificate = ServerTls.context(identity);
  }

  /**
   * Sets where the gateway says that a limit was reached, of connections or of memory: each at most
   * once a minute, by any thread. A warning of the {@link System.Logger} of this class unless set.
   */
  public void warnTo(Consumer<String> log) {
    connectionWarning.logTo(requireNonNull(log, "log"));
    memoryWarning.logTo(log);
  }

  /** Has requests told to a log from now on. */
  public void logTo(AccessSink log) {
    accessLog = requireNonNull(log, "log");
  }

  /**
   * Has a W3C {@code traceparent} made from now on for requests that come without a valid one.
   *
   * @param sampled the part of them, 0 to 1, that is marked to be recorded
   * @throws IllegalArgumentException when it is not from 0 to 1
   */
  public void createTraces(double sampled) {
    if (!(sampled >= 0 && sampled <= 1)) {
      throw new IllegalArgumentException("sampled: " + sampled + " (expected: 0 to 1)");
    }
    traces = new TraceParents(sampled);
  }

  private InetSocketAddress listen(String host, int port, int units, Consumer<Channel> accept) {
    requireNonNull(host, "host");
    Channel listener =
        Listening.at(
            host,
            port,
            new ServerBootstrap()
                .group(connector.eventLoops())
                .channel(connector.serverChannelType())
                .handler(new Entrance(admission, units))
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, READS)
                .childHandler(
                    new ChannelInitializer<>() {
                      @Override
                      protected void initChannel(Channel channel) {
                        accept.accept(channel);
                      }
                    }));
    listeners.add(listener);
    return (InetSocketAddress) listener.localAddress();
  }

  private void accept(Channel channel) {
    accept(channel, null);
  }

  private void acceptTls(Channel channel) {
    accept(channel, certificate);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // nobody waits for the end of what was no client
  private void accept(Channel channel, @Nullable SslContext tls) {
    if (!(channel.remoteAddress() instanceof InetSocketAddress client)) {
      channel.close(); // gone before it was accepted
      return;
    }
    LoopClients loop = requireNonNull(clients.get(channel.eventLoop()), "loop");
    if (tls != null) {
      SslHandler handler = ServerTls.handler(tls, channel.alloc());
      channel.pipeline().addLast(handler, new RenegotiationGuard(handler));
    }
    channel.pipeline().addLast(new VersionNegotiation(this, loop, new Client(client, tls != null)));
  }

  /** What happened so far. */
  public GatewayStats stats() {
    routing(); // so that the limits are those of the configuration in force
    AccessSink log = accessLog;
    return counters.snapshot(connections.get(), log == null ? 0 : log.lost(), connector.memory());
  }

  /** Whether it has an address where clients connect. */
  public boolean isListening() {
    return !listeners.isEmpty();
  }

  /**
   * Whether it is about to end: {@link #leave}, {@link #drain} or {@link #close} was called.
   *
   * @see #isDraining
   */
  public boolean isLeaving() {
    return leaving;
  }

  /**
   * Announces that it is about to end: responses over HTTP/1.1 say {@code Connection: close}. It
   * listens as before, for clients that have not heard of it yet.
   */
  public void leave() {
    leaving = true;
  }

  /** Whether it no longer listens: {@link #drain} or {@link #close} was called. */
  boolean isDraining() {
    return draining;
  }

  /**
   * Stops listening, closes idle connections, answers the requests under way and waits for them.
   *
   * @return whether all connections ended within the limit
   * @throws IllegalStateException when called on an event loop
   */
  public boolean drain(Duration limit) throws InterruptedException {
    Connector.requireOffLoop("drain()");
    stopListening();
    onLoops(LoopClients::closeIdle);
    if (connections.get() == 0) {
      return true;
    }
    return drained.await(limit.toNanos(), TimeUnit.NANOSECONDS);
  }

  private void stopListening() {
    leave();
    draining = true;
    Stopping.await(listeners.stream().map(Channel::close).toList());
  }

  /**
   * Stops listening and closes all connections at once.
   *
   * @throws IllegalStateException when called on an event loop
   */
  @Override
  public void close() {
    Connector.requireOffLoop("close()");
    stopListening();
    onLoops(LoopClients::closeAll);
  }

  private void onLoops(Consumer<LoopClients> action) {
    List<Future<?>> done = new ArrayList<>();
    for (LoopClients each : clients.values()) {
      // A loop that has ended has closed its connections.
      if (!each.loop().isShuttingDown()) {
        done.add(each.loop().submit(() -> action.accept(each)));
      }
    }
    Stopping.await(done);
  }

  // For the handlers, on their loops.

  /** The routes in force; another object after each change of the configuration. */
  RouteTable<RouteTarget> routes() {
    return routing().table();
  }

  private Routing routing() {
    AppliedConfig now = upstreams.current();
    Routing known = routing;
    if (known.config() != now) { // loops that see it at once each make the same
      known = Routing.of(now);
      routing = known;
      applyLimits(now.gateway().limits());
    }
    return known;
  }

  private void applyLimits(GatewayLimits limits) {
    connector.memory().limit(limits.memoryBytes().orElseGet(MemoryBudget::defaultLimit));
    admission.limit(limits.connections().map(ConnectionLimit::of).orElse(room));
  }

  ClientTimeouts timeouts() {
    return timeouts;
  }

  /** What holds for a client that is connected now. */
  GatewayLimits limits() {
    return routing().config().gateway().limits();
  }

  Connector connector() {
    return connector;
  }

  Admission admission() {
    return admission;
  }

  Counters counters() {
    return counters;
  }

  @Nullable AccessSink accessLog() {
    return accessLog;
  }

  @Nullable TraceParents traces() {
    return traces;
  }

  MemoryAccount openAccount(MemoryAccount.Holder holder) {
    return connector.memory().open(holder);
  }

  /** A connection gives up what it holds, as memory is short. */
  void shed() {
    counters.shed.increment();
    memoryWarning.warn(
        () ->
            "memory for slow peers is used up ("
                + (connector.memory().limit() >> 20)
                + " MiB): requests of the connections that hold the most get 503"
                + " (expected: fewer or faster peers, more heap, or more for gateway.limits.memory)");
  }

  void opened() {
    counters.accepted.increment();
    connections.incrementAndGet();
  }

  void closed() {
    if (connections.decrementAndGet() == 0 && draining) {
      drained.countDown();
    }
  }
}
