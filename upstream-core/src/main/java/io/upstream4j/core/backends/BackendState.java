package io.upstream4j.core.backends;

import io.upstream4j.api.option.VisibleText;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.core.event.UpstreamEvent;
import io.upstream4j.core.stats.AdminState;
import io.upstream4j.core.stats.CircuitState;
import io.upstream4j.core.stats.Durations;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one endpoint of an upstream, and what the operator wants of it: it follows the
 * endpoint over all generations and reloads.
 *
 * <p>Health and the operator's wishes are written by the control loop only. Counters are written by
 * any thread, without locks. The histogram of latencies is most of its memory: about 850 bytes.
 */
public final class BackendState {
  /** What the health check says, since when, and why it changed last. */
  public record Health(boolean healthy, Optional<String> reason, Instant since) {
    public Health {
      reason = reason.map(text -> VisibleText.shortened(text, UpstreamEvent.MAX_REASON));
    }
  }

  /** How many failures there were in all when listeners heard of them last. */
  private record FailuresTold(long count, long atNanos) {}

  private static final long FAILURE_NEWS_NANOS = TimeUnit.SECONDS.toNanos(10);

  // One array for all counters, with a cache line to spare on both sides: writers of one backend
  // do not slow readers of another. Requests in flight are the difference of two counters that are
  // needed anyway, so that a request costs two atomic additions.
  private static final int LINE = 8;
  private static final int BEGUN = LINE;
  private static final int ENDED = LINE + 1;
  private static final int FAILED = LINE + 2;
  private static final int LATENCY = LINE + 3;
  private static final int LENGTH = LINE + 4 + LINE;

  // The average and the time of its last sample share one word, to be swapped as one: float bits
  // above, ticks of about a millisecond below (2^20 ns; 32 bits of them last for 52 days).
  private static final int TICK_SHIFT = 20;
  private static final double DECAY_TICKS = 10e9 / (1L << TICK_SHIFT);

  private static final int LATE_TICKS = 60_000;

  // The one word that a pick reads: the part of its requests that an eligible backend is offered,
  // of 2^31 - 1; 0 for a backend that is not eligible; below that, for one whose circuit is half
  // open, which may have one request at a time, and for one that is out of service, which may have
  // none even when health is ignored.
  private static final int WHOLE = Integer.MAX_VALUE;
  private static final int PROBED = -1;
  private static final int OUT_OF_SERVICE = -2;

  private static final Optional<String> UNCHECKED = Optional.of("not checked yet");

  // A storm of failures makes one task for the control loop at a time.
  private static final VarHandle DOUBTED;

