package io.upstream4j.distribution;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonGenerator;
import io.upstream4j.api.option.ConfigException;
import io.upstream4j.core.Upstream;
import io.upstream4j.core.Upstreams;
import io.upstream4j.core.config.Config;
import io.upstream4j.core.connect.TransportType;
import io.upstream4j.core.connect.tls.TlsProviders;
import io.upstream4j.core.plugin.PluginCatalog;
import io.upstream4j.core.plugin.PluginException;
import io.upstream4j.core.stats.BackendStats;
import io.upstream4j.core.stats.UpstreamStats;
import io.upstream4j.distribution.text.AsciiJson;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code upstream check}: validates the file, and checks whether discovery and backends work. */
final class Check {
  private static final Duration STEP = Duration.ofMillis(50);

  private final Terminal terminal;
  private final Path config;
  private final List<Path> plugins;
  private final Optional<TransportType> transport;
  private final ProbeRound round = new ProbeRound();

  private final Output output;
  private @Nullable Config read;

  Check(
      Terminal terminal,
      Path config,
      List<Path> plugins,
      Optional<TransportType> transport,
      Output output) {
    this.terminal = terminal;
    this.config = config;
    this.plugins = plugins;
    this.transport = transport;
    this.output = output;
  }

  /** How much detail a table has. */
  enum Output {
    BACKENDS,
    /** Also the settings of each upstream and their origins. */
    EXPLAINED
  }

  /** Runs every discovery and one round of probes. Returns the exit status. */
  int run(Format format, Duration limit) throws InterruptedException {
    try (Upstreams upstreams = builder().load(config)) {
      upstreams.plugins().problems().forEach(terminal.err()::println);
      ConfigNotes.of(requireNonNull(read)).forEach(terminal.err()::println);
      if (output == Output.EXPLAINED && format == Format.TABLE) {
        new ExplainConfig(upstreams.plugins(), terminal.out()).print(requireNonNull(read));
      }
      boolean inTime = awaitAnswers(upstreams, limit);
      List<UpstreamStats> all = upstreams.all().stream().map(Upstream::stats).toList();
      if (format == Format.JSON) {
        terminal.out().println(json(all, inTime, upstreams.connector().transport().toString()));
      } else {
        table(all).print(terminal.out());
        terminal
            .out()
            .printf(
                "transport %s, TLS %s%n", upstreams.connector().transport(), TlsProviders.name());
      }
      if (!inTime) {
        upstreams.unready().forEach(terminal.err()::println);
      }
      return inTime && all.stream().allMatch(Check::works) ? ExitStatus.OK : ExitStatus.FAILED;
    } catch (ConfigException | PluginException e) {
      terminal.err().println(e.getMessage());
      return ExitStatus.WRONG;
    }
  }

  /** Validates the file without using the network. Returns the exit status. */
  int validate(Format format) {
    try {
      Config right = builder().validate(config);
      if (output == Output.EXPLAINED && format == Format.TABLE) {
        try (PluginCatalog catalog = PluginCatalog.find(List.of(), plugins)) {
          new ExplainConfig(catalog, terminal.out()).print(right);
        }
      }
      List<String> notes = ConfigNotes.of(right);
      if (format == Format.JSON) {
        terminal.out().println(json(right, notes));
      } else {
        notes.forEach(terminal.err()::println);
        int upstreams = right.upstreams().size();
        int routes = right.routes().size();
        terminal
            .out()
            .printf(
                "%s is valid: %d %s, %d %s%n",
                config,
                upstreams,
                upstreams == 1 ? "upstream" : "upstreams",
                routes,
                routes == 1 ? "route" : "routes");
      }
      return ExitStatus.OK;
    } catch (ConfigException | PluginException e) {
      terminal.err().println(e.getMessage());
      return ExitStatus.WRONG;
    }
  }

  private Upstreams.Builder builder() {
    Upstreams.Builder builder = Upstreams.builder().adjust(this::adjust);
    plugins.forEach(builder::plugins);
    transport.ifPresent(builder::transport);
    return builder;
  }

