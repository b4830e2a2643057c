package io.upstream4j.discovery.docker;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.Scheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Follows the containers of an engine. Everything except {@link #refresh} and {@link #close} runs
 * in tasks of the scheduler, which never overlap; blocking calls run elsewhere and return as such a
 * task.
 *
 * <p>How it works: it subscribes to events first and lists the containers then, so that nothing in
 * between is missed. An event leads to another list after a moment, because events come in bursts.
 * A container that is told to stop is removed at once, by the event alone; as it still answers
 * then, requests in progress can end. When the connection is lost, the last answer stays in use,
 * and the watch reconnects after a wait that doubles each time.
 */
final class DockerWatch implements Discovery.Subscription {
  private static final Duration GATHER = Duration.ofMillis(100);
  private static final Duration SETTLE = Duration.ofSeconds(1);
  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
  private static final Duration LAST_RETRY = Duration.ofSeconds(30);
  private static final double JITTER = 0.2;

  /** A container that still runs after this time was sent the signal for another reason. */
  private static final Duration MAX_STOP = Duration.ofMinutes(10);

  private final DockerDiscovery recipe;
  private final Discovery.Listener listener;
  private final Map<String, Long> stopping = new HashMap<>();
  private List<Container> containers = List.of();
  private Engine.Surroundings surroundings = Engine.Surroundings.NONE;
  private @Nullable List<Backend> told;
  private List<String> toldProblems = List.of();
  private boolean connecting;
  private @Nullable Exception ended; // of the event stream, before the first list
  private boolean listing;
  private boolean again;
  private Duration retry = FIRST_RETRY;
  private Scheduler.@Nullable Task next; // the next list or connection attempt
  private Scheduler.@Nullable Task gathering;
  private volatile @Nullable Engine engine;
  private volatile boolean closed;

  DockerWatch(DockerDiscovery recipe, Discovery.Listener listener) {
    this.recipe = recipe;
    this.listener = listener;
  }

  void begin() {
    execute(this::connect);
  }

  /** Runs a task unless the watch is closed by then. */
  private void execute(Runnable task) {
    recipe
        .context()
        .scheduler()
        .execute(
            () -> {
              if (!closed) {
                task.run();
              }
            });
  }

  private Scheduler.Task schedule(Duration delay, Runnable task) {
    return recipe
        .context()
        .scheduler()
        .schedule(
            delay,
            () -> {
              if (!closed) {
                task.run();
              }
            });
  }

  private void connect() {
    if (connecting || engine != null) {
      return;
    }
    cancelTasks();
    // An engine that restarts also restarts its containers under their old ids before it reports
    // events again, so earlier stop events no longer apply.
    stopping.clear();
    connecting = true;
    recipe.context().blocking().execute(this::connectNow);
  }

  /** Connects. Blocks. */
  private void connectNow() {
    Engine fresh = null;
    try {
      fresh = recipe.engines().get();
      Engine made = fresh;
      fresh.watch(
          event -> execute(() -> heard(made, event)), cause -> execute(() -> lost(made, cause)));
      Engine.Surroundings around = fresh.surroundings();
      List<Container> first = fresh.list();
      execute(() -> connected(made, around, first));
    } catch (Exception | LinkageError e) {
      if (fresh != null) {
        fresh.close();
      }
      execute(() -> notConnected(asException(e)));
      return;
    }
    if (closed) {
      fresh.close();
    }
  }

  private static Exception asException(Throwable cause) {
    return cause instanceof Exception exception
        ? exception
        : new IllegalStateException(cause.toString(), cause);
  }

  private void connected(Engine fresh, Engine.Surroundings around, List<Container> first) {
    connecting = false;
    engine = fresh;
    if (closed) { // closed after the task was submitted
      fresh.close();
      return;
    }
    surroundings = around;
    told = null; // so that an equal answer also reports the recovery
    listed(fresh, first);
    if (gathering == null) {
      // The engine confirms the subscription slightly before it reports events.
      gathering = schedule(SETTLE, this::gathered);
    }
    Exception cause = ended;
    if (cause != null) {
      ended = null;
      lost(fresh, cause);
    }
  }

  private void notConnected(Exception cause) {
    connecting = false;
    again = false;
    ended = null;
    retryLater(cause);
  }

  private void retryLater(Exception cause) {
    listener.failed(cause);
    double part = 1 - JITTER * recipe.jitter().getAsDouble();
    next = schedule(Duration.ofNanos((long) (retry.toNanos() * part)), this::connect);
    Duration twice = retry.multipliedBy(2);
    retry = twice.compareTo(LAST_RETRY) < 0 ? twice : LAST_RETRY;
  }

  private void lost(Engine of, Exception cause) {
    if (connecting) {
      ended = cause;
    }
    if (!of.equals(engine)) {
      return;
    }
    engine = null;
    listing = false;
    again = false;
    cancelTasks();
    try {
      recipe.context().blocking().execute(of::close);
    } catch (RejectedExecutionException e) {
      of.close();
    }
    retryLater(cause);
  }

  private void heard(Engine from, Engine.Event event) {
    // Events may arrive before the first list.
    if (!from.equals(engine) && !connecting) {
      return;
    }
    switch (event.kind()) {
      case STARTED -> stopping.remove(event.container());
      case STOPPING -> {
        stopping.put(event.container(), recipe.context().scheduler().nanoTime());
        if (engine != null) {
          tell();
        }
        return; // the end of the container is another event
      }
      case CHANGED -> {}
    }
    if (gathering == null) {
      gathering = schedule(GATHER, this::gathered);
    }
  }

  private void gathered() {
    gathering = null;
    list();
  }

  private void list() {
    Engine asked = engine;
    if (asked == null || listing) {
      again = true; // the list in progress may have been made before the event
      return;
    }
    listing = true;
    recipe
        .context()
        .blocking()
        .execute(
            () -> {
              try {
                List<Container> all = asked.list();
                execute(() -> listed(asked, all));
              } catch (Exception | LinkageError e) {
                execute(() -> lost(asked, asException(e)));
              }
            });
  }

  private void listed(Engine from, List<Container> all) {
    if (!from.equals(engine)) {
      return;
    }
    listing = false;
    retry = FIRST_RETRY;
    containers = all;
    forgetStopped(all);
    tell();
    if (next != null) {
      next.cancel();
    }
    next = schedule(recipe.updateFrequency(), this::list);
    if (again) {
      again = false;
      list();
    }
  }

  private void forgetStopped(List<Container> all) {
    Set<String> running = new HashSet<>();
    all.forEach(container -> running.add(container.id()));
    long now = recipe.context().scheduler().nanoTime();
    stopping
        .entrySet()
        .removeIf(
            each -> !running.contains(each.getKey()) || now - each.getValue() > MAX_STOP.toNanos());
  }

  private void tell() {
    List<String> problems = new ArrayList<>();
    List<Backend> whole = backends(problems);
    boolean better = problems.isEmpty() && !toldProblems.isEmpty();
    if (better || !whole.equals(told)) {
      told = whole;
      listener.found(whole);
    }
    if (!problems.isEmpty() && !problems.equals(toldProblems)) {
      listener.failed(new IllegalArgumentException(String.join("; ", problems)));
    }
    toldProblems = problems;
  }

  private List<Backend> backends(List<String> problems) {
    Map<Endpoint, Backend> backends = new LinkedHashMap<>();
    Map<Endpoint, String> names = new HashMap<>();
    List<Container> sorted = new ArrayList<>(containers);
    sorted.sort(Comparator.comparing(Container::name));
    for (Container container : sorted) {
      Entry entry = entry(container);
      if (entry == null || !isServing(container)) {
        continue;
      }
      try {
        Backend backend = recipe.placement().backend(container, entry, surroundings);
        String before = names.putIfAbsent(backend.endpoint(), container.name());
        if (before != null) {
          throw new IllegalArgumentException(
              "is at " + backend.endpoint() + " as container \"" + before + "\" is");
        }
        backends.put(backend.endpoint(), backend);
      } catch (IllegalArgumentException e) {
        problems.add("container \"" + container.name() + "\": " + e.getMessage());
      }
    }
    return List.copyOf(backends.values());
  }

  private boolean isServing(Container container) {
    return container.status() == Container.Status.SERVING
        && !stopping.containsKey(container.id())
        && !stopping.containsKey(container.networkOf().orElse("")); // which takes the network away
  }

  private @Nullable Entry entry(Container container) {
    for (Entry entry : recipe.entries()) {
      if (entry.matches(container.labels())) {
        return entry;
      }
    }
    return null;
  }

  @Override
  public void refresh() {
    execute(
        () -> {
          if (engine == null) {
            connect();
          } else {
            list();
          }
        });
  }

  private void cancelTasks() {
    if (next != null) {
      next.cancel();
      next = null;
    }
    if (gathering != null) {
      gathering.cancel();
      gathering = null;
    }
  }

  @Override
  public void close() {
    closed = true;
    Engine open = engine;
    if (open != null) {
      open.close();
    }
    recipe.context().scheduler().execute(this::cancelTasks);
  }
}
