package io.upstream4j.metrics.micrometer;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.upstream4j.core.Upstreams;
import java.lang.System.Logger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells Micrometer what upstreams count: {@code new UpstreamMetrics(upstreams).bindTo(registry)}.
 *
 * <p>The names are those of the gateway's {@code /metrics}, with dots: {@code upstream4j.requests}
 * with the tag {@code upstream}, {@code upstream4j.backend.up} with {@code upstream} and {@code
 * backend}. Meters read the counters that upstreams keep anyway; requests pay nothing for them, and
 * nothing is counted twice however many registries there are.
 *
 * <p>A backend's meters come and go with it, and an upstream's with the configuration: they are
 * compared every {@linkplain #UpstreamMetrics(Upstreams, Iterable, Duration) so often} by a daemon
 * thread, which begins with the first registry. What a meter reads is at most a second old. {@link
 * #close} ends the thread and removes all meters; to be called before or after that of the
 * upstreams.
 *
 * <p>Thread-safe. Holds on to the registries and the upstreams until it is closed.
 */
public final class UpstreamMetrics implements MeterBinder, AutoCloseable {
  private static final Logger LOG = System.getLogger(UpstreamMetrics.class.getName());
  private static final Duration REFRESH = Duration.ofSeconds(10);
  private static final Duration MOST_AGE = Duration.ofSeconds(1);

  private final Readings readings;
  private final Tags tags;
  private final Duration refresh;
  private final List<Binding> bindings = new ArrayList<>();
  private @Nullable ScheduledExecutorService timer;
  private boolean closed;

  /** Meters without further tags, in step with the backends within ten seconds. */
  public UpstreamMetrics(Upstreams upstreams) {
    this(upstreams, List.of(), REFRESH);
  }

  /**
   * Meters.
   *
   * @param tags that every meter has
   * @param refresh how often it is looked which backends there are; above 0
   */
  public UpstreamMetrics(Upstreams upstreams, Iterable<Tag> tags, Duration refresh) {
    if (refresh.isZero() || refresh.isNegative()) {
      throw new IllegalArgumentException("refresh: " + refresh + " (expected: above 0)");
    }
    Duration age = refresh.compareTo(MOST_AGE) < 0 ? refresh : MOST_AGE;
    this.readings = new Readings(requireNonNull(upstreams, "upstreams"), age);
    this.tags = Tags.of(tags);
    this.refresh = refresh;
  }

  /**
   * Registers the meters of all upstreams and backends there are, and from now on those that come.
   *
   * @throws IllegalStateException when this was closed
   */
  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // it ends with the timer
  public synchronized void bindTo(MeterRegistry registry) {
    requireNonNull(registry, "registry");
    if (closed) {
      throw new IllegalStateException("the metrics were closed (expected: new ones)");
    }
    Binding binding = new Binding(registry, tags, readings);
    binding.update();
    bindings.add(binding);
    if (timer == null) {
      timer = Executors.newSingleThreadScheduledExecutor(UpstreamMetrics::thread);
      long nanos = refresh.toNanos();
      timer.scheduleWithFixedDelay(this::update, nanos, nanos, TimeUnit.NANOSECONDS);
    }
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "upstream4j-metrics");
    thread.setDaemon(true);
    return thread;
  }

  private synchronized void update() {
    if (closed) {
      return;
    }
    try {
      bindings.forEach(Binding::update);
    } catch (RuntimeException e) {
      // A registry's own failure, such as two sets of tags for one name: the next time may do.
      LOG.log(Logger.Level.WARNING, "the meters of upstreams are not up to date", e);
    }
  }

  /** Removes all meters and ends the thread. Called again, it does nothing. */
  @Override
  public synchronized void close() {
    closed = true;
    if (timer != null) {
      timer.shutdownNow();
      timer = null;
    }
    bindings.forEach(Binding::remove);
    bindings.clear();
  }
}
