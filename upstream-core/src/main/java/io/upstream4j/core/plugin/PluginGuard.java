package io.upstream4j.core.plugin;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.VisibleText;
import io.upstream4j.api.spi.Plugin;
import java.lang.reflect.InvocationTargetException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The only way to call a plug-in outside the request path. No exception of a plug-in escapes, and a
 * plug-in that blocks only blocks a thread of its own. Thread-safe.
 *
 * <p>How it works: a plug-in that is part of this library runs in the caller's thread. Any other
 * one runs {@linkplain #isApart apart}: {@link #callAndWait} starts a thread for the call and waits
 * for {@link #PATIENCE}. After that the call has failed, and further calls fail at once until it
 * returns, so a plug-in that blocks holds one thread at most. Callers that must not wait run {@link
 * #call} on a thread of their own.
 *
 * <p>The thread's name contains the call, so that thread dumps show it.
 */
public final class PluginGuard {
  /** How long a call may take before it is abandoned, or reported if nobody waits for it. */
  public static final Duration PATIENCE = Duration.ofSeconds(5);

  /** The prefix of the names of threads that run a plug-in. */
  public static final String THREAD = "upstream4j-plugin ";

  private static final int MOST_TEXT = 300;
  private static final int MOST_FRAMES = 6;
  private static final int MOST_CAUSES = 3;

  private final String name;
  private final @Nullable ClassLoader loader;
  private final boolean apart;
  private final Duration patience;
  // The abandoned call, until it returns.
  private final AtomicReference<@Nullable Call> stuck = new AtomicReference<>();

  private PluginGuard(String name, @Nullable ClassLoader loader, boolean apart, Duration patience) {
    this.name = requireNonNull(name, "name");
    this.loader = loader;
    this.apart = apart;
    this.patience = patience;
  }

  /** Creates a guard for a plug-in of this library, which is trusted to return. */
  static PluginGuard here(String name) {
    return new PluginGuard(name, null, false, PATIENCE);
  }

  /**
   * Creates a guard for any other plug-in.
   *
   * @param loader the loader of the plug-in's classes, which becomes the context class loader of
   *     calls
   */
  static PluginGuard apart(String name, @Nullable ClassLoader loader) {
    return apart(name, loader, PATIENCE);
  }

  static PluginGuard apart(String name, @Nullable ClassLoader loader, Duration patience) {
    return new PluginGuard(name, loader, true, patience);
  }

  /** Returns the plug-in's name for messages: its type in quotes, and its jar. */
  public String name() {
    return name;
  }

  /** Returns whether calls must run on separate threads. */
  public boolean isApart() {
    return apart;
  }

  /** A call in progress. */
  private record Call(String method, long startNanos) {}

  /**
   * Calls the plug-in in this thread, which it may block for any time.
   *
   * @param method the call in messages, such as {@code create()}
   * @param body the call; does not return null
   */
  public <T> T call(String method, Callable<? extends T> body) throws PluginCallException {
    Thread thread = Thread.currentThread();
    String threadName = thread.getName();
    ClassLoader context = thread.getContextClassLoader();
    if (apart) {
      thread.setName(THREAD + name + " in " + method);
      thread.setContextClassLoader(loader);
    }
    T result;
    try {
      result = body.call();
    } catch (Throwable e) { // nothing that a plug-in throws may escape
      throw new PluginCallException(threw(e, method));
    } finally {
      if (apart) {
        Thread.interrupted(); // the interrupt was meant for the plug-in
        thread.setName(threadName);
        thread.setContextClassLoader(context);
      }
    }
    if (result == null) {
      throw new PluginCallException("returned null from " + method);
    }
    return result;
  }

  /**
   * Calls the plug-in like {@link #call}, but on a separate thread unless it is part of this
   * library, and for at most {@link #PATIENCE}. Blocks.
   *
   * @param cut ends the wait when it is done
   */
  public <T> T callAndWait(String method, Callable<? extends T> body, Future<?> cut)
      throws PluginCallException {
    if (!apart) {
      return call(method, body);
    }
    Call before = stuck.get();
    if (before != null) {
      long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - before.startNanos());
      throw new PluginCallException("has been in " + before.method() + " for " + seconds + " s");
    }
    Call call = new Call(method, System.nanoTime());
    CompletableFuture<T> done = new CompletableFuture<>();
    Thread thread = new Thread(() -> run(call, body, done), THREAD + name);
    thread.setDaemon(true);
    thread.start();
    return await(call, done, thread, cut);
  }

  private <T> void run(Call call, Callable<? extends T> body, CompletableFuture<T> done) {
    try {
      done.complete(call(call.method(), body));
    } catch (PluginCallException e) {
      done.completeExceptionally(e);
    } finally {
      stuck.compareAndSet(call, null);
    }
  }

  private <T> T await(Call call, CompletableFuture<T> done, Thread thread, Future<?> cut)
      throws PluginCallException {
    long end = call.startNanos() + patience.toNanos();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          // Poll, because waiting for two futures at once would leave a callback in one of them.
          long step = Math.min(TimeUnit.MILLISECONDS.toNanos(50), end - System.nanoTime());
          return done.get(Math.max(0, step), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
          if (cut.isDone() || System.nanoTime() - end >= 0) {
            stuck.compareAndSet(null, call);
            if (done.isDone()) {
              stuck.compareAndSet(call, null);
            }
            String reason =
                cut.isDone()
                    ? "was in " + call.method() + " when this was closed"
                    : overdue("has been in " + call.method(), thread);
            thread.interrupt(); // ends a plug-in that only sleeps
            throw new PluginCallException(reason);
          }
        } catch (InterruptedException e) {
          interrupted = true; // restored below
        }
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof PluginCallException failure) {
        throw failure;
      }
      throw new IllegalStateException(e); // call() throws nothing else
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * Describes a call that has not returned within {@link #PATIENCE}, with its stack frames.
   *
   * @param what the call, such as {@code has been in create()}
   */
  public static String overdue(String what, Thread thread) {
    return what + " for " + PATIENCE.toSeconds() + " s" + at(thread);
  }

  private static String at(Thread thread) {
    List<String> frames = new ArrayList<>();
    for (StackTraceElement frame : thread.getStackTrace()) {
      if (frame.getClassName().equals(PluginGuard.class.getName())
          || frames.size() == MOST_FRAMES) {
        break;
      }
      if (frame.getClassName().startsWith("io.upstream4j.core.")
          || frame.getClassName().contains(".reflect.")
          || frame.getClassName().contains("$$Lambda")) {
        continue; // a frame of this guard
      }
      frames.add(
          frame.getClassName()
              + "."
              + frame.getMethodName()
              + (frame.getLineNumber() < 0
                  ? ""
                  : "(" + frame.getFileName() + ":" + frame.getLineNumber() + ")"));
    }
    return frames.isEmpty() ? "" : ", at " + String.join(" < ", frames);
  }

  /** Describes what a plug-in threw, and in which call. */
  public static String threw(Throwable thrown, String method) {
    Throwable cause = thrown;
    String where = method;
    if ((cause instanceof InvocationTargetException || cause instanceof ServiceConfigurationError)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    boolean isStatic = isInInitialiser(cause);
    if (cause instanceof ExceptionInInitializerError && cause.getCause() != null) {
      cause = cause.getCause();
      isStatic = true;
    }
    if (isStatic) {
      where = "a static initialiser, called by " + method;
    }
    return "threw " + describe(cause) + " in " + where + otherVersion(cause);
  }

  private static boolean isInInitialiser(Throwable thrown) {
    try {
      for (StackTraceElement frame : thrown.getStackTrace()) {
        if (frame.getMethodName().equals("<clinit>")) {
          return true;
        }
      }
    } catch (Throwable e) {
      return false;
    }
    return false;
  }

  /** Suggests another API version when a part of the API is missing. */
  private static String otherVersion(Throwable thrown) {
    String api = Plugin.class.getPackageName().replace(".spi", "");
    Throwable cause = thrown;
    for (int depth = 0; cause != null && depth <= MOST_CAUSES; depth++) {
      if (cause instanceof LinkageError && words(cause).replace('/', '.').contains(api + ".")) {
        return "; it was built for another version of upstream-api (this one is "
            + Origin.version(Plugin.class).orElse("unknown")
            + ")";
      }
      cause = causeOf(cause);
    }
    return "";
  }

  /**
   * Describes an exception of a plug-in with its causes, even if the exception's own methods throw.
   */
  public static String describe(Throwable thrown) {
    StringBuilder text = new StringBuilder(words(thrown));
    Throwable cause = causeOf(thrown);
    for (int depth = 0; cause != null && depth < MOST_CAUSES; depth++) {
      String words = words(cause);
      if (text.indexOf(words) < 0) {
        text.append(", caused by ").append(words);
      }
      cause = causeOf(cause);
    }
    return text.toString();
  }

  /** Returns the message of a plug-in's exception, or its class without one. */
  public static String message(Throwable thrown) {
    try {
      String message = thrown.getMessage();
      if (message != null && !message.isBlank()) {
        return VisibleText.shortened(message, MOST_TEXT);
      }
    } catch (Throwable e) {
      return thrown.getClass().getName();
    }
    return thrown.getClass().getName();
  }

  private static String words(Throwable thrown) {
    try {
      String text = thrown.toString();
      if (text != null) {
        return VisibleText.shortened(text, MOST_TEXT);
      }
    } catch (Throwable e) {
      return thrown.getClass().getName();
    }
    return thrown.getClass().getName();
  }

  private static @Nullable Throwable causeOf(Throwable thrown) {
    try {
      return thrown.getCause();
    } catch (Throwable e) {
      return null;
    }
  }
}
