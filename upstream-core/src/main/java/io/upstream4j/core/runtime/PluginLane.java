package io.upstream4j.core.runtime;

import io.upstream4j.api.spi.Scheduler;
import io.upstream4j.core.event.UpstreamEvent.PluginFailed;
import io.upstream4j.core.plugin.PluginCallException;
import io.upstream4j.core.plugin.PluginGuard;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The calls of what a plug-in made for one upstream, one after another: where they run, they can
 * hold up nothing but each other. Safe for use by any thread; results come on the control loop.
 *
 * <p>A plug-in that is part of this library runs in the thread of the caller, which is the control
 * loop's, and its results are there when the call returns. Any other runs on a thread that it may
 * hold: its results come later, and when a call has not returned after {@link PluginGuard#PATIENCE}
 * that is announced, once, with its stack.
 */
public final class PluginLane {
  /** Calls that wait for their turn; more of them fail. Each is a few hundred bytes. */
  private static final int MOST_WAITING = 10_000;

  private final PluginGuard guard;
  private final String upstream;
  private final SharedServices shared;
  // All of these change under the lock of this lane, which is never held while the plug-in runs.
  private final Queue<Call> waiting = new ArrayDeque<>();
  private @Nullable Call current;
  private @Nullable Thread thread;
  private boolean watched;
  private boolean stuck;

  public PluginLane(PluginGuard guard, String upstream, SharedServices shared) {
    this.guard = guard;
    this.upstream = upstream;
    this.shared = shared;
  }

  /** One call, when it began, and what to do when it cannot be made. */
  private static final class Call {
    private final String method;
    private final Runnable body;
    private long startNanos;

    Call(String method, Runnable body) {
      this.method = method;
      this.body = body;
    }
  }

  public PluginGuard guard() {
    return guard;
  }

  /** The plug-in and what it did, in words. */
  public String words(String reason) {
    return "plug-in " + guard.name() + " " + reason;
  }

  /** Announces what the plug-in did. */
  public void announce(String reason) {
    shared.events().publish(new PluginFailed(guard.name(), reason));
  }

  /** A call in messages. */
  public String inUpstream(String method) {
    return method + " for upstream \"" + upstream + "\"";
  }

  /**
   * Calls the plug-in.
   *
   * @param method in messages, such as {@code start()}
   * @param body the call; what it returns is not null
   * @param done takes the result
   * @param failed takes what the plug-in did instead, in words that follow its name
   */
  public <T> void call(
      String method,
      Callable<? extends T> body,
      Consumer<? super T> done,
      Consumer<? super String> failed) {
    String name = inUpstream(method);
    if (!guard.isApart()) {
      T result;
      try {
        result = guard.call(name, body);
      } catch (PluginCallException e) {
        failed.accept(e.reason());
        return;
      }
      done.accept(result);
      return;
    }
    boolean taken =
        add(
            new Call(
                name,
                () -> {
                  try {
                    T result = guard.call(name, body);
                    shared.loop().execute(() -> done.accept(result));
                  } catch (PluginCallException e) {
                    shared.loop().execute(() -> failed.accept(e.reason()));
                  }
                }));
    if (!taken) {
      failed.accept(stuck().orElse("has too many calls to make before " + name));
    }
  }

  /** Calls the plug-in for an effect; what goes wrong is announced. */
  public void run(String method, PluginAction body) {
    call(
        method,
        () -> {
          body.run();
          return Boolean.TRUE;
        },
        nothing -> {},
        this::announce);
  }

  /** An effect of a plug-in. */
  public interface PluginAction {
    void run() throws Exception;
  }

  /** Runs a task that the plug-in gave, in its turn among the calls. */
  private void task(Runnable task) {
    run("a task of its scheduler", task::run);
  }

  /** Since when the plug-in has not returned, in words that follow its name. */
  public synchronized Optional<String> stuck() {
    Call call = current;
    return stuck && call != null
        ? Optional.of(
            "has been in "
                + call.method
                + " for "
                + TimeUnit.NANOSECONDS.toSeconds(shared.loop().nanoTime() - call.startNanos)
                + " s")
        : Optional.empty();
  }

  private boolean add(Call call) {
    synchronized (this) {
      if (waiting.size() >= MOST_WAITING) {
        return false;
      }
      waiting.add(call);
      if (current != null) {
        return true;
      }
      current = waiting.remove();
      current.startNanos = shared.loop().nanoTime();
      if (!watched) {
        watched = true;
        watch(PluginGuard.PATIENCE);
      }
    }
    shared.pluginThreads().execute(this::work);
    return true;
  }

  private void work() {
    for (Call call = begin(); call != null; call = next()) {
      call.body.run();
    }
  }

  private synchronized @Nullable Call begin() {
    thread = Thread.currentThread();
    if (current != null) {
      current.startNanos = shared.loop().nanoTime(); // it may have waited for a thread
    }
    return current;
  }

  private synchronized @Nullable Call next() {
    if (stuck) {
      stuck = false;
      shared.pluginThreads().returned();
    }
    current = waiting.poll();
    if (current == null) {
      thread = null;
    } else {
      current.startNanos = shared.loop().nanoTime();
    }
    return current;
  }

  private void watch(Duration delay) {
    shared.loop().schedule(delay, this::look);
  }

  /** Control loop only. */
  private void look() {
    String overdue = null;
    synchronized (this) {
      Call call = current;
      if (call == null) {
        watched = false;
        return;
      }
      Thread holder = thread;
      long left = PluginGuard.PATIENCE.toNanos() - (shared.loop().nanoTime() - call.startNanos);
      if (left <= 0 && holder != null && !stuck) {
        stuck = true;
        overdue = PluginGuard.overdue("has been in " + call.method, holder);
        shared.pluginThreads().lost();
      }
      watch(left > 0 ? Duration.ofNanos(left) : PluginGuard.PATIENCE);
    }
    if (overdue != null) {
      announce(overdue);
    }
  }

  /** The control loop for what the plug-in does to state; its tasks run here. */
  public Scheduler scheduler() {
    return guard.isApart() ? new LaneScheduler() : shared.loop();
  }

  /** For calls of the plug-in that block. */
  public Executor blocking() {
    return guard.isApart() ? new Blocking() : shared.blocking();
  }

  /** Completes nothing on threads that others need. */
  public Executor completions() {
    return this::task;
  }

  private final class LaneScheduler implements Scheduler {
    @Override
    public long nanoTime() {
      return shared.loop().nanoTime();
    }

    @Override
    public void execute(Runnable task) {
      PluginLane.this.task(task);
    }

    @Override
    public Task schedule(Duration delay, Runnable task) {
      return shared.loop().schedule(delay, () -> PluginLane.this.task(task));
    }
  }

  /** A few threads at a time, so that the plug-in takes no other's. */
  private final class Blocking implements Executor {
    private static final int THREADS = 4;

    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private int running;

    @Override
    public void execute(Runnable task) {
      synchronized (this) {
        if (running == THREADS) {
          if (tasks.size() < MOST_WAITING) {
            tasks.add(task);
          }
          return;
        }
        running++;
      }
      shared.pluginThreads().execute(() -> work(task));
    }

    private void work(Runnable first) {
      String method = inUpstream("a task that blocks");
      for (Runnable task = first; task != null; task = next()) {
        Runnable body = task;
        try {
          guard.call(
              method,
              () -> {
                body.run();
                return Boolean.TRUE;
              });
        } catch (PluginCallException e) {
          announce(e.reason());
        }
      }
    }

    private synchronized @Nullable Runnable next() {
      Runnable task = tasks.poll();
      if (task == null) {
        running--;
      }
      return task;
    }
  }
}