  static {
    try {
      DOUBTED = MethodHandles.lookup().findVarHandle(BackendState.class, "doubted", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Endpoint endpoint;
  private final DurationHistogram heads = new DurationHistogram(1);
  private final AtomicLongArray counters = new AtomicLongArray(LENGTH);
  private volatile Health health;
  private volatile int share = WHOLE;
  private volatile AdminState admin = AdminState.ENABLED;
  private volatile OptionalInt weight = OptionalInt.empty();
  private final Circuit circuit = new Circuit();
  private volatile boolean doubted;
  private volatile @Nullable FailuresTold failuresTold;

  BackendState(Endpoint endpoint, Instant found) {
    this.endpoint = endpoint;
    this.health = new Health(true, Optional.empty(), found);
  }

  /** A backend that gets no requests until its first check. */
  static BackendState unchecked(Endpoint endpoint, Instant found) {
    BackendState state = new BackendState(endpoint, found);
    state.health(new Health(false, UNCHECKED, found));
    return state;
  }

  /** Whether it waits for its first check. */
  public boolean wasNeverChecked() {
    return health.reason().equals(UNCHECKED);
  }

  public Endpoint endpoint() {
    return endpoint;
  }

  boolean isEligible() {
    int now = share;
    return now > 0 || (now == PROBED && !circuit.isProbed());
  }

  /** Whether it is in service and healthy, and its circuit not open. */
  boolean isUp() {
    int now = share;
    return now > 0 || now == PROBED;
  }

  /** Whether it may have any number of requests: it is up, and its circuit closed. */
  boolean isOpenToAll() {
    return share > 0;
  }

  /** Whether nothing but its circuit keeps requests from it. */
  boolean isHeldByCircuit() {
    return admin == AdminState.ENABLED
        && health.healthy()
        && circuit.state() != CircuitState.CLOSED;
  }

  /** Whether the operator lets it have requests: otherwise it has none, whatever else there is. */
  boolean isInService() {
    return share != OUT_OF_SERVICE;
  }

  public AdminState admin() {
    return admin;
  }

  /** Control loop only. */
  public void admin(AdminState now) {
    admin = now;
    update();
  }

  /** What the operator wants instead of the weight that the discovery names. */
  public OptionalInt weight() {
    return weight;
  }

  /** Control loop only. */
  public void weight(OptionalInt now) {
    weight = now;
  }

  public Circuit circuit() {
    return circuit;
  }

  /** Control loop only. */
  void circuitChanged() {
    update();
  }

  private void update() {
    if (admin != AdminState.ENABLED) {
      share = OUT_OF_SERVICE;
    } else if (!health.healthy() || circuit.state() == CircuitState.OPEN) {
      share = 0;
    } else {
      share = circuit.state() == CircuitState.HALF_OPEN ? PROBED : WHOLE;
    }
  }

  /** As {@link #isEligible}; a backend that starts slowly is so by lot. */
  boolean admits() {
    int now = share;
    return now == WHOLE
        || (now > 0 ? ThreadLocalRandom.current().nextInt() >>> 1 < now : isEligible());
  }

  public Health health() {
    return health;
  }

  /** Control loop only. */
  public void health(Health now) {
    health = now;
    update();
  }

  /**
   * How much of its whole share a healthy backend gets. Control loop only.
   *
   * @param part above 0, at most 1
   */
  void share(double part) {
    if (share > 0) {
      share = Math.max(1, (int) Math.round(part * WHOLE));
    }
  }

  void begin() {
    counters.getAndIncrement(BEGUN);
  }

  /** As {@link #begin}, unless that many requests are in flight already. */
  public boolean beginBelow(int limit) {
    if (limit == Generation.UNLIMITED) {
      begin();
      return true;
    }
    while (true) {
      // In this order, so that the difference is never less than what is in flight.
      long ended = counters.get(ENDED);
      long begun = counters.get(BEGUN);
      if (begun - ended >= limit) {
        return false;
      }
      if (counters.compareAndSet(BEGUN, begun, begun + 1)) {
        return true;
      }
    }
  }

  /** Exactly once for each {@link #begin}. */
  public void end() {
    counters.getAndIncrement(ENDED);
  }

  /** Whether nobody else doubts it yet; the one who is told so passes it on. */
  public boolean doubt() {
    return !doubted && DOUBTED.compareAndSet(this, false, true);
  }

  /** The doubt was passed on. */
  public void settle() {
    doubted = false;
  }

  public void fail() {
    counters.getAndIncrement(FAILED);
  }

  /** Whether listeners have not heard of failures for a while. */
  public boolean isFailureNews(long nowNanos) {
    FailuresTold told = failuresTold;
    return told == null || nowNanos - told.atNanos() >= FAILURE_NEWS_NANOS;
  }

  /** Listeners hear of failures now: of how many. Control loop only. */
  long tellFailures(long nowNanos) {
    FailuresTold before = failuresTold;
    long all = failures();
    failuresTold = new FailuresTold(all, nowNanos);
    return before == null ? all : all - before.count();
  }

  public int inFlight() {
    long ended = counters.get(ENDED); // read first: so the difference is never negative
    return (int) (counters.get(BEGUN) - ended);
  }

  public long requests() {
    return counters.get(BEGUN);
  }

  public long failures() {
    return counters.get(FAILED);
  }

  /** The decayed average; 0 when there is no sample yet. */
  public long latencyNanos() {
    return (long) average(counters.get(LATENCY));
  }

  /**
   * Adds a sample to an average that forgets with a time constant of 10 s, by the time that passed
   * and not by the number of samples (as Finagle's peak EWMA does). Of several samples within one
   * tick the first counts. The histogram counts them all.
   */
  public void sample(long latencyNanos, long nowNanos) {
    heads.add(latencyNanos);
    int tick = (int) (nowNanos >> TICK_SHIFT);
    float sample = Math.max(1, latencyNanos);
    while (true) {
      long old = counters.get(LATENCY);
      float average = average(old);
      if (average != 0) {
        int age = tick - (int) old;
        if (age <= 0 && age > -LATE_TICKS) {
          return; // the same tick, or another thread was faster with a later one
        }
        double elapsed = Integer.toUnsignedLong(age) / DECAY_TICKS;
        average += (sample - average) * (float) -Math.expm1(-elapsed);
      } else {
        average = sample;
      }
      long now = (long) Float.floatToRawIntBits(average) << 32 | (tick & 0xFFFF_FFFFL);
      if (counters.compareAndSet(LATENCY, old, now)) {
        return;
      }
    }
  }

  /** Whether the head of a response came lately, to a precision of two ticks. */
  public boolean hasRespondedWithin(long nanos, long nowNanos) {
    long word = counters.get(LATENCY);
    int age = (int) (nowNanos >> TICK_SHIFT) - (int) word;
    return average(word) != 0 && age <= nanos >> TICK_SHIFT;
  }

  /** How long its response heads took. */
  public Durations heads() {
    return heads.read();
  }

  private static float average(long word) {
    return Float.intBitsToFloat((int) (word >>> 32));
  }

  @Override
  public String toString() {
    return endpoint + (isEligible() ? " eligible" : " not eligible");
  }
}