  /**
   * Waits until every upstream is ready or its discovery has failed. Unlike a gateway, it does not
   * retry.
   */
  private static boolean awaitAnswers(Upstreams upstreams, Duration limit)
      throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (!upstreams.awaitReady(STEP)) {
      boolean failed =
          upstreams.unready().size()
              == upstreams.all().stream()
                  .filter(upstream -> upstream.stats().discoveryError().isPresent())
                  .count();
      if (failed || System.nanoTime() - end > 0) {
        return false;
      }
    }
    return true;
  }

  private static String json(Config right, List<String> notes) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = AsciiJson.generator(text)) {
      json.writeStartObject();
      json.writeBooleanField("ok", true);
      json.writeArrayFieldStart("upstreams");
      for (String name : right.upstreams().keySet()) {
        json.writeString(name);
      }
      json.writeEndArray();
      json.writeNumberField("routes", right.routes().size());
      json.writeArrayFieldStart("notes");
      for (String note : notes) {
        json.writeString(note);
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a StringWriter does not throw
    }
    return text.toString();
  }

  private Config adjust(Config config) {
    read = config;
    return round.in(RequiredRoutes.checked(config));
  }

  private static boolean works(UpstreamStats upstream) {
    return upstream.discoveryError().isEmpty()
        && (upstream.makesBackends()
            || !upstream.backends().isEmpty()) // an answer without backends cannot serve requests
        && upstream.backends().stream().allMatch(BackendStats::healthy);
  }

  private Table table(List<UpstreamStats> all) {
    Table table = new Table("UPSTREAM", "BACKEND", "WEIGHT", "HEALTH", "TIME", "REASON");
    for (UpstreamStats upstream : all) {
      if (upstream.discoveryError().isPresent()) {
        table.add(upstream.name(), "-", "-", "unknown", "-", upstream.discoveryError().get());
      } else if (upstream.makesBackends()) {
        table.add(upstream.name(), "-", "-", "-", "-", "backends are made of requests");
      } else if (upstream.backends().isEmpty()) {
        table.add(upstream.name(), "-", "-", "down", "-", "the discovery found no backends");
      }
      for (BackendStats backend : upstream.backends()) {
        table.add(
            upstream.name(),
            backend.backend().endpoint().toString(),
            Integer.toString(backend.backend().weight()),
            backend.healthy() ? "healthy" : "unhealthy",
            millis(upstream, backend).map(time -> time + " ms").orElse("-"),
            backend.reason().orElse(""));
      }
    }
    return table;
  }

  private String json(List<UpstreamStats> all, boolean inTime, String transport) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = AsciiJson.generator(text)) {
      json.writeStartObject();
      json.writeBooleanField("ok", inTime && all.stream().allMatch(Check::works));
      json.writeStringField("transport", transport);
      json.writeStringField("tls", TlsProviders.name());
      json.writeArrayFieldStart("upstreams");
      for (UpstreamStats upstream : all) {
        json.writeStartObject();
        json.writeStringField("name", upstream.name());
        json.writeStringField("discovery_error", upstream.discoveryError().orElse(null));
        json.writeArrayFieldStart("backends");
        for (BackendStats backend : upstream.backends()) {
          write(json, upstream, backend);
        }
        json.writeEndArray();
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a StringWriter does not throw
    }
    return text.toString();
  }

  private Optional<Long> millis(UpstreamStats upstream, BackendStats backend) {
    return round.time(upstream.name(), backend.backend().endpoint()).map(Duration::toMillis);
  }

  private void write(JsonGenerator json, UpstreamStats upstream, BackendStats backend)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("address", backend.backend().endpoint().toString());
    json.writeNumberField("weight", backend.backend().weight());
    json.writeBooleanField("healthy", backend.healthy());
    json.writeStringField("reason", backend.reason().orElse(null));
    json.writeObjectField("millis", millis(upstream, backend).orElse(null));
    json.writeEndObject();
  }
}
