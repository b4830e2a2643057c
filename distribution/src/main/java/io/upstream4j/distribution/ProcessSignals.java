package io.upstream4j.distribution;

import io.upstream4j.distribution.Orders.Order;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Handles the signals of this process. A shutdown hook is not sufficient: the exit status would be
 * 143, and SIGHUP would end the process.
 */
final class ProcessSignals {
  private static final int ENDED_AT_ONCE = 1;

  private ProcessSignals() {}

  /**
   * Handles SIGTERM and SIGINT as orders to stop, of which the second one ends the process at once,
   * and SIGHUP as an order to reload.
   */
  static void handle(Orders orders) {
    AtomicBoolean stopping = new AtomicBoolean();
    Runnable stop =
        () -> {
          if (stopping.getAndSet(true)) {
            Runtime.getRuntime().halt(ENDED_AT_ONCE);
          }
          orders.give(Order.STOP);
        };
    handle("TERM", stop);
    handle("INT", stop);
    handle("HUP", () -> orders.give(Order.RELOAD));
  }

  // Uses reflection, because javac warns about sun.misc.Signal, that warning cannot be suppressed,
  // and warnings fail the build. There is no other API for signals.
  private static void handle(String name, Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object proxy =
          Proxy.newProxyInstance(
              ProcessSignals.class.getClassLoader(),
              new Class<?>[] {handler},
              (self, method, arguments) -> {
                action.run();
                return null;
              });
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("SIG" + name + " cannot be handled on this platform", e);
    }
  }
}
