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
import io.upstream4j.core.connect.memory.MemoryAccount;
import io.upstream4j.core.connect.memory.MemoryBudget;
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
 * A reverse proxy for the upstreams of a configuration. It accepts HTTP/1.1, HTTP/1.0, HTTP/2 over
 * TLS and, with prior knowledge, HTTP/2 in clear text, sends each request to the upstream of its
 * route, and streams both bodies.
 *
 * <p>Runs on the event loops of the upstreams' connector, so that the connections to a client and
 * to its backend share a thread. Methods may be called by any thread except those event loops.
 */
public final class Gateway implements AutoCloseable {
  private static final Logger LOG = System.getLogger(Gateway.class.getName());
  private static final int BACKLOG = 4096;

  // Limits the reads from one client before others have their turn; a read returns up to 64 KiB.
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

  /** Creates a gateway that does not listen yet. The caller closes the upstreams. */
  public Gateway(Upstreams upstreams) {
    this(upstreams, ClientTimeouts.DEFAULT, ConnectionLimit.ofProcess());
  }

  /**
   * Creates a gateway with other time-outs.
   *
   * @param room the limit of client connections unless the configuration sets one
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

  /** Prepared routes, with the configuration they were made from. */
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
   * Starts listening. Port 0 selects a free port. Blocks until bound. May be called again for
   * further addresses.
   *
   * @return the bound address
   * @throws UncheckedIOException when it cannot listen at the address
   */
  public InetSocketAddress start(String host, int port) {
    return listen(host, port, 1, this::accept);
  }

  /**
   * Starts listening for TLS clients, which select HTTP/2 or HTTP/1.1 by ALPN. Like {@link #start};
   * call {@link #showAs} first.
   *
   * @throws IllegalStateException when there is no certificate
   */
  public InetSocketAddress startTls(String host, int port) {
    if (certificate == null) {
      throw new IllegalStateException("no certificate (expected: showAs() before)");
    }
    return listen(host, port, ConnectionLimit.TLS_UNITS, this::acceptTls);
  }

  /** Sets the certificate for new connections. Open connections keep theirs. */
  public void showAs(TlsIdentity identity) {
    certificate = ServerTls.context(identity);
  }

  /**
   * Sets the receiver of warnings about a reached limit of connections or memory. Each warning is
   * sent at most once a minute, by any thread. By default, the {@link System.Logger} of this class
   * receives them.
   */
  public void warnTo(Consumer<String> log) {
    connectionWarning.logTo(requireNonNull(log, "log"));
    memoryWarning.logTo(log);
  }

  /** Sets the access log for new requests. */
  public void logTo(AccessSink log) {
    accessLog = requireNonNull(log, "log");
  }

  /**
   * Creates a W3C {@code traceparent} for new requests without a valid one.
   *
   * @param sampled the fraction of them, 0 to 1, that is marked as sampled
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

  @SuppressWarnings("FutureReturnValueIgnored") // closing a channel that is not a client
  private void accept(Channel channel, @Nullable SslContext tls) {
    if (!(channel.remoteAddress() instanceof InetSocketAddress client)) {
      channel.close(); // closed before it was accepted
      return;
    }
    LoopClients loop = requireNonNull(clients.get(channel.eventLoop()), "loop");
    if (tls != null) {
      SslHandler handler = ServerTls.handler(tls, channel.alloc());
      channel.pipeline().addLast(handler, new RenegotiationGuard(handler));
    }
    channel.pipeline().addLast(new VersionNegotiation(this, loop, new Client(client, tls != null)));
  }

  /** Returns the statistics so far. */
  public GatewayStats stats() {
    routing(); // applies the limits of the current configuration
    AccessSink log = accessLog;
    return counters.snapshot(connections.get(), log == null ? 0 : log.lost(), connector.memory());
  }

  /** Returns whether the gateway listens for clients. */
  public boolean isListening() {
    return !listeners.isEmpty();
  }

  /**
   * Returns whether the gateway is about to stop: {@link #leave}, {@link #drain} or {@link #close}
   * was called.
   *
   * @see #isDraining
   */
  public boolean isLeaving() {
    return leaving;
  }

  /**
   * Announces that the gateway is about to stop: HTTP/1.1 responses have {@code Connection: close}.
   * It continues to listen for clients that do not know this yet.
   */
  public void leave() {
    leaving = true;
  }

  /**
   * Returns whether the gateway has stopped listening: {@link #drain} or {@link #close} was called.
   */
  boolean isDraining() {
    return draining;
  }

  /**
   * Stops listening, closes idle connections, and waits for requests in progress.
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
      // A loop that has terminated has closed its connections.
      if (!each.loop().isShuttingDown()) {
        done.add(each.loop().submit(() -> action.accept(each)));
      }
    }
    Stopping.await(done);
  }

  // For the handlers, on their event loops.

  /** Returns the current routes; another object after each change of the configuration. */
  RouteTable<RouteTarget> routes() {
    return routing().table();
  }

  private Routing routing() {
    AppliedConfig now = upstreams.current();
    Routing known = routing;
    if (known.config() != now) { // several loops may do this at the same time, with equal results
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

  /** Returns the limits for new clients. */
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

  /** Called when a connection drops data because memory is short. */
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
