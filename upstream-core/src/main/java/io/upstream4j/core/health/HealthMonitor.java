package io.upstream4j.core.health;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.HealthCheck;
import io.upstream4j.api.spi.HealthCheck.Result;
import io.upstream4j.api.spi.HealthCheck.Unhealthy;
import io.upstream4j.api.spi.Scheduler;
import io.upstream4j.core.backends.BackendState;
import io.upstream4j.core.backends.Backends;
import io.upstream4j.core.backends.Generation;
import io.upstream4j.core.backends.Generation.Slot;
import io.upstream4j.core.backends.Traffic;
import io.upstream4j.core.config.HealthConfig;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.plugin.PluginGuard;
import io.upstream4j.core.runtime.PluginLane;
import io.upstream4j.core.runtime.PluginProduct;
import io.upstream4j.core.runtime.SharedServices;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Asks every backend of an upstream whether it works, and turns answers into health.
 *
 * <p>Control loop only; probes themselves run wherever the check runs them.
 *
 * <p>How it works. A backend is asked as soon as it is found, then once every {@code frequency}, or
 * {@code unhealthyFrequency}: the second time after a random part of it, so that backends found
 * together are not asked together, and from then on up to a tenth early. At most {@code parallel}
 * are asked at the same time, the others wait in line. The time limit holds even for a check that
 * never answers. A number of consecutive answers turns the health, and one opposite answer starts
 * the count again.
 *
 * <p>Traffic takes part. A request that could not connect to a healthy backend, or to which the
 * backend gave no answer while it answered nobody else, counts as one bad answer, and the backend
 * is asked at once: so it takes as many as ever to turn it, but not as long. Until that question is
 * answered further requests count for nothing, as they fail for the same reason. The last backend
 * that may have requests is turned by its check alone.
 *
 * <p>A probe fails only because of its backend: one that this process could not send is sent again.
 */
public final class HealthMonitor {
  private static final double JITTER = 0.1;
  private static final int CALM = 10;

  private final HealthConfig config;
  private final HealthCheck check;
  private final PluginLane lane;
  private final Backends backends;
  private final Traffic traffic;
  private final SharedServices shared;
  private final Runnable onProgress;
  private final Duration limit;
  private final Map<Endpoint, Watched> watched = new HashMap<>();
  private final Queue<Watched> line = new ArrayDeque<>();
  private int asking;
  private int unasked;
  private boolean closed;

  /**
   * @param onProgress called when {@link #isFirstRoundDone} may have changed
   */
  public HealthMonitor(
      HealthConfig config,
      PluginProduct<HealthCheck> check,
      Backends backends,
      Traffic traffic,
      SharedServices shared,
      Runnable onProgress) {
    this.config = config;
    this.check = check.made();
    this.lane = check.lane();
    this.backends = backends;
    this.traffic = traffic;
    this.shared = shared;
    this.onProgress = onProgress;
    this.limit = config.connectionTimeout().plus(config.readTimeout());
  }

  /** One backend under watch. */
  private static final class Watched {
    private final BackendState state;
    private Backend backend;
    private Scheduler.@Nullable Task next;
    private boolean gone;
    private boolean asked;
    private boolean waiting;
    private boolean doubted;
    private boolean unreached;
    private long calmUntilNanos;
    private int streak;

    Watched(Backend backend, BackendState state, long nowNanos) {
      this.backend = backend;
      this.state = state;
      this.calmUntilNanos = nowNanos;
    }
  }

  /** Takes the set to watch: new backends are asked at once, those that are gone no more. */
  public void watch(Generation generation) {
    Map<Endpoint, Watched> before = new HashMap<>(watched);
    for (int i = 0; i < generation.size(); i++) {
      Slot slot = generation.slot(i);
      Watched known = before.remove(slot.backend().endpoint());
      if (known == null) {
        Watched added = new Watched(slot.backend(), slot.state(), shared.loop().nanoTime());
        watched.put(slot.backend().endpoint(), added);
        unasked++;
        enqueue(added);
      } else {
        known.backend = slot.backend();
      }
    }
    before.forEach(
        (endpoint, gone) -> {
          watched.remove(endpoint);
          forget(gone);
        });
    line.removeIf(waiting -> waiting.gone);
    askNext();
    onProgress.run();
  }

  private void forget(Watched gone) {
    gone.gone = true;
    if (gone.next != null) {
      gone.next.cancel();
    }
    if (!gone.asked) {
      unasked--;
    }
  }

  /** Whether every backend under watch has had its first answer. */
  public boolean isFirstRoundDone() {
    return unasked == 0;
  }

  private void askNext() {
    while (!closed && asking < config.parallel() && !line.isEmpty()) {
      ask(line.remove());
    }
  }

  private void ask(Watched one) {
    asking++;
    Ask ask = new Ask(one, shared.loop().nanoTime());
    ask.timeout =
        shared
            .loop()
            .schedule(
                limit,
                () -> ask.answer(new Unhealthy("no answer within " + limit.toMillis() + " ms")));
    Optional<String> stuck = lane.stuck();
    if (stuck.isPresent()) {
      ask.answerLater(new Unhealthy(lane.words(stuck.get())));
      return;
    }
    lane.call(
        "probe()",
        () -> {
          CompletionStage<Result> stage = check.probe(one.backend);
          return stage == null ? null : stage.whenComplete(ask::completed);
        },
        stage -> {},
        reason -> ask.answerLater(new Unhealthy(lane.words(reason))));
  }

