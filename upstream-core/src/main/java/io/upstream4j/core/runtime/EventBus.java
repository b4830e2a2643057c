package io.upstream4j.core.runtime;

import io.upstream4j.api.option.VisibleText;
import io.upstream4j.core.event.UpstreamEvent;
import io.upstream4j.core.event.UpstreamEvent.ConfigApplied;
import io.upstream4j.core.event.UpstreamEvent.ConfigRefused;
import io.upstream4j.core.event.UpstreamEvent.SettingIgnored;
import io.upstream4j.core.event.UpstreamEvent.WithReason;
import io.upstream4j.core.event.UpstreamListener;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Brings every event to every listener, to each in the order of publication. Each listener has a
 * line of its own, so one that is slow or throws harms no other, nor requests, nor the control
 * loop. Safe for use by any thread; publishing does not block.
 *
 * <p>At most {@link #WAITING} events wait for a listener, which take {@link #WAITING_BYTES} at
 * most. Of more the oldest are dropped, as the newest say how things are; the listener is told how
 * many, where they are missing.
 */
public final class EventBus {
  /** How many events wait for one listener at most. */
  static final int WAITING = 65_536; // ten thousand backends come with two each

  /** What they take at most, objects included. */
  static final long WAITING_BYTES = 32L << 20;

  /** Of an event itself and its place in the line. */
  private static final long EVENT_BYTES = 100;

  private static final int MAX_LOGGED = 2_000;
  private static final Logger LOG = System.getLogger(EventBus.class.getName());

  private final List<Line> lines;
  private final Executor threads;
  private final AtomicLong dropped = new AtomicLong();

  /**
   * @param threads runs tasks at the same time, as many as there are listeners
   */
  public EventBus(List<UpstreamListener> listeners, Executor threads) {
    this.lines = listeners.stream().map(Line::new).toList();
    this.threads = threads;
  }

  public void publish(UpstreamEvent event) {
    if (lines.isEmpty() && event instanceof SettingIgnored it) {
      LOG.log(
          Level.WARNING, "upstream \"" + it.upstream() + "\": " + VisibleText.escaped(it.reason()));
    }
    for (Line line : lines) {
      if (line.add(event)) {
        threads.execute(line);
      }
    }
  }

  /** Texts take two bytes a character at most; those of names are there anyway. */
  private static long bytes(UpstreamEvent event) {
    if (event instanceof ConfigApplied it) {
      return EVENT_BYTES + 8L * (it.upstreams() + it.change().removed().size());
    }
    if (event instanceof ConfigRefused it) {
      return EVENT_BYTES + 2L * it.problems().length();
    }
    return EVENT_BYTES + (event instanceof WithReason it ? 2L * it.reason().length() : 0);
  }

  /** How many events did not reach a listener so far; each listener that missed one counts. */
  public long dropped() {
    return dropped.get();
  }

  /** Drops what still waits for listeners that hold their threads up. */
  public void close() {
    lines.forEach(Line::clear);
  }

  /** What waits for one listener, and the task that brings it there. */
  private final class Line implements Runnable {
    private final UpstreamListener listener;
    // These three change together, under the lock of the line, which is never held while the
    // listener is called.
    private final Queue<UpstreamEvent> waiting = new ArrayDeque<>();
    private long bytes;
    private long missed;
    private boolean delivering;

    Line(UpstreamListener listener) {
      this.listener = listener;
    }

    /** Returns whether the line has to be run. */
    synchronized boolean add(UpstreamEvent event) {
      bytes += bytes(event);
      while (!waiting.isEmpty() && (waiting.size() == WAITING || bytes > WAITING_BYTES)) {
        bytes -= bytes(waiting.remove());
        missed++;
        dropped.incrementAndGet();
      }
      waiting.add(event);
      boolean start = !delivering;
      delivering = true;
      return start;
    }

    @Override
    public void run() {
      for (UpstreamEvent event = next(); event != null; event = next()) {
        deliver(event);
      }
    }

    private synchronized @Nullable UpstreamEvent next() {
      if (missed > 0) {
        UpstreamEvent gap = new UpstreamEvent.EventsDropped(missed);
        missed = 0;
        return gap;
      }
      UpstreamEvent event = waiting.poll();
      delivering = event != null;
      bytes -= event == null ? 0 : bytes(event);
      return event;
    }

    private void deliver(UpstreamEvent event) {
      try {
        if (event instanceof UpstreamEvent.EventsDropped gap) {
          LOG.log(Level.WARNING, "{0} was too slow and missed {1} events", listener, gap.count());
        }
        listener.onEvent(event);
      } catch (Throwable e) { // also what other languages throw: the next events must come
        String what = VisibleText.escaped(VisibleText.shortened(event.toString(), MAX_LOGGED));
        LOG.log(Level.WARNING, "a listener failed on " + what, e);
      }
    }

    synchronized void clear() {
      int left = waiting.size();
      waiting.clear();
      bytes = 0;
      if (left > 0) {
        dropped.addAndGet(left);
        LOG.log(Level.WARNING, "{0} did not hear the last {1} events", listener, left);
      }
    }
  }
}
