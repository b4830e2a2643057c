package io.upstream4j.distribution;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A terminal whose output tests can read and wait for. */
final class Captured {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final Text out = new Text();
  private final Text err = new Text();
  private final Terminal terminal =
      new Terminal(new PrintWriter(out, true), new PrintWriter(err, true));

  Terminal terminal() {
    return terminal;
  }

  /** Runs a command to its end, without orders. */
  int run(String... arguments) {
    return UpstreamCommand.run(terminal, Orders.byHand(), arguments);
  }

  Text out() {
    return out;
  }

  Text err() {
    return err;
  }

  /** Returns the output so far. */
  static final class Text extends Writer {
    private final StringBuilder text = new StringBuilder();

    @Override
    public synchronized void write(char[] chars, int from, int length) {
      text.append(chars, from, length);
      notifyAll();
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}

    @Override
    public synchronized String toString() {
      return text.toString();
    }

    /**
     * Waits until a match is printed. Returns its first group, or the whole match without groups.
     */
    synchronized String await(String pattern) throws InterruptedException {
      Pattern compiled = Pattern.compile(pattern);
      long end = System.nanoTime() + PATIENCE_NANOS;
      while (true) {
        Matcher matcher = compiled.matcher(text);
        if (matcher.find()) {
          return matcher.groupCount() == 0 ? matcher.group() : matcher.group(1);
        }
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (left <= 0) {
          throw new AssertionError("no \"" + pattern + "\" in: " + text);
        }
        wait(left);
      }
    }
  }
}
