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
 * The one way to call a plug-in outside the request path: nothing that it throws gets any further
 * than this, and what it blocks is a thread that nobody else needs. Safe for use by any thread.
 *
 * <p>How it works. A plug-in that is part of this library runs in the caller's thread. Any other
 * runs {@linkplain #isApart apart}: {@link #callAndWait} starts a thread for the call and waits for
 * {@link #PATIENCE}; then the call has failed, and so do the next ones at once, for as long as it
 * does not return. So at most one thread is lost to a plug-in that blocks. Callers that must not
 * wait hand the call to a thread of their own and use {@link #call} there.
 *
 * <p>The thread of a call has the call in its name, for thread dumps and for who asks which plug-in
 * ended the process.
 */
public final class PluginGuard {
  /** How long a call may take before it is given up, or reported where nobody waits for it. */
  public static final Duration PATIENCE = Duration.ofSeconds(5);

  /** What the names of threads begin with that run a plug-in. */
  public static final String THREAD = "upstream4j-plugin ";

  private static final int MOST_TEXT = 300;
  private static final int MOST_FRAMES = 6;
  private static final int MOST_CAUSES = 3;

  private final String name;
  private final @Nullable ClassLoader loader;
  private final boolean apart;
  private final Duration patience;
  // The call that somebody waited for in vain, until it returns.
  private final AtomicReference<@Nullable Call> stuck = new AtomicReference<>();

  private PluginGuard(String name, @Nullable ClassLoader loader, boolean apart, Duration patience) {
    this.name = requireNonNull(name, "name");
    this.loader = loader;
    this.apart = apart;
    this.patience = patience;
  }

  /** For a plug-in that is part of this library, and is trusted to return. */
  static PluginGuard here(String name) {
    return new PluginGuard(name, null, false, PATIENCE);
  }

  /**
   * For any other.
   *
   * @param loader of the plug-in's classes, for what it looks for in the context of its thread
   */
  static PluginGuard apart(String name, @Nullable ClassLoader loader) {
    return apart(name, loader, PATIENCE);
  }

  static PluginGuard apart(String name, @Nullable ClassLoader loader, Duration patience) {
    return new PluginGuard(name, loader, true, patience);
  }

  /** The plug-in in messages: its type in quotes, and its jar. */
  public String name() {
    return name;
  }

  /** Whether its calls have to run on threads that nobody else needs. */
  public boolean isApart() {
    return apart;
  }

  /** A call that runs. */
  private record Call(String method, long startNanos) {}

  /**
   * Calls the plug-in in this thread, which it may hold for as long as it likes.
   *
   * @param method in messages, such as {@code create()}
   * @param body the call; what it returns is not null
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
    } catch (Throwable e) { // whatever it is, it is the plug-in's
      throw new PluginCallException(threw(e, method));
    } finally {
      if (apart) {
        Thread.interrupted(); // it was meant for the plug-in
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
   * As {@link #call}, but on a thread of its own unless the plug-in is part of this library, and
   * not for longer than {@link #PATIENCE}. Blocks.
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
          // In short steps, as there is no waiting for two things at once without leaving one
          // behind in the other.
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
            thread.interrupt(); // one that only sleeps is then over
            throw new PluginCallException(reason);
          }
        } catch (InterruptedException e) {
          interrupted = true; // the caller hears of it when this is done
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
   * What to say of a call that has not returned within {@link #PATIENCE}, and where it is.
   *
   * @param what such as {@code has been in create()}
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
        continue; // between this guard and the plug-in
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

  /** What a plug-in threw, in which call. */
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

  /** What to think of a part of the API that is not there. */
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

  /** An exception of a plug-in in words, with its causes; even one that throws when it is asked. */
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

  /** The message of a plug-in's exception, or its class. */
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
