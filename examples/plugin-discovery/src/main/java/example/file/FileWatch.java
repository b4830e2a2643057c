package example.file;

import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.PluginContext;
import io.upstream4j.api.spi.Scheduler;
import io.upstream4j.api.spi.ServerLine;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the file periodically on the blocking executor. An answer that equals the previous one
 * changes nothing, so every result is reported.
 *
 * <p>Fields are accessed only by tasks of the context's scheduler, which never overlap, except
 * {@code closed}, which any thread may set.
 */
final class FileWatch implements Discovery.Subscription {
  /** Reads the lines of the file. A test replaces it to count the reads. */
  @FunctionalInterface
  interface Source {
    List<String> lines() throws IOException;
  }

  private final Source source;
  private final Duration interval;
  private final PluginContext context;
  private final Discovery.Listener listener;
  private boolean reading;
  private Scheduler.Task timer = () -> {};
  private volatile boolean closed;

  FileWatch(
      Source source, Duration interval, PluginContext context, Discovery.Listener listener) {
    this.source = source;
    this.interval = interval;
    this.context = context;
    this.listener = listener;
  }

  @Override
  public void refresh() {
    if (!closed) {
      context.scheduler().execute(this::beginReading);
    }
  }

  @Override
  public void close() {
    closed = true;
    context.scheduler().execute(() -> timer.cancel());
  }

  private void beginReading() {
    if (closed || reading) {
      return;
    }
    reading = true;
    timer.cancel();
    context.blocking().execute(this::read);
  }

  private void read() {
    if (closed) {
      return;
    }
    try {
      List<Backend> backends = parse(source.lines());
      if (!closed) {
        listener.found(backends);
      }
    } catch (IOException | IllegalArgumentException e) {
      if (!closed) {
        listener.failed(e); // the known backends stay in use
      }
    }
    context.scheduler().execute(this::endReading);
  }

  private void endReading() {
    reading = false;
    if (!closed) {
      timer = context.scheduler().schedule(interval, this::beginReading);
    }
  }

  private List<Backend> parse(List<String> lines) {
    List<Backend> backends = new ArrayList<>();
    for (int number = 1; number <= lines.size(); number++) {
      String text = lines.get(number - 1).strip();
      if (!text.isEmpty() && !text.startsWith("#")) {
        try {
          backends.add(backend(text));
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException("line " + number + ": " + e.getMessage(), e);
        }
      }
    }
    return backends;
  }

  private Backend backend(String text) {
    ServerLine line = ServerLine.parse(text); // host:port weight priority=N zone=NAME
    Attributes attributes = line.attributes().with(Attributes.SERVER, line.server());
    return new Backend(
        Endpoint.parse(line.server(), context.defaultPort()), line.weight().orElse(1), attributes);
  }
}
