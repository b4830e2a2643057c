package io.upstream4j.core;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * Brings every event to every listener, in the order of publication, on a serial executor of its
 * own: a slow listener delays neither requests nor the control loop.
 */
final class EventBus {
  private static final Logger LOG = System.getLogger(EventBus.class.getName());

  private final List<UpstreamListener> listeners;
  private final Executor serial;

  /**
   * @param serial runs one task after another
   */
  EventBus(List<UpstreamListener> listeners, Executor serial) {
    this.listeners = List.copyOf(listeners);
    this.serial = serial;
  }

  void publish(UpstreamEvent event) {
    if (!listeners.isEmpty()) {
      serial.execute(() -> deliver(event));
    }
  }

  private void deliver(UpstreamEvent event) {
    for (UpstreamListener listener : listeners) {
      try {
        listener.onEvent(event);
      } catch (RuntimeException | LinkageError | AssertionError e) {
        LOG.log(Level.WARNING, "a listener failed on " + event, e);
      }
    }
  }
}
