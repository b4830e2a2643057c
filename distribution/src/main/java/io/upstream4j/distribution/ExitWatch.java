package io.upstream4j.distribution;

import io.upstream4j.core.plugin.PluginGuard;
import java.io.PrintWriter;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reports who ended the process if it was not this program, because a plug-in that calls {@code
 * System.exit} would end it silently. Runs as a shutdown hook, while the caller is still in that
 * call.
 */
final class ExitWatch implements Runnable {
  private final PrintWriter err;

  ExitWatch(PrintWriter err) {
    this.err = err;
  }

  @Override
  public void run() {
    for (Map.Entry<Thread, StackTraceElement[]> each : Thread.getAllStackTraces().entrySet()) {
      StackTraceElement caller = callerOfExit(each.getValue());
      if (caller != null && !caller.getClassName().startsWith("io.upstream4j.")) {
        err.println(
            Terminal.printable(
                who(each.getKey().getName()) + " ended the process by System.exit, at " + caller));
      }
    }
  }

  private static String who(String thread) {
    return thread.startsWith(PluginGuard.THREAD)
        ? "plug-in " + thread.substring(PluginGuard.THREAD.length())
        : "code on the thread " + thread;
  }

  private static @Nullable StackTraceElement callerOfExit(StackTraceElement[] stack) {
    boolean exits = false;
    for (StackTraceElement frame : stack) {
      boolean isExit =
          frame.getMethodName().equals("exit")
              && (frame.getClassName().equals(Runtime.class.getName())
                  || frame.getClassName().equals(System.class.getName()));
      if (exits && !isExit) {
        return frame;
      }
      exits |= isExit;
    }
    return null;
  }
}
