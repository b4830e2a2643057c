package io.upstream4j.core;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.Scheduler;
import java.time.Duration;
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
final class DiscoveryFeed {
  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
  private static final Duration LAST_RETRY = Duration.ofMinutes(1);

  private final Discovery discovery;
  private final Scheduler loop;
  private final Consumer<List<Backend>> found;
  private final BiConsumer<List<Backend>, String> foundPartly;
  private final Consumer<String> failed;
  private Discovery.@Nullable Subscription subscription;
  private Scheduler.@Nullable Task restart;
  private Duration delay = FIRST_RETRY;
  private boolean closed;
  // Who runs start() now: an answer that this thread brings takes effect within it.
  private volatile @Nullable Thread starting;

  DiscoveryFeed(
      Discovery discovery,
      Scheduler loop,
      Consumer<List<Backend>> found,
      BiConsumer<List<Backend>, String> foundPartly,
      Consumer<String> failed) {
    this.discovery = discovery;
    this.loop = loop;
    this.found = found;
    this.foundPartly = foundPartly;
    this.failed = failed;
  }

  void start() {
    starting = Thread.currentThread();
    try {
      subscription = discovery.start(new Listener());
      if (subscription == null) {
        restartLater("the discovery returned no subscription");
      }
    } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
      restartLater("the discovery could not be started: " + e);
    } finally {
      starting = null;
    }
  }

  private void restartLater(String reason) {
    failed.accept(reason);
    restart = loop.schedule(delay, this::start);
    Duration twice = delay.multipliedBy(2);
    delay = twice.compareTo(LAST_RETRY) < 0 ? twice : LAST_RETRY;
  }

  void refresh() {
    if (subscription != null) {
      subscription.refresh();
    }
  }

  /** What the discovery says from now on has no effect. */
  void close() {
    closed = true;
    if (restart != null) {
      restart.cancel();
    }
    if (subscription != null) {
      subscription.close();
    }
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
      String mistake = mistake(whole);
      if (mistake != null) {
        onLoop(() -> failed.accept(mistake));
        return;
      }
      List<Backend> backends = List.copyOf(whole);
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
      if (cause == null) {
        return "for no reason";
      }
      String message = cause.getMessage();
      return message == null || message.isBlank() ? cause.getClass().getName() : message;
    }

    private @Nullable String mistake(List<Backend> whole) {
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
