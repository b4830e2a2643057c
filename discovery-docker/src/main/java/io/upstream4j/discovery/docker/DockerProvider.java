package io.upstream4j.discovery.docker;

import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.api.spi.PluginContext;
import io.upstream4j.discovery.docker.Placement.AddressKind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/** Provides {@code docker}: backends by the labels of containers. */
public final class DockerProvider implements DiscoveryProvider {
  private static final Option<List<Entry>> ADDRS =
      Option.of(
              "addrs",
              "labels of the containers that are backends; those with the label upstream4j.name and"
                  + " the upstream's name when left out",
              Entry.EXPECTED,
              Entry::read)
          .list()
          .optional();

  private static final Option<EngineHost> HOST =
      Option.of(
              "docker_host",
              "where the engine listens; as DOCKER_HOST says, else "
                  + EngineHost.USUAL
                  + ", when left out",
              EngineHost.EXPECTED,
              EngineHost::read)
          .optional();

  private static final Option<String> CERT_PATH =
      Option.text(
              "docker_cert_path",
              "the folder of ca.pem, cert.pem and key.pem, for an engine with TLS; as"
                  + " DOCKER_CERT_PATH says, when DOCKER_TLS_VERIFY is set, when left out")
          .optional();

  private static final Option<AddressKind> ADDRESS =
      Option.oneOf(
              "address",
              "which address of a container is used: its own in a network, or that of the host"
                  + " where it publishes its port",
              AddressKind.class)
          .orElse(AddressKind.CONTAINER);

  private static final Option<String> NETWORK =
      Option.text(
              "network",
              "the network of containers that are in several; when left out, the one that this"
                  + " program's own container is in, too")
          .optional();

  private static final Option<Duration> UPDATE_FREQUENCY =
      Option.duration(
              "update_frequency",
              "how often the engine is asked though it tells of no change",
              Duration.ofSeconds(1),
              Duration.ofDays(1))
          .orElse(Duration.ofMinutes(1));

  private final Map<String, String> environment;

  /** Creates the provider. */
  public DockerProvider() {
    this(System.getenv());
  }

  DockerProvider(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public String type() {
    return "docker";
  }

  @Override
  public List<Option<?>> options() {
    return List.of(ADDRS, HOST, CERT_PATH, ADDRESS, NETWORK, UPDATE_FREQUENCY);
  }

  @Override
  public Discovery create(Options options, PluginContext context) {
    EngineHost host = options.find(HOST).orElseGet(this::usualHost);
    Optional<Path> certificates = options.find(CERT_PATH).or(this::usualCertificates).map(Path::of);
    if (options.isGiven(CERT_PATH) && !host.isTcp()) {
      throw new IllegalArgumentException(
          "docker_cert_path is given, but " + host + " has no TLS (expected: tcp://host:port)");
    }
    Optional<Path> used = host.isTcp() ? certificates : Optional.empty();
    return new DockerDiscovery(
        entries(options, context.upstream()),
        new Placement(options.get(ADDRESS), options.find(NETWORK), host.address()),
        options.get(UPDATE_FREQUENCY),
        () -> EngineClient.of(host, used),
        () -> ThreadLocalRandom.current().nextDouble(),
        context);
  }

  private EngineHost usualHost() {
    String text = environment.getOrDefault("DOCKER_HOST", "");
    try {
      return EngineHost.read(text.isEmpty() ? EngineHost.USUAL : text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "DOCKER_HOST is \"" + text + "\" (expected: " + EngineHost.EXPECTED + ")", e);
    }
  }

  private Optional<String> usualCertificates() {
    boolean verified = !environment.getOrDefault("DOCKER_TLS_VERIFY", "").isEmpty();
    return verified ? Optional.ofNullable(environment.get("DOCKER_CERT_PATH")) : Optional.empty();
  }

  private static List<Entry> entries(Options options, String upstream) {
    List<Entry> entries = options.find(ADDRS).orElseGet(() -> List.of(Entry.ofUpstream(upstream)));
    if (entries.isEmpty()) {
      throw new IllegalArgumentException("addrs: an empty list (expected: at least one label)");
    }
    Set<String> seen = new HashSet<>();
    for (Entry entry : entries) {
      if (!seen.add(entry.text())) {
        throw new IllegalArgumentException(
            "\"" + entry.text() + "\" is there twice (expected: each label once)");
      }
    }
    return entries;
  }
}
