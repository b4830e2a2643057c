package io.upstream4j.core.backends;

import io.upstream4j.api.spi.Scheduler;
import io.upstream4j.core.config.BreakerConfig;
import io.upstream4j.core.config.SuccessRateConfig;
import io.upstream4j.core.stats.CircuitState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Compares the backends of an upstream with one another at the end of each interval, and opens the
 * circuits of those that do much worse than the rest. Control loop only; requests do no more than
 * count.
 *
 * <p>A backend's success rate is the part of good responses among its requests of the interval that
 * has just ended. An outlier is one whose rate is below <i>mean − factor × standard deviation</i>,
 * over the rates of all backends with closed circuits and {@code minRequests} in that interval, if
 * there are at least {@code minBackends} of them; the deviation is that of a whole population. So
 * it is in Envoy's outlier detection ({@code success_rate_stdev_factor}, {@code
 * success_rate_minimum_hosts}, {@code success_rate_request_volume}), whose factor counts
 * thousandths. No rate lies further below the mean than √(n − 1) deviations of n backends: a factor
 * of 2 or more never ejects one of five.
 */
final class OutlierDetection {
  private final Scheduler loop;
  private final Supplier<Generation> current;
  private final CircuitBreaker breaker;
  private @Nullable Duration interval;
  private Scheduler.@Nullable Task next;

  /** A backend and the part of its requests that went well, in percent. */
  private record Rate(BackendState state, double percent) {}

  OutlierDetection(Scheduler loop, Supplier<Generation> current, CircuitBreaker breaker) {
    this.loop = loop;
    this.current = current;
    this.breaker = breaker;
  }

  /** Begins, goes on or ends, as the settings of the generation say. */
  void watch(Generation generation) {
    BreakerConfig config = generation.breaker();
    Duration wanted = config == null || config.successRate().isEmpty() ? null : config.interval();
    if (next != null && !Objects.equals(wanted, interval)) {
      next.cancel();
      next = null;
    }
    interval = wanted;
    if (wanted != null && next == null) {
      next = loop.schedule(wanted, this::endInterval);
    }
  }

  private void endInterval() {
    next = null;
    Generation generation = current.get();
    BreakerConfig config = generation.breaker();
    Optional<SuccessRateConfig> limits = config == null ? Optional.empty() : config.successRate();
    limits.ifPresent(found -> compare(generation, found));
    watch(generation);
  }

  private void compare(Generation generation, SuccessRateConfig limits) {
    List<Rate> rates = new ArrayList<>();
    for (int slot = 0; slot < generation.size(); slot++) {
      BackendState state = generation.state(slot);
      Circuit circuit = state.circuit();
      long failures = circuit.takeFailures();
      long requests = circuit.takeSuccesses() + failures;
      if (requests >= limits.minRequests() && circuit.state() == CircuitState.CLOSED) {
        rates.add(new Rate(state, 100.0 * (requests - failures) / requests));
      }
    }
    if (rates.size() >= limits.minBackends()) {
      eject(rates, limits, generation);
    }
  }

  private void eject(List<Rate> rates, SuccessRateConfig limits, Generation generation) {
    double sum = 0;
    for (Rate rate : rates) {
      sum += rate.percent();
    }
    double mean = sum / rates.size();
    double squares = 0;
    for (Rate rate : rates) {
      squares += (rate.percent() - mean) * (rate.percent() - mean);
    }
    double deviation = Math.sqrt(squares / rates.size());
    double least = mean - limits.factor() * deviation;
    for (Rate rate : rates) {
      if (rate.percent() < least) {
        String reason =
            String.format(
                Locale.ROOT,
                "%.1f %% of its requests went well, below %.1f %%: the mean of %d backends is"
                    + " %.1f %%, the standard deviation %.1f %%",
                rate.percent(),
                least,
                rates.size(),
                mean,
                deviation);
        breaker.open(rate.state(), generation, reason);
      }
    }
  }
}
