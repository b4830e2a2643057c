package io.upstream4j.core.connect;

import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.upstream4j.core.peer.PeerException.Failure;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Connects to the first of a peer's addresses that answers, as RFC 8305 ("Happy Eyeballs") has it:
 * one after the other is begun, the next one when the one before has failed or has not answered for
 * a moment, and those that were slower are closed. Runs on the loop of the connection.
 */
final class AddressRace {
  /** RFC 8305, 5: the recommended Connection Attempt Delay. */
  static final long DELAY_MILLIS = 250;

  /** Told once how it ended, unless it was closed before. */
  interface Listener {
    void won(ConnectionSetup first);

    /**
     * None could be connected to.
     *
     * @param last of the address that failed last
     * @param details what happened to each
     */
    void lost(Failure last, List<String> details);
  }

  private final EventLoop loop;
  private final List<ConnectionSetup> entrants;
  private final Listener listener;
  private final List<ConnectionSetup> running = new ArrayList<>(2);
  private final List<String> failures = new ArrayList<>(0);
  private int begun;
  private @Nullable Future<?> nextDue;
  private boolean over;

  /**
   * Prepares it.
   *
   * @param entrants at least one, in the order in which they are to begin
   */
  AddressRace(EventLoop loop, List<ConnectionSetup> entrants, Listener listener) {
    this.loop = loop;
    this.entrants = entrants;
    this.listener = listener;
  }

  /**
   * Takes turns between the families, in the order that each has, and begins with the family of the
   * first (RFC 8305, 4, with a First Address Family Count of 1).
   */
  static List<InetAddress> interleave(List<InetAddress> addresses) {
    List<InetAddress> first = new ArrayList<>();
    List<InetAddress> second = new ArrayList<>();
    for (InetAddress address : addresses) {
      (address.getClass() == addresses.get(0).getClass() ? first : second).add(address);
    }
    List<InetAddress> mixed = new ArrayList<>(addresses.size());
    for (int i = 0; i < Math.max(first.size(), second.size()); i++) {
      if (i < first.size()) {
        mixed.add(first.get(i));
      }
      if (i < second.size()) {
        mixed.add(second.get(i));
      }
    }
    return mixed;
  }

  void start() {
    beginNext();
  }

  private void beginNext() {
    cancelNext();
    ConnectionSetup entrant = entrants.get(begun++);
    running.add(entrant);
    if (begun < entrants.size()) {
      nextDue = loop.schedule(this::beginNext, DELAY_MILLIS, TimeUnit.MILLISECONDS);
    }
    entrant
        .connect()
        .addListener(
            done -> {
              // A socket that could not even be made has no loop to tell it on.
              if (loop.inEventLoop()) {
                arrived(entrant, done.cause());
              } else {
                loop.execute(() -> arrived(entrant, done.cause()));
              }
            });
  }

  private void arrived(ConnectionSetup entrant, @Nullable Throwable cause) {
    if (over) {
      return;
    }
    running.remove(entrant);
    if (cause == null) {
      close();
      listener.won(entrant);
      return;
    }
    failures.add(entrant.notConnected(cause));
    if (begun < entrants.size()) {
      beginNext();
    } else if (running.isEmpty()) {
      over = true;
      listener.lost(kind(cause), failures);
    }
  }

  private static Failure kind(Throwable cause) {
    if (OpenFiles.ranOut(cause)) {
      return Failure.OUT_OF_DESCRIPTORS;
    }
    if (LocalAddress.isMissing(cause)) {
      return Failure.LOCAL_ADDRESS;
    }
    return cause instanceof ConnectTimeoutException ? Failure.CONNECT_TIMEOUT : Failure.CONNECT;
  }

  /** Ends it: what is being connected is closed, and nothing more is told. */
  void close() {
    over = true;
    cancelNext();
    running.forEach(ConnectionSetup::close);
    running.clear();
  }

  private void cancelNext() {
    Future<?> due = nextDue;
    if (due != null) {
      due.cancel(false);
      nextDue = null;
    }
  }
}
