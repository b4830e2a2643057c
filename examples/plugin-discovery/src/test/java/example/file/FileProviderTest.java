package example.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.testkit.DiscoveryContract;
import io.upstream4j.testkit.FakePluginContext;
import io.upstream4j.testkit.RecordingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the contract of discoveries with lines in memory, and tests this one with a file. */
class FileProviderTest implements DiscoveryContract {
  private final AtomicInteger asked = new AtomicInteger();
  private volatile boolean broken;
  @TempDir private Path folder;

  @Override
  public DiscoveryProvider plugin() {
    return new FileProvider();
  }

  @Override
  public Discovery discovery(FakePluginContext context) {
    return listener -> {
      FileWatch watch = new FileWatch(this::lines, Duration.ofSeconds(1), context, listener);
      watch.refresh();
      return watch;
    };
  }

  private List<String> lines() throws IOException {
    asked.incrementAndGet();
    if (broken) {
      throw new NoSuchFileException("backends.txt");
    }
    return List.of("10.0.0.1:8080 5", "10.0.0.2:8080");
  }

  @Override
  public void breakSource() {
    broken = true;
  }

  @Override
  public void mendSource() {
    broken = false;
  }

  @Override
  public int timesAsked() {
    return asked.get();
  }

  @Test
  void aChangeOfTheFileIsNoticed() throws IOException {
    Path file = Files.writeString(folder.resolve("backends.txt"), "# ours\n\n10.0.0.1:8080 5\n");
    FakePluginContext context = new FakePluginContext();
    RecordingListener listener = new RecordingListener();

    try (Discovery.Subscription subscription = start(file, context, listener)) {
      context.runReady();
      assertEquals("[10.0.0.1:8080 5]", listener.last().toString());
      Files.writeString(file, "10.0.0.2");
      context.advance(Duration.ofSeconds(1));
      assertEquals("[10.0.0.2:80 1]", listener.last().toString());
    }
  }

  @Test
  void aLineThatIsNoBackendIsNamedAndTheOthersStay() throws IOException {
    Path file = Files.writeString(folder.resolve("backends.txt"), "10.0.0.1:8080\n");
    FakePluginContext context = new FakePluginContext();
    RecordingListener listener = new RecordingListener();

    try (Discovery.Subscription subscription = start(file, context, listener)) {
      context.runReady();
      List<Backend> before = listener.last();
      Files.writeString(file, "10.0.0.1:8080\n10.0.0.2:port\n");
      context.advance(Duration.ofSeconds(1));
      assertEquals(before, listener.last());
      String message = listener.failures().get(0).getMessage();
      assertTrue(message.startsWith("line 2: \"10.0.0.2:port\""), message);
    }
  }

  private Discovery.Subscription start(
      Path file, FakePluginContext context, RecordingListener listener) {
    Options options =
        Options.of(plugin().options(), Node.Mapping.of(Map.of("path", file.toString())));
    return plugin().create(options, context).start(listener);
  }
}
