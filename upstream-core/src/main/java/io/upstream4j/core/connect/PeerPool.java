package io.upstream4j.core.connect;

import io.netty.channel.EventLoop;
import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.CloseReason;
import io.upstream4j.core.peer.ConnectionStats;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.peer.PoolLimits;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;

/**
 * The connections to one peer. Any thread may call it, and nothing in it blocks.
 *
 * <h2>How it works</h2>
 *
 * <p>Each event loop keeps its own idle connections ({@link LoopPool}), which no other thread
 * touches. A request that finds one on its own loop costs neither a lock nor an atomic operation. A
 * request that finds none there visits, by a task, each loop that says it has some; then it opens a
 * connection if the limit allows; then it waits in line.
 *
 * <p><b>The limit.</b> {@link ConnectionSlots} counts connections, those being opened included.
 *
 * <p><b>No request is forgotten in the line.</b> Two things can end its wait: a connection that
 * becomes idle, and a place that becomes free. Either may happen just while the request joins the
 * line, so both sides write first and look second:
 *
 * <ul>
 *   <li>who joins: counts itself in and joins, <em>then</em> looks for free places and idle
 *       connections;
 *   <li>who makes a connection idle: puts it on its loop's list, <em>then</em> looks at the size of
 *       the line;
 *   <li>who gives back a place: gives it back, <em>then</em> looks whether the line is empty.
 * </ul>
 *
 * <p>All of these are volatile, so at least one of the two sides sees the other.
 *
 * <p><b>No more connections than are wanted.</b> A request that is cancelled while a connection is
 * opened for it leaves that to the next request on its loop, or to the line; beyond a few of these
 * the opening is given up. Idle connections that are many more than were in use at the same time
 * recently are closed before their time.
 *
 * <p><b>The end.</b> A retired pool closes connections instead of keeping them. Once it has neither
 * connections nor waiting requests it ends: there are no places any more, for ever, and the pool is
 * forgotten; a request that still holds it is sent to its successor.
 */
final class PeerPool {
  private enum State {
    OPEN,
    /** Serves who already holds it, and keeps nothing. */
    RETIRED,
    /** Serves nobody: the connector is being closed. */
    SHUT
  }

  final Connector connector;
  final HttpPeer peer;
  final LoopPool[] loops;
  private final PoolLimits limits;
  private final ConnectionSlots places;
  private final WaitingLine line;
  private final PoolCounts counts;
  private volatile State state = State.OPEN;
  private volatile boolean warm;

  /** Whether connections have streams, as far as is known before one is open. */
  private volatile boolean multiplexing;

  PeerPool(Connector connector, HttpPeer peer, EventLoop[] eventLoops, PoolCounts counts) {
    this.counts = counts;
    this.connector = connector;
    this.peer = peer;
    this.limits = peer.options().limits();
    Alpn alpn = peer.options().alpn();
    this.multiplexing = alpn == Alpn.H2 || (alpn == Alpn.H2H1 && peer.isTls());
    this.places = new ConnectionSlots(limits.maxConnections());
    this.line = new WaitingLine(limits.maxPending());
    this.loops = new LoopPool[eventLoops.length];
    // Not always the first loops: those of other pools begin elsewhere.
    int shift = Math.floorMod(peer.hashCode(), loops.length);
    int ready = limits.minIdle();
    for (int i = 0; i < loops.length; i++) {
      int part = ready / loops.length + ((i + shift) % loops.length < ready % loops.length ? 1 : 0);
      loops[i] = new LoopPool(this, eventLoops[i], i, part);
    }
  }

  PoolCounts counts() {
    return counts;
  }

  /** Opens connections ahead from now on. */
  void warm() {
    if (warm) {
      return;
    }
    warm = true;
    for (LoopPool loop : loops) {
      executeIfRunning(loop, loop::warm);
    }
  }

  void cool() {
    warm = false;
  }

  boolean isWarm() {
    return warm && state == State.OPEN;
  }

  /**
   * Opens a connection for no request in particular; false when there are places for others only.
   */
  boolean connectAhead(Acquisition request) {
    if (line.size() != 0 || places.take() != ConnectionSlots.Answer.TAKEN) {
      return false;
    }
    connect(request);
    return true;
  }

  /** Finds a connection for a request. Called on its preferred loop, or when that has ended. */
  void acquire(Acquisition request) {
    if (state == State.SHUT) {
      request.tryFailure(shutDown());
      return;
    }
    if (multiplexing) {
      acquireStream(request);
    } else if (request.fresh && places.take() == ConnectionSlots.Answer.TAKEN) {
      connect(request);
    } else {
      visitNext(request);
    }
  }

