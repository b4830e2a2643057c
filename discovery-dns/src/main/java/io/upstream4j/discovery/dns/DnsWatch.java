package io.upstream4j.discovery.dns;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.IpAddress;
import io.upstream4j.api.spi.Scheduler;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Merges the backends of all entries and reports them. Everything except {@link #refresh} and
 * {@link #close} runs in tasks of the scheduler, which never overlap.
 */
final class DnsWatch implements Discovery.Subscription {
  /** How long the first answer waits for entries without a result. */
  private static final Duration FIRST_WAIT = Duration.ofSeconds(1);

  private final Recipe recipe;
  private final Names.Source source;
  private final Discovery.Listener listener;
  private final Map<Entry, NameWatch> watches = new LinkedHashMap<>();
  private boolean waiting = true;
  private @Nullable List<Backend> told;
  private volatile boolean closed;
  private volatile Scheduler.@Nullable Task waitEnd;

  DnsWatch(Recipe recipe, Names.Source source, Discovery.Listener listener) {
    this.recipe = recipe;
    this.source = source;
    this.listener = listener;
    for (Entry entry : recipe.entries()) {
      if (entry.address() == null) {
        NameLookup lookup = new NameLookup(recipe, entry, source);
        watches.put(entry, new NameWatch(recipe, lookup, this::heard));
      }
    }
  }

  void begin() {
    recipe.context().scheduler().execute(this::look);
  }

  private void look() {
    if (closed) {
      return;
    }
    if (watches.isEmpty()) {
      tell(null);
      return;
    }
    for (NameWatch watch : watches.values()) {
      watch.look(false);
    }
    waitEnd = recipe.context().scheduler().schedule(FIRST_WAIT, this::endWait);
    if (closed) {
      cancelWait();
    }
  }

  private void endWait() {
    if (!closed && waiting) {
      waiting = false;
      tell(null);
    }
  }

  private void heard(NameWatch watch, @Nullable Exception problem) {
    if (waiting && watches.values().stream().allMatch(NameWatch::isTried)) {
      waiting = false;
      cancelWait();
    }
    if (!waiting) {
      tell(problem);
    } else if (problem != null) {
      listener.failed(problem);
    }
  }

  /**
   * Reports the known backends. While an entry is failing, only a changed list is reported, and not
   * as a recovery.
   *
   * @param problem the failure of the look-up that ended just now; null for none
   */
  private void tell(@Nullable Exception problem) {
    boolean known = watches.isEmpty() || watches.values().stream().anyMatch(NameWatch::isKnown);
    List<Backend> whole = backends();
    Exception trouble = problem == null ? trouble() : problem;
    if (known && trouble == null) {
      told = whole;
      listener.found(whole);
    } else if (known && trouble != null && !whole.equals(told)) {
      told = whole;
      listener.foundPartly(whole, trouble);
    } else if (problem != null) {
      listener.failed(problem);
    }
  }

  private @Nullable Exception trouble() {
    for (NameWatch watch : watches.values()) {
      Exception trouble = watch.trouble();
      if (trouble != null) {
        return trouble;
      }
    }
    return null;
  }

  private List<Backend> backends() {
    Map<Endpoint, Backend> backends = new LinkedHashMap<>();
    for (Entry entry : recipe.entries()) {
      for (Backend backend : backends(entry)) {
        // If two names lead to one server, it is one backend with the settings of the first entry.
        backends.putIfAbsent(backend.endpoint(), backend);
      }
    }
    return List.copyOf(backends.values());
  }

  private List<Backend> backends(Entry entry) {
    NameWatch watch = watches.get(entry);
    if (watch != null) {
      return watch.backends();
    }
    IpAddress address = entry.address();
    return address == null
        ? List.of()
        : List.of(entry.backend(address, recipe.context().defaultPort(), recipe.attributes(entry)));
  }

  @Override
  public void refresh() {
    if (!closed) {
      recipe
          .context()
          .scheduler()
          .execute(() -> watches.values().forEach(watch -> watch.look(true)));
    }
  }

  private void cancelWait() {
    Scheduler.Task task = waitEnd;
    if (task != null) {
      task.cancel();
    }
  }

  @Override
  public void close() {
    closed = true;
    cancelWait();
    watches.values().forEach(NameWatch::close);
    source.close();
  }
}
