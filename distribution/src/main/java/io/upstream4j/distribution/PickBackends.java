package io.upstream4j.distribution;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.upstream4j.api.option.ConfigException;
import io.upstream4j.api.option.Suggestion;
import io.upstream4j.api.spi.Explanation;
import io.upstream4j.core.NoBackendException;
import io.upstream4j.core.Upstream;
import io.upstream4j.core.Upstreams;
import io.upstream4j.core.config.Config;
import io.upstream4j.core.config.UpstreamConfig;
import io.upstream4j.core.event.UpstreamEvent.DiscoveryFailed;
import io.upstream4j.core.plugin.PluginException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** {@code upstream pick}: prints where requests would go. */
final class PickBackends {
  /** What is printed for each pick. */
  enum Output {
    BACKENDS,
    EXPLAINED
  }

  private static final String STANDARD_INPUT = "-";
  private static final String FIELD = "\t"; // which no fact may contain
  private static final int CANDIDATES = 4; // the picked one and those after it

  private final Terminal terminal;
  private final Path config;
  private final List<Path> plugins;
  private final Output output;
  private final InputStream standardInput;

  PickBackends(Terminal terminal, Path config, List<Path> plugins, Output output) {
    this(terminal, config, plugins, output, System.in);
  }

  PickBackends(
      Terminal terminal,
      Path config,
      List<Path> plugins,
      Output output,
      InputStream standardInput) {
    this.terminal = terminal;
    this.config = config;
    this.plugins = plugins;
    this.output = output;
    this.standardInput = standardInput;
  }

  /** Answers each line of requests with a line. Returns the exit status. */
  int run(String name, String requests, Duration limit) throws InterruptedException {
    try (BufferedReader lines = open(requests)) {
      return run(name, requests, lines, limit);
    } catch (NoSuchFileException e) {
      return wrong(requests + ": no such file");
    } catch (IOException e) {
      return wrong(requests + ": " + e.getMessage());
    }
  }

  private int run(String name, String requests, BufferedReader lines, Duration limit)
      throws IOException, InterruptedException {
    Upstreams.Builder builder =
        Upstreams.builder()
            .threads(1)
            .adjust(all -> only(name, all))
            .listener(
                event -> {
                  if (event instanceof DiscoveryFailed) {
                    terminal.err().println(EventText.of(event)); // it may still answer in time
                  }
                });
    plugins.forEach(builder::plugins);
    try (Upstreams upstreams = builder.load(config)) {
      if (!upstreams.awaitReady(limit)) {
        terminal.err().println(notReady(upstreams.get(name), limit));
        return ExitStatus.FAILED;
      }
      return pick(upstreams.get(name), requests, lines);
    } catch (ConfigException | PluginException | NoSuchElementException e) {
      return wrong(e.getMessage());
    }
  }

  /**
   * Returns a configuration with only this upstream and without health checks, so that no other
   * discovery starts and no backend is probed.
   */
  private static Config only(String name, Config all) {
    UpstreamConfig wanted = all.upstreams().get(name);
    if (wanted == null) {
      throw new NoSuchElementException(
          "--upstream "
              + name
              + ": no such upstream"
              + Suggestion.instead(name, all.upstreams().keySet()));
    }
    return new Config(Map.of(name, wanted.withHealth(Optional.empty())), List.of());
  }

  private static String notReady(Upstream upstream, Duration limit) {
    return upstream.name()
        + ": "
        + upstream
            .stats()
            .discoveryError()
            .map(reason -> "the discovery failed: " + Terminal.printable(reason))
            .orElse("the discovery did not answer")
        + " (waited "
        + limit.toMillis()
        + " ms)";
  }

  private BufferedReader open(String requests) throws IOException {
    // A decoder instance rejects invalid UTF-8, which a charset would replace.
    InputStream bytes =
        requests.equals(STANDARD_INPUT) ? standardInput : Files.newInputStream(Path.of(requests));
    return new BufferedReader(new InputStreamReader(bytes, UTF_8.newDecoder()));
  }

  private int pick(Upstream upstream, String requests, BufferedReader lines) throws IOException {
    String source = requests.equals(STANDARD_INPUT) ? "standard input" : requests;
    int status = ExitStatus.OK;
    int number = 1;
    try {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        RequestLine request;
        try {
          request = RequestLine.parse(line);
        } catch (IllegalArgumentException e) {
          return wrong(
              source + ":" + number + ": " + Terminal.printable(String.valueOf(e.getMessage())));
        }
        if (!answer(upstream, request)) {
          status = ExitStatus.FAILED;
        }
        number++;
      }
      return status;
    } catch (CharacterCodingException e) {
      return wrong(source + ":" + number + ": not UTF-8, here or in the lines after");
    }
  }

  private boolean answer(Upstream upstream, RequestLine request) {
    // Explain before the pick, because it affects the next one.
    String reasons = output == Output.EXPLAINED ? explain(upstream, request) : "";
    String answer;
    boolean found = false;
    try {
      answer = upstream.newHttpPeer(request).backend().endpoint().toString();
      found = true;
    } catch (NoBackendException e) {
      answer = "none: " + Terminal.printable(e.reason());
    }
    terminal.out().println(answer + reasons);
    return found;
  }

  private static String explain(Upstream upstream, RequestLine request) {
    Optional<Explanation> known = upstream.explain(request, CANDIDATES);
    if (known.isEmpty()) {
      return FIELD + "the strategy does not tell what decides";
    }
    Explanation explanation = known.get();
    StringBuilder text = new StringBuilder();
    explanation
        .facts()
        .forEach((name, fact) -> text.append(FIELD).append(Terminal.printable(name + "=" + fact)));
    if (!explanation.candidates().isEmpty()) {
      text.append(FIELD)
          .append("candidates=")
          .append(
              explanation.candidates().stream()
                  .map(backend -> backend.endpoint().toString())
                  .collect(Collectors.joining(",")));
    }
    return text.toString();
  }

  private int wrong(@Nullable String message) {
    terminal.err().println(message);
    return ExitStatus.WRONG;
  }
}