  /** Each loop has HTTP/2 connections of its own if the limit allows: no loop hands on frames. */
  private void acquireStream(Acquisition request) {
    LoopPool own = loops[request.index];
    boolean none = own.available() == 0 && own.opening() == null;
    if (!request.fresh && own.available() > 0) {
      visit(request, own);
    } else if (!joinOpening(request)) {
      if ((none || request.fresh) && places.take() == ConnectionSlots.Answer.TAKEN) {
        connect(request);
      } else {
        visitNext(request);
      }
    }
  }

  /** Waits for the connection that is being opened on the request's loop, if it will have room. */
  private boolean joinOpening(Acquisition request) {
    ConnectAttempt opening = loops[request.index].opening();
    return multiplexing && opening != null && opening.join(request);
  }

  /** Has a connection that is being opened for a request that was cancelled serve this one. */
  private boolean takeOver(Acquisition request) {
    LoopPool own = loops[request.index];
    for (ConnectAttempt orphan = own.takeOrphan(); orphan != null; orphan = own.takeOrphan()) {
      if (orphan.isYoung()) {
        orphan.serve(request);
        return true;
      }
      orphan.giveUp();
    }
    return false;
  }

  /**
   * A request was cancelled whose connection is being opened. Others wait for that if the line is
   * not empty, and the next to come may have it; but not many are kept for those. Called on its
   * loop.
   *
   * @return false when it is to be given up
   */
  boolean keepsOpening(ConnectAttempt attempt, int index) {
    return multiplexing || line.size() != 0 || loops[index].adopt(attempt);
  }

  /** The handshake told which version of HTTP the peer speaks. */
  void negotiated(boolean http2) {
    multiplexing = http2;
  }

  /** Asks the next loop that has idle connections; after the last, opens one or waits. */
  private void visitNext(Acquisition request) {
    LoopPool next = request.nextToVisit();
    if (next == null) {
      openOrWait(request);
    } else if (next.loop.inEventLoop()) {
      visit(request, next);
    } else {
      execute(request, next.loop, () -> visit(request, next));
    }
  }

  private void visit(Acquisition request, LoopPool visited) {
    PooledConnection connection = visited.take();
    if (connection == null) {
      visitNext(request);
    } else if (!hand(connection, request)) {
      release(connection);
    }
  }

  private void openOrWait(Acquisition request) {
    switch (places.take()) {
      case TAKEN -> connect(request);
      case NONE_LEFT -> joinLine(request);
      case ENDED -> connector.redirect(request);
    }
  }

  private void connect(Acquisition request) {
    execute(
        request,
        request.preferred,
        () -> {
          if (request.isCancelled() || joinOpening(request) || takeOver(request)) {
            returnPlace();
          } else {
            new ConnectAttempt(this, request).start();
          }
        });
  }

