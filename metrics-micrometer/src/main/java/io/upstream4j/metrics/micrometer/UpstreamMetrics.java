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
 * Exposes the statistics of upstreams to Micrometer: {@code new
 * UpstreamMetrics(upstreams).bindTo(registry)}.
 *
 * <p>The names are those of the gateway's {@code /metrics}, with dots: {@code upstream4j.requests}
 * with the tag {@code upstream}, {@code upstream4j.backend.up} with {@code upstream} and {@code
 * backend}. Meters read the counters that upstreams keep anyway, so they add no cost to requests,
 * whatever the number of registries.
 *
 * <p>Meters of a backend are registered and removed with it, and those of an upstream with its
 * configuration. A daemon thread updates them at a {@linkplain #UpstreamMetrics(Upstreams,
 * Iterable, Duration) fixed interval}; it starts with the first registry. Readings are at most a
 * second old. {@link #close} stops the thread and removes all meters; you may call it before or
 * after closing the upstreams.
 *
 * <p>Thread-safe. References the registries and the upstreams until it is closed.
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

  /**
   * Creates metrics without additional tags, which follow changes of backends within ten seconds.
   */
  public UpstreamMetrics(Upstreams upstreams) {
    this(upstreams, List.of(), REFRESH);
  }

  /**
   * Creates metrics.
   *
   * @param tags added to every meter
   * @param refresh the interval at which meters are registered and removed; above 0
   * @throws IllegalArgumentException when {@code refresh} is not above 0
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
   * Registers the meters of all current and future upstreams and backends.
   *
   * @throws IllegalStateException when this is closed
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
      // A failure of the registry, such as different sets of tags for one name. The next update may
      // succeed.
      LOG.log(Logger.Level.WARNING, "the meters of upstreams are not up to date", e);
    }
  }

  /** Removes all meters and stops the thread. Further calls have no effect. */
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
