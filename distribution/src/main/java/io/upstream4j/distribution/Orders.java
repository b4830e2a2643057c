package io.upstream4j.distribution;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A queue of the operator's orders to a running command. Any thread may add orders; the command
 * takes them.
 */
final class Orders {
  enum Order {
    STOP,
    RELOAD
  }

  private final BlockingQueue<Order> given = new LinkedBlockingQueue<>();
  private final Consumer<Orders> source;

  private Orders(Consumer<Orders> source) {
    this.source = source;
  }

  /** Creates a queue that only {@link #give} fills. */
  static Orders byHand() {
    return new Orders(orders -> {});
  }

  /** Creates a queue that signals of this process fill, once {@link #listen} was called. */
  static Orders bySignal() {
    return new Orders(ProcessSignals::handle);
  }

  /** Starts to handle signals. Before, they have their default effect. */
  void listen() {
    source.accept(this);
  }

  void give(Order order) {
    given.add(order);
  }

  /** Returns whether an order to stop is queued. */
  boolean isStopGiven() {
    return given.contains(Order.STOP);
  }

  /** Waits for the next order. */
  Order take() throws InterruptedException {
    return given.take();
  }

  /** Waits for the next order up to a time. Returns null when there is none. */
  @Nullable Order take(Duration limit) throws InterruptedException {
    return given.poll(limit.toNanos(), TimeUnit.NANOSECONDS);
  }
}