  /** Runs a task on a loop, or fails the request if the loop has ended. */
  private void execute(Acquisition request, EventLoop loop, Runnable task) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) {
      request.tryFailure(shutDown());
    }
  }

  private void joinLine(Acquisition request) {
    if (!line.enter()) {
      request.tryFailure(
          PeerException.unsent(
              peer,
              Failure.PENDING_LIMIT,
              "all "
                  + limits.maxConnections()
                  + " connections are in use and "
                  + limits.maxPending()
                  + " requests wait already"));
      return;
    }
    try {
      request.startWaiting();
    } catch (RejectedExecutionException e) {
      line.leave(request);
      request.tryFailure(shutDown());
      return;
    }
    line.join(request);
    if (request.isCancelled() && request.claim()) {
      gaveUp(request);
      return;
    }
    if (state == State.SHUT) {
      failWaiting();
      return;
    }
    openForWaiting();
    for (LoopPool loop : loops) {
      if (loop.available() > 0) {
        executeIfRunning(loop, loop::serveWaiting);
      }
    }
  }

  /** A waiting request timed out or was cancelled, and has been claimed for that. */
  void gaveUp(Acquisition request) {
    line.leave(request);
    dieIfUnused();
  }

  PeerException pendingTimedOut() {
    return PeerException.unsent(
        peer,
        Failure.PENDING_TIMEOUT,
        "all "
            + limits.maxConnections()
            + " connections stayed in use for "
            + DurationText.of(limits.pendingTimeout()));
  }

  /** Opens connections for waiting requests while there are places. */
  private void openForWaiting() {
    // Not its size: a request is counted there before it can be taken.
    while (!line.isEmpty()) {
      ConnectionSlots.Answer place = places.take();
      if (place == ConnectionSlots.Answer.NONE_LEFT) {
        return;
      }
      Acquisition next = line.next();
      if (next == null) {
        if (place == ConnectionSlots.Answer.TAKEN) {
          places.giveBack();
        }
      } else if (place == ConnectionSlots.Answer.TAKEN) {
        connect(next);
      } else {
        connector.redirect(next);
      }
    }
  }

  /** Gives a loop's idle connections to waiting requests. Called on that loop. */
  void serveWaiting(LoopPool loop) {
    while (!line.isEmpty()) {
      PooledConnection connection = loop.take();
      if (connection == null) {
        return;
      }
      if (!giveToWaiting(connection)) {
        loop.push(connection);
      }
    }
  }

  /** Takes a connection that may serve another request. Called on its loop. */
  void release(PooledConnection connection) {
    while (line.size() != 0 && connection.canLease()) {
      if (!giveToWaiting(connection)) {
        break;
      }
    }
    if (!connection.canLease()) {
      return;
    }
    if (state != State.OPEN) {
      connection.retire(CloseReason.DRAINED);
      return;
    }
    connection.home.push(connection);
    if (line.size() != 0) {
      serveWaiting(connection.home);
    }
  }

  private boolean giveToWaiting(PooledConnection connection) {
    for (Acquisition next = line.next(); next != null; next = line.next()) {
      if (hand(connection, next)) {
        return true;
      }
    }
    return false;
  }

  /** Gives a connection to a request; false when the request was cancelled. On its loop. */
  private boolean hand(PooledConnection connection, Acquisition request) {
    if (request.fresh && connection.mayBeStale() && connection.isUnused()) {
      connection.closeKeepingPlace();
      connect(request);
      return true;
    }
    if (request.trySuccess(connection.lease())) {
      return true;
    }
    connection.unlease();
    return false;
  }

  private void returnPlace() {
    places.giveBack();
    openForWaiting();
    dieIfUnused();
  }

  /** A connection is ready, and who joined in its opening wants streams. Called on its loop. */
  void connected(PooledConnection connection, Acquisition request, Queue<Acquisition> joined) {
    counts.opened();
    connection.home.opened(connection);
    connector.add(connection);
    if (state == State.SHUT) {
      request.tryFailure(shutDown());
      joined.forEach(other -> other.tryFailure(shutDown()));
      connection.close(CloseReason.DRAINED);
      return;
    }
    boolean handed = hand(connection, request);
    while (connection.isShared() && connection.canLease() && !joined.isEmpty()) {
      handed |= hand(connection, joined.remove());
    }
    if (!handed || connection.isShared()) {
      release(connection);
    }
    for (Acquisition other : joined) {
      other.startOver(this);
      acquire(other);
    }
  }

  /** A connection could not be opened. */
  void connectFailed() {
    counts.failed();
    returnPlace();
  }

  /** A connection will not be opened, as nobody wants it any more. */
  void connectGivenUp() {
    returnPlace();
  }

  /** A connection was closed. Called on its loop, once. */
  void closed(PooledConnection connection, CloseReason reason, boolean keepPlace) {
    counts.closed(reason);
    connector.remove(connection);
    connection.home.closed(connection, reason);
    if (!keepPlace) {
      returnPlace();
    }
  }

  /** Keeps no connection from now on; who holds it already is served. */
  void retire() {
    if (state == State.SHUT) {
      return;
    }
    state = State.RETIRED;
    closeIdle();
    dieIfUnused();
  }

  /** As {@link #retire}, of a pool that a request is about to use: it ends after that. */
  void keepNothing() {
    if (state == State.OPEN) {
      state = State.RETIRED;
    }
  }

  /** Gives no connection from now on. */
  void shut() {
    state = State.SHUT;
    failWaiting();
    closeIdle();
    dieIfUnused();
  }

  private void closeIdle() {
    for (LoopPool loop : loops) {
      executeIfRunning(loop, loop::closeAll);
    }
  }

  private static void executeIfRunning(LoopPool loop, Runnable task) {
    // A loop that has ended has closed its connections.
    if (!loop.loop.isShuttingDown()) {
      loop.loop.execute(task);
    }
  }

  private void failWaiting() {
    for (Acquisition next = line.next(); next != null; next = line.next()) {
      next.tryFailure(shutDown());
    }
    dieIfUnused();
  }

  private void dieIfUnused() {
    if (state != State.OPEN && line.size() == 0 && places.endIfUnused()) {
      connector.forget(this);
    }
  }

  boolean isShut() {
    return state == State.SHUT;
  }

  PeerException shutDown() {
    return PeerException.unsent(peer, Failure.SHUTDOWN, "the connector was closed");
  }

  ConnectionStats stats() {
    int idle = 0;
    for (LoopPool loop : loops) {
      idle += loop.idle();
    }
    return stats(counts, idle, line.size());
  }

  /** Of a pool that has no idle connections any more. */
  static ConnectionStats stats(PoolCounts counts) {
    return stats(counts, 0, 0);
  }

  private static ConnectionStats stats(PoolCounts counts, int idle, int pending) {
    // Closed before opened: so that what is closed in between does not make the difference
    // negative.
    Map<CloseReason, Long> closings = counts.closings();
    long opened = counts.opens();
    long open = opened;
    for (long closed : closings.values()) {
      open -= closed;
    }
    return new ConnectionStats(
        opened,
        counts.failures(),
        counts.reuses(),
        closings,
        idle,
        (int) Math.max(0, open - idle),
        pending);
  }
}
