package io.upstream4j.discovery.dns;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Scheduler;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Looks up one entry repeatedly and keeps its backends. Everything except {@link #close} runs in
 * tasks of the scheduler, which never overlap; the look-up itself runs in one task of the blocking
 * executor.
 */
final class NameWatch {
  private final Recipe recipe;
  private final NameLookup lookup;
  private final BiConsumer<NameWatch, @Nullable Exception> heard;
  private List<Backend> backends = List.of();
  private boolean known;
  private @Nullable Exception trouble;
  private boolean tried;
  private boolean running;
  private boolean again;
  private int failures;
  private long lastGood;
  private volatile boolean closed;
  private volatile Scheduler.@Nullable Task timer;

  /**
   * Creates a watch, without starting it.
   *
   * @param heard called after each look-up, with the exception or null
   */
  NameWatch(Recipe recipe, NameLookup lookup, BiConsumer<NameWatch, @Nullable Exception> heard) {
    this.recipe = recipe;
    this.lookup = lookup;
    this.heard = heard;
  }

  /** Returns the known backends; empty when none are known or the name has none. */
  List<Backend> backends() {
    return backends;
  }

  /** Returns whether there was ever an answer. */
  boolean isKnown() {
    return known;
  }

  /** Returns the failure of the last look-up, or null when it succeeded. */
  @Nullable Exception trouble() {
    return trouble;
  }

  /** Returns whether a look-up has ended. */
  boolean isTried() {
    return tried;
  }

  /**
   * Starts a look-up now, or after the one in progress.
   *
   * @param anew whether to ask even for answers that are still valid
   */
  void look(boolean anew) {
    if (closed) {
      return;
    }
    if (running) {
      again = true; // the one in progress may have been answered before this call
      return;
    }
    cancelTimer();
    running = true;
    recipe.context().blocking().execute(() -> run(anew));
  }

  private void run(boolean anew) {
    if (closed) {
      return;
    }
    Scheduler scheduler = recipe.context().scheduler();
    try {
      Outcome outcome = lookup.look(anew);
      scheduler.execute(() -> answered(outcome));
    } catch (IOException | RuntimeException e) { // or the entry would never be looked up again
      scheduler.execute(() -> failed(e));
    }
  }

  private void answered(Outcome outcome) {
    Exception problem = outcome.trouble();
    failures = outcome.isComplete() ? 0 : failures + 1;
    if (outcome instanceof Outcome.Found found) {
      backends = found.backends();
      known = true;
      lastGood = found.asOf();
    } else if (outcome instanceof Outcome.Empty empty) {
      if (recipe.onEmpty() == OnEmpty.DRAIN) {
        backends = List.of();
        known = true;
      } else {
        problem = new EmptyAnswerException(empty.reason() + dropStale());
      }
    }
    Duration pause = recipe.pace().afterAnswer(outcome.ttl());
    end(
        problem,
        outcome.isComplete() ? pause : shorter(pause, recipe.pace().afterFailure(failures)));
  }

  private void failed(Exception cause) {
    failures++;
    String dropped = dropStale();
    Exception problem = dropped.isEmpty() ? cause : new IOException(cause.getMessage() + dropped);
    end(problem, recipe.pace().afterFailure(failures));
  }

  /** Drops backends that were confirmed too long ago. Returns a note about it for the message. */
  private String dropStale() {
    Duration limit = recipe.maxStale();
    if (limit == null || backends.isEmpty() || age().compareTo(limit) < 0) {
      return "";
    }
    int count = backends.size();
    backends = List.of();
    return "; "
        + (count == 1 ? "its backend is" : "its " + count + " backends are")
        + " given up, max_stale after the last good answer";
  }

  private Duration age() {
    return Duration.ofNanos(recipe.context().scheduler().nanoTime() - lastGood);
  }

  private void end(@Nullable Exception problem, Duration pause) {
    running = false;
    tried = true;
    trouble = problem;
    if (closed) {
      return;
    }
    heard.accept(this, problem);
    if (again) {
      again = false;
      look(true);
      return;
    }
    timer = recipe.context().scheduler().schedule(untilStale(pause), () -> look(false));
    if (closed) {
      cancelTimer(); // closed after the check above
    }
  }

  /** Shortens a pause so that it ends when the known backends become too old. */
  private Duration untilStale(Duration pause) {
    Duration limit = recipe.maxStale();
    if (trouble == null || limit == null || backends.isEmpty()) {
      return pause;
    }
    Duration left = limit.minus(age());
    return left.isNegative() || left.isZero() ? pause : shorter(pause, left);
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) <= 0 ? one : other;
  }

  private void cancelTimer() {
    Scheduler.Task task = timer;
    if (task != null) {
      task.cancel();
    }
  }

  /** Ends the watch. Thread-safe. */
  void close() {
    closed = true;
    cancelTimer();
  }
}
