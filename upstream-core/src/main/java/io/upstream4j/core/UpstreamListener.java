package io.upstream4j.core;

/** Hears of events, one at a time, in order, never on the request path. Should return soon. */
@FunctionalInterface
public interface UpstreamListener {
  /** Called once for each event. What it throws is logged and otherwise ignored. */
  void onEvent(UpstreamEvent event);
}
