package io.upstream4j.discovery.fixed;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.IpAddress;
import io.upstream4j.api.spi.PluginContext;
import io.upstream4j.api.spi.Scheduler;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Looks up all names in rounds, and reports the known backends after each round. A name that could
 * not be looked up keeps its previous addresses.
 *
 * <p>Look-ups run in parallel on the context's blocking executor. All fields except {@code closed}
 * and {@code timer} are accessed only by tasks of the context's scheduler, which never overlap.
 */
final class NameWatch implements Discovery.Subscription {
  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
  private static final Duration LAST_RETRY = Duration.ofMinutes(1);

  private final StaticDiscovery recipe;
  private final PluginContext context;
  private final Discovery.Listener listener;
  private final List<String> names;
  private final Map<String, List<IpAddress>> known = new HashMap<>();
  private int outstanding;
  private boolean refreshDue;
  private boolean failing;
  private Duration retry = FIRST_RETRY;
  private volatile boolean closed;
  private volatile Scheduler.@Nullable Task timer;

  NameWatch(StaticDiscovery recipe, Discovery.Listener listener) {
    this.recipe = recipe;
    this.context = recipe.context();
    this.listener = listener;
    this.names =
        recipe.entries().stream().filter(Entry::isName).map(Entry::host).distinct().toList();
  }

  /** Reports at once when there is nothing to look up; otherwise starts the first round. */
  void begin() {
    if (names.isEmpty()) {
      answer();
    } else {
      refresh();
    }
  }

  @Override
  public void refresh() {
    // Without names the answer cannot change.
    if (!closed && !names.isEmpty()) {
      context.scheduler().execute(this::beginRound);
    }
  }

  private void beginRound() {
    if (closed) {
      return;
    }
    if (outstanding > 0) {
      refreshDue = true; // the round in progress may have been answered before this call
      return;
    }
    cancelTimer();
    failing = false;
    outstanding = names.size();
    for (String name : names) {
      context.blocking().execute(() -> lookUp(name));
    }
  }

  private void lookUp(String name) {
    if (closed) {
      return;
    }
    try {
      List<IpAddress> addresses = recipe.lookup().addresses(name);
      context.scheduler().execute(() -> arrived(name, addresses));
    } catch (IOException | RuntimeException e) { // or the round would wait for it forever
      context.scheduler().execute(() -> missed(e));
    }
  }

  private void arrived(String name, List<IpAddress> addresses) {
    known.put(name, addresses);
    endLookUp();
  }

  private void missed(Exception cause) {
    failing = true;
    if (!closed) {
      listener.failed(cause);
    }
    endLookUp();
  }

  private void endLookUp() {
    outstanding--;
    if (outstanding > 0 || closed) {
      return;
    }
    answer();
    if (refreshDue) {
      refreshDue = false;
      beginRound();
    } else {
      beginRoundLater();
    }
  }

  private void beginRoundLater() {
    Duration pause = failing ? nextRetry() : recipe.updateFrequency();
    if (!failing) {
      retry = FIRST_RETRY;
    }
    if (pause == null) {
      return;
    }
    // Up to 10 % less, so that many upstreams do not ask at the same time.
    double share = 1 - ThreadLocalRandom.current().nextDouble(0.1);
    timer =
        context
            .scheduler()
            .schedule(Duration.ofNanos((long) (pause.toNanos() * share)), this::beginRound);
    if (closed) {
      cancelTimer(); // closed after the check above
    }
  }

  private Duration nextRetry() {
    Duration pause = retry;
    Duration doubled = retry.multipliedBy(2);
    retry = doubled.compareTo(LAST_RETRY) < 0 ? doubled : LAST_RETRY;
    Duration update = recipe.updateFrequency();
    return update != null && update.compareTo(pause) < 0 ? update : pause;
  }

  private void answer() {
    Map<Endpoint, Backend> backends = new LinkedHashMap<>();
    int defaultPort = context.defaultPort();
    for (Entry entry : recipe.entries()) {
      if (entry.isSocket()) {
        backends.putIfAbsent(entry.backend().endpoint(), entry.backend());
      }
      for (IpAddress address : addresses(entry)) {
        Backend backend = entry.backend(address, defaultPort);
        // If two names lead to one server, it is one backend with the settings of the first entry.
        backends.putIfAbsent(backend.endpoint(), backend);
      }
    }
    if (!backends.isEmpty()) {
      listener.found(List.copyOf(backends.values()));
    }
  }

  private List<IpAddress> addresses(Entry entry) {
    IpAddress address = entry.address();
    return address != null ? List.of(address) : known.getOrDefault(entry.host(), List.of());
  }

  private void cancelTimer() {
    Scheduler.Task task = timer;
    if (task != null) {
      task.cancel();
    }
  }

  @Override
  public void close() {
    closed = true;
    cancelTimer();
  }
}
