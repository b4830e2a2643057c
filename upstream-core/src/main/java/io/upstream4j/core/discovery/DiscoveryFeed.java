package io.upstream4j.core.discovery;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.Scheduler;
import io.upstream4j.core.plugin.PluginGuard;
import io.upstream4j.core.runtime.PluginLane;
import io.upstream4j.core.runtime.PluginProduct;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a discovery at work, and brings what it says to the control loop. Its own methods are the
 * control loop's; the discovery may answer from any thread.
 *
 * <p>A discovery that cannot be started counts as failed, and is started again after a second, then
 * after twice that, up to a minute, for as long as it takes.
 */
public final class DiscoveryFeed {
  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
  private static final Duration LAST_RETRY = Duration.ofMinutes(1);

  private final Discovery discovery;
  private final PluginLane lane;
  private final Scheduler loop;
  private final Consumer<List<Backend>> found;
  private final BiConsumer<List<Backend>, String> foundPartly;
  private final Consumer<String> failed;
  private final Runnable onProgress;
  private Discovery.@Nullable Subscription subscription;
  private Scheduler.@Nullable Task restart;
  private Duration delay = FIRST_RETRY;
  private boolean closed;
  private volatile boolean settled;
  // Who runs start() now: an answer that this thread brings takes effect within it.
  private volatile @Nullable Thread starting;

  /**
   * @param onProgress called when {@link #isSettled} may have changed
   */
  public DiscoveryFeed(
      PluginProduct<Discovery> discovery,
      Scheduler loop,
      Consumer<List<Backend>> found,
      BiConsumer<List<Backend>, String> foundPartly,
      Consumer<String> failed,
      Runnable onProgress) {
    this.discovery = discovery.made();
    this.lane = discovery.lane();
    this.loop = loop;
    this.found = found;
    this.foundPartly = foundPartly;
    this.failed = failed;
    this.onProgress = onProgress;
  }

  public void start() {
    if (closed) {
      return;
    }
    starting = lane.guard().isApart() ? null : Thread.currentThread();
    try {
      lane.call(
          "start()",
          () -> discovery.start(new Listener()),
          this::started,
          reason -> restartLater(lane.words(reason)));
    } finally {
      starting = null;
    }
  }

  private void started(Discovery.Subscription made) {
    settle();
    subscription = made;
    if (closed) {
      end(made);
    }
  }

  private void settle() {
    settled = true;
    onProgress.run();
  }

  /** Whether a call to start has ended, well or not. Read by any thread. */
  public boolean isSettled() {
    return settled;
  }

  private void restartLater(String reason) {
    settle();
    if (closed) {
      return;
    }
    failed.accept(reason);
    restart = loop.schedule(delay, this::start);
    Duration twice = delay.multipliedBy(2);
    delay = twice.compareTo(LAST_RETRY) < 0 ? twice : LAST_RETRY;
  }

  public void refresh() {
    Discovery.Subscription current = subscription;
    if (current != null) {
      lane.run("refresh()", current::refresh);
    }
  }

  /** What the discovery says from now on has no effect. */
  public void close() {
    closed = true;
    if (restart != null) {
      restart.cancel();
    }
    if (subscription != null) {
      end(subscription);
    }
  }

  private void end(Discovery.Subscription ended) {
    lane.run("close()", ended::close);
  }

  private void onLoop(Runnable step) {
    if (Thread.currentThread().equals(starting)) {
      step.run();
    } else {
      loop.execute(
          () -> {
            if (!closed) {
              step.run();
            }
          });
    }
  }

  private final class Listener implements Discovery.Listener {
    @Override
    public void found(List<Backend> whole) {
      // A list of the plug-in's own is read here, once, in the plug-in's thread.
      List<Backend> backends = whole == null ? null : new ArrayList<>(whole);
      String mistake = mistake(backends);
      if (backends == null || mistake != null) {
        onLoop(() -> failed.accept(String.valueOf(mistake)));
        return;
      }
      onLoop(() -> found.accept(backends));
    }

    @Override
    public void foundPartly(List<Backend> whole, Exception cause) {
      String mistake = mistake(whole);
      if (mistake != null) {
        onLoop(() -> failed.accept(mistake));
        return;
      }
      List<Backend> backends = List.copyOf(whole);
      String reason = reason(cause);
      onLoop(() -> foundPartly.accept(backends, reason));
    }

    @Override
    public void failed(Exception cause) {
      String reason = reason(cause);
      onLoop(() -> failed.accept(reason));
    }

    private String reason(@Nullable Exception cause) {
      return cause == null ? "for no reason" : PluginGuard.message(cause);
    }

    private @Nullable String mistake(@Nullable List<Backend> whole) {
      if (whole == null) {
        return "the discovery answered null (expected: a list)";
      }
      Set<Endpoint> endpoints = new HashSet<>();
      for (Backend backend : whole) {
        if (backend == null) {
          return "the discovery answered with a null backend";
        }
        if (!endpoints.add(backend.endpoint())) {
          return "the discovery answered "
              + backend.endpoint()
              + " twice (expected: each backend once)";
        }
      }
      return null;
    }
  }
}