  private static Result result(@Nullable Result result, @Nullable Throwable failure) {
    if (failure != null) {
      return new Unhealthy(reason(failure));
    }
    return result != null ? result : new Unhealthy("the health check answered null");
  }

  private static Throwable cause(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  private static String reason(Throwable failure) {
    Throwable cause = cause(failure);
    return cause instanceof PeerException peer ? peer.detail() : PluginGuard.message(cause);
  }

  /** One question under way; its first answer counts. */
  private final class Ask {
    private final Watched one;
    private final long startNanos;
    private Scheduler.@Nullable Task timeout;
    private boolean answered;

    Ask(Watched one, long startNanos) {
      this.one = one;
      this.startNanos = startNanos;
    }

    /**
     * Called by any thread. Never answers within {@link #ask}, or a failing check would recurse.
     */
    void answerLater(Result result) {
      shared.loop().execute(() -> answer(result));
    }

    void answer(Result result) {
      if (!end()) {
        return;
      }
      if (!closed && !one.gone) {
        boolean first = !one.asked;
        one.asked = true;
        traffic.probed(!(result instanceof Unhealthy), shared.loop().nanoTime() - startNanos);
        apply(one, result);
        scheduleNext(first);
        if (first) {
          unasked--;
          onProgress.run();
        }
      }
      askNext();
    }

    /** The check's answer. Called by any thread. */
    void completed(@Nullable Result result, @Nullable Throwable failure) {
      if (failure != null
          && cause(failure) instanceof PeerException e
          && e.failure().fault() == PeerException.Fault.OWN) {
        postponeLater();
      } else {
        answerLater(result(result, failure));
      }
    }

    /** The question could not be put, for a reason that is not the backend's: puts it again. */
    void postponeLater() {
      shared
          .loop()
          .execute(
              () -> {
                if (end()) {
                  if (!closed && !one.gone) {
                    scheduleNext(false);
                  }
                  askNext();
                }
              });
    }

    /** False when it had ended before. */
    private boolean end() {
      if (answered) {
        return false;
      }
      answered = true;
      if (timeout != null) {
        timeout.cancel();
      }
      asking--;
      one.waiting = false;
      return true;
    }

    private void scheduleNext(boolean first) {
      one.next = shared.loop().schedule(untilNext(one, startNanos, first), () -> askSoon(one));
    }
  }

  private void askSoon(Watched one) {
    enqueue(one);
    askNext();
  }

  private void enqueue(Watched one) {
    one.waiting = true;
    line.add(one);
  }

  /**
   * Traffic failed at a backend: asks now, unless that is in progress, or was done because of
   * traffic within the last tenth of the frequency and answered well. So a backend that answers
   * probes and fails requests is not asked for each of them.
   *
   * @param unreached why a request did not reach it, which counts as a bad answer; null when it did
   */
  public void doubt(Endpoint endpoint, @Nullable String unreached) {
    Watched one = watched.get(endpoint);
    if (one == null
        || !one.state.health().healthy()
        || shared.loop().nanoTime() - one.calmUntilNanos < 0) {
      return;
    }
    one.doubted = true;
    if (unreached != null && !one.unreached) {
      one.unreached = true;
      if (one.streak + 1 < config.failure() || !backends.isLast(one.state)) {
        count(one, false, unreached);
      }
    }
    if (!one.waiting) {
      if (one.next != null) {
        one.next.cancel();
      }
      askSoon(one);
    }
  }

  private void apply(Watched one, Result result) {
    boolean good = !(result instanceof Unhealthy);
    if (one.doubted && good) {
      one.calmUntilNanos = shared.loop().nanoTime() + config.frequency().toNanos() / CALM;
    }
    count(one, good, result instanceof Unhealthy unhealthy ? unhealthy.reason() : "");
    one.doubted = false;
    one.unreached = false;
  }

  private void count(Watched one, boolean good, String reason) {
    if (good == one.state.health().healthy()) {
      one.streak = 0;
      return;
    }
    int streak = ++one.streak;
    if (streak < (good ? config.success() : config.failure()) && !one.state.wasNeverChecked()) {
      return;
    }
    one.streak = 0;
    if (good) {
      backends.report(
          one.state, true, "answered well " + streak + (streak == 1 ? " time" : " times"));
    } else if (one.unreached) {
      backends.reportUnreachable(one.state, reason);
    } else {
      backends.report(one.state, false, reason);
    }
  }

  /** Measured from the start of the last question, so that slow answers do not stretch it. */
  private Duration untilNext(Watched one, long startNanos, boolean first) {
    Duration frequency =
        one.state.health().healthy() ? config.frequency() : config.unhealthyFrequency();
    double random = shared.random().getAsDouble();
    double part = first ? 1 - random : 1 - JITTER * random;
    long passed = shared.loop().nanoTime() - startNanos;
    return Duration.ofNanos(Math.max(0, (long) (frequency.toNanos() * part) - passed));
  }

  /** Ends the timers; answers under way have no effect any more. */
  public void close() {
    closed = true;
    Iterator<Watched> all = watched.values().iterator();
    while (all.hasNext()) {
      forget(all.next());
      all.remove();
    }
    line.clear();
  }
}
