package io.upstream4j.distribution;

import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.text.MessageFormat;
import java.time.InstantSource;
import java.util.MissingResourceException;
import java.util.ResourceBundle;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.jspecify.annotations.Nullable;

/**
 * Forwards what libraries and plug-ins log through {@link System.Logger} to the command's log, one
 * line each, from level {@code INFO}.
 */
public final class BackgroundLog extends System.LoggerFinder {
  // The JDK creates the finder, and loggers may be requested before the command has started.
  private static volatile Log current =
      new Log(
          new PrintWriter(System.err, true, Charset.defaultCharset()),
          Log.Format.TEXT,
          Journal.isAttached() ? null : InstantSource.system());

  /** Called by the JDK. */
  public BackgroundLog() {}

  /** Sets the destination, also of {@code java.util.logging}. */
  static void to(Log log) {
    current = log;
    LogManager.getLogManager().reset();
    Logger.getLogger("").addHandler(new JulHandler());
  }

  /** Receives Netty's log records. */
  private static final class JulHandler extends Handler {
    JulHandler() {
      setFormatter(new SimpleFormatter());
      setLevel(Level.INFO);
    }

    @Override
    public void publish(LogRecord record) {
      if (isLoggable(record)) {
        Throwable thrown = record.getThrown();
        String message =
            getFormatter().formatMessage(record) + (thrown == null ? "" : " " + described(thrown));
        int level = record.getLevel().intValue();
        if (level >= Level.SEVERE.intValue()) {
          current.error(message);
        } else if (level >= Level.WARNING.intValue()) {
          current.warn(message);
        } else {
          current.info(message);
        }
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @Override
  public System.Logger getLogger(String name, Module module) {
    return new Forwarding(name);
  }

  private record Forwarding(String name) implements System.Logger {
    private static final int MAX_FRAMES = 8;

    @Override
    public String getName() {
      return name;
    }

    @Override
    public boolean isLoggable(System.Logger.Level level) {
      return level.compareTo(System.Logger.Level.INFO) >= 0 && level != System.Logger.Level.OFF;
    }

    @Override
    public void log(
        System.Logger.Level level,
        @Nullable ResourceBundle bundle,
        @Nullable String text,
        @Nullable Throwable e) {
      if (isLoggable(level)) {
        write(level, in(bundle, text) + (e == null ? "" : " " + described(e)));
      }
    }

    @Override
    public void log(
        System.Logger.Level level,
        @Nullable ResourceBundle bundle,
        @Nullable String text,
        Object @Nullable ... values) {
      if (isLoggable(level)) {
        String format = in(bundle, text);
        write(
            level,
            values == null || values.length == 0 ? format : MessageFormat.format(format, values));
      }
    }

    private static void write(System.Logger.Level level, String message) {
      Log log = current;
      switch (level) {
        case ERROR -> log.error(message);
        case WARNING -> log.warn(message);
        default -> log.info(message);
      }
    }

    private static String in(@Nullable ResourceBundle bundle, @Nullable String text) {
      try {
        return bundle == null || text == null ? String.valueOf(text) : bundle.getString(text);
      } catch (MissingResourceException e) {
        return String.valueOf(text);
      }
    }
  }

  /** Describes an exception and where it was thrown on one line. */
  @SuppressWarnings("ReferenceEquality") // compares an exception with its cause
  static String described(Throwable thrown) {
    StringBuilder text = new StringBuilder(thrown.toString());
    StackTraceElement[] frames = thrown.getStackTrace();
    for (int i = 0; i < Math.min(frames.length, Forwarding.MAX_FRAMES); i++) {
      text.append(" at ").append(frames[i]);
    }
    Throwable cause = thrown.getCause();
    return cause == null || cause == thrown ? text.toString() : text + "; caused by " + cause;
  }
}
