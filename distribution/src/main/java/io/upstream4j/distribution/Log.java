package io.upstream4j.distribution;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.ConfigException;
import io.upstream4j.api.option.Problem;
import io.upstream4j.core.event.UpstreamEvent;
import io.upstream4j.core.event.UpstreamEvent.ConfigRefused;
import io.upstream4j.core.event.UpstreamEvent.OfBackend;
import io.upstream4j.core.event.UpstreamEvent.OfUpstream;
import io.upstream4j.distribution.text.AsciiJson;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The log of {@code serve}: one line per event with its level, upstream, backend and message.
 * Thread-safe.
 */
final class Log {
  /** The format of lines. */
  enum Format {
    /** {@code LEVEL upstream=… backend=… message}, for people. */
    TEXT,
    /** A JSON object, for log collectors. */
    JSON
  }

  /** The severity of a line. */
  enum Level {
    /** Normal operation. */
    INFO,
    /** Something that needs attention. */
    WARN,
    /** Something that was refused or failed. */
    ERROR
  }

  private final PrintWriter out;
  private final Format format;
  private final @Nullable InstantSource clock;

  /**
   * Creates a log.
   *
   * @param clock the clock of timestamps; null to leave them to the reader of the log, except in
   *     JSON, which always has them
   */
  Log(PrintWriter out, Format format, @Nullable InstantSource clock) {
    this.out = requireNonNull(out, "out");
    this.format = requireNonNull(format, "format");
    this.clock = clock == null && format == Format.JSON ? InstantSource.system() : clock;
  }

  /** Returns a copy that writes elsewhere. */
  Log to(PrintWriter other) {
    return new Log(other, format, clock);
  }

  void info(String message) {
    line(Level.INFO, null, null, null, message);
  }

  void warn(String message) {
    line(Level.WARN, null, null, null, message);
  }

  void error(String message) {
    line(Level.ERROR, null, null, null, message);
  }

  /** Writes an event; for a refused configuration, one line per problem. */
  void event(UpstreamEvent event) {
    if (event instanceof ConfigRefused refused) {
      List<String> lines = refused.problems().lines().toList();
      boolean counted = lines.size() > 1 && lines.get(lines.size() - 1).endsWith(" problems");
      refused(event.kind(), counted ? lines.subList(0, lines.size() - 1) : lines);
      return;
    }
    line(
        EventText.level(event),
        event.kind(),
        event instanceof OfUpstream it ? it.upstream() : null,
        event instanceof OfBackend it ? it.endpoint().toString() : null,
        EventText.message(event));
  }

  /** Writes that a configuration was refused at the start, one line per problem. */
  void refused(ConfigException failure) {
    List<Problem> problems = failure.problems();
    for (int i = 0; i < problems.size(); i++) {
      error("configuration refused" + number(i, problems.size()) + ": " + problems.get(i));
    }
  }

  private void refused(String kind, List<String> problems) {
    for (int i = 0; i < problems.size(); i++) {
      line(
          Level.ERROR,
          kind,
          null,
          null,
          "configuration refused, the running one stays"
              + number(i, problems.size())
              + ": "
              + problems.get(i).strip());
    }
  }

  private static String number(int index, int size) {
    return size == 1 ? "" : " (" + (index + 1) + " of " + size + ")";
  }

  private void line(
      Level level,
      @Nullable String kind,
      @Nullable String upstream,
      @Nullable String backend,
      String message) {
    String time = clock == null ? null : clock.instant().truncatedTo(ChronoUnit.MILLIS).toString();
    String shown = Terminal.printable(message);
    StringBuilder line = new StringBuilder(shown.length() + 100);
    if (format == Format.JSON) {
      line.append('{');
      field(line, "time", time);
      field(line, "level", level.name());
      field(line, "event", kind);
      field(line, "upstream", upstream);
      field(line, "backend", backend);
      field(line, "message", shown);
      line.append('}');
    } else {
      line.append(time == null ? "" : time + " ").append(level);
      line.append(upstream == null ? "" : " upstream=" + upstream);
      line.append(backend == null ? "" : " backend=" + backend);
      line.append(' ').append(shown);
    }
    out.println(line);
  }

  private static void field(StringBuilder json, String name, @Nullable String value) {
    if (value != null) {
      json.append(json.length() == 1 ? "\"" : ",\"").append(name).append("\":\"");
      AsciiJson.append(json, value);
      json.append('"');
    }
  }
}
