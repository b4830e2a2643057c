package io.upstream4j.distribution;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** {@code upstream reload} and {@code upstream stop}: control a running gateway. */
final class ProcessControl {
  private static final Duration STEP = Duration.ofMillis(20);

  private final Terminal terminal;
  private final Path pidFile;
  private final Duration limit;

  ProcessControl(Terminal terminal, Path pidFile, Duration limit) {
    this.terminal = terminal;
    this.pidFile = pidFile;
    this.limit = limit;
  }

  /**
   * Requests a reload and waits for its outcome. Returns the exit status: 1 when it was refused.
   */
  int reload() throws InterruptedException {
    Optional<Long> pid = PidFile.running(pidFile);
    if (pid.isEmpty()) {
      return nothingRuns();
    }
    PidFile.Outcome before = PidFile.outcome(pidFile);
    long last = before == null ? 0 : before.number();
    if (!signal("HUP", pid.get())) {
      return ExitStatus.FAILED;
    }
    long end = System.nanoTime() + limit.toNanos();
    while (System.nanoTime() - end < 0) {
      PidFile.Outcome now = PidFile.outcome(pidFile);
      if (now != null && now.number() > last) {
        (now.isDone() ? terminal.out() : terminal.err())
            .println(now.isDone() ? "reloaded" : "refused: " + now.text());
        return now.isDone() ? ExitStatus.OK : ExitStatus.FAILED;
      }
      if (PidFile.running(pidFile).isEmpty()) {
        terminal.err().println("process " + pid.get() + " has ended");
        return ExitStatus.FAILED;
      }
      Thread.sleep(STEP.toMillis());
    }
    terminal.err().println("no answer within " + limit.toSeconds() + "s");
    return ExitStatus.FAILED;
  }

  /** Requests a stop and waits for it. Returns the exit status: 1 when the process still runs. */
  int stop() throws InterruptedException {
    Optional<Long> pid = PidFile.running(pidFile);
    if (pid.isEmpty()) {
      return nothingRuns();
    }
    Optional<ProcessHandle> process = ProcessHandle.of(pid.get());
    if (process.isEmpty()) {
      return nothingRuns();
    }
    if (!signal("TERM", pid.get())) {
      return ExitStatus.FAILED;
    }
    try {
      process.get().onExit().get(limit.toNanos(), TimeUnit.NANOSECONDS);
      terminal.out().println("stopped");
      return ExitStatus.OK;
    } catch (TimeoutException | ExecutionException e) {
      terminal
          .err()
          .println("process " + pid.get() + " still runs after " + limit.toSeconds() + "s");
      return ExitStatus.FAILED;
    }
  }

  private int nothingRuns() {
    terminal
        .err()
        .println(
            "--pid-file "
                + pidFile
                + ": no process that runs (expected: the file that upstream serve --pid-file"
                + " wrote)");
    return ExitStatus.FAILED;
  }

  /** Sends a signal with the shell's command, because Java can signal only child processes. */
  private boolean signal(String name, long pid) throws InterruptedException {
    try {
      Process kill =
          new ProcessBuilder("/bin/sh", "-c", "kill -" + name + " " + pid)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (kill.waitFor() == 0) {
        return true;
      }
    } catch (IOException e) {
      // Reported below.
    }
    terminal.err().println("process " + pid + ": no permission to send it a signal");
    return false;
  }
}
