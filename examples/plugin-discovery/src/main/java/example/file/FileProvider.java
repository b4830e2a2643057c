package example.file;

import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.api.spi.PluginContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Provides {@code file}: backends listed in a file, one per line. */
public final class FileProvider implements DiscoveryProvider {
  private static final Option<Path> PATH =
      Option.of("path", "the file, a backend in each line", "the path of a file", Path::of);

  private static final Option<Duration> INTERVAL =
      Option.duration(
              "interval", "how often it is read", Duration.ofMillis(100), Duration.ofHours(1))
          .orElse(Duration.ofSeconds(1));

  @Override
  public String type() {
    return "file";
  }

  @Override
  public List<Option<?>> options() {
    return List.of(PATH, INTERVAL);
  }

  @Override
  public Discovery create(Options options, PluginContext context) {
    Path path = options.get(PATH);
    Duration interval = options.get(INTERVAL);
    return listener -> {
      FileWatch watch = new FileWatch(() -> Files.readAllLines(path), interval, context, listener);
      watch.refresh();
      return watch;
    };
  }
}
