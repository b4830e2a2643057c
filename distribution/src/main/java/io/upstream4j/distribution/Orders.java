package io.upstream4j.distribution;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What the operator wants of a running command. Given by any thread, taken by the command's. */
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

  /** Orders that only {@link #give} gives. */
  static Orders byHand() {
    return new Orders(orders -> {});
  }

  /** Orders that this process is given by signals, once a command begins to listen. */
  static Orders bySignal() {
    return new Orders(ProcessSignals::handle);
  }

  /** Begins to take orders; before, a signal does what it does to any program. */
  void listen() {
    source.accept(this);
  }

  void give(Order order) {
    given.add(order);
  }

  /** Whether to stop is among what is still to be taken. */
  boolean isStopGiven() {
    return given.contains(Order.STOP);
  }

  /** Waits for the next order. */
  Order take() throws InterruptedException {
    return given.take();
  }

  /** Waits for the next order until the time is over; null when none came. */
  @Nullable Order take(Duration limit) throws InterruptedException {
    return given.poll(limit.toNanos(), TimeUnit.NANOSECONDS);
  }
}
