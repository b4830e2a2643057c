package io.upstream4j.core.event;

/**
 * Hears of events, one at a time, in order, on a thread of its own: a listener that is slow delays
 * neither requests nor other listeners.
 *
 * <p>At most 65,536 events wait for a listener, which take 32 MiB at most. When there are more, the
 * oldest are dropped; the listener hears {@link UpstreamEvent.EventsDropped} in their place, and
 * {@code Upstreams.droppedEvents()} counts them.
 */
@FunctionalInterface
public interface UpstreamListener {
  /** Called once for each event. What it throws is logged and otherwise ignored. */
  void onEvent(UpstreamEvent event);
}
