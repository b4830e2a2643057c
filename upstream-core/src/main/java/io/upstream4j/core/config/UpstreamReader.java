package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.option.Problems;
import io.upstream4j.api.option.StatusRange;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.peer.TlsOptions;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Reads an upstream. Not thread-safe. */
final class UpstreamReader {
  private static final List<StatusRange> SERVER_ERRORS = List.of(new StatusRange(500, 599));
  private static final List<StatusRange> GATEWAY_ERRORS = List.of(new StatusRange(502, 504));

  private final PluginReader plugins;
  private final FileAccess files;
  private final Problems problems;
  private final ShortForms shortForms;
  private final IncludedFiles included;
  private final ServerCount servers;

  UpstreamReader(PluginReader plugins, FileAccess files, Problems problems) {
    this.plugins = plugins;
    this.files = files;
    this.problems = problems;
    this.shortForms = new ShortForms(problems);
    this.included = new IncludedFiles(problems);
    this.servers = new ServerCount(problems);
  }

  /** Reads an upstream, or adds problems and returns null. */
  @Nullable UpstreamConfig read(Node.Entry upstream, String path) {
    if (servers.isExceeded()) {
      return null;
    }
    if (!(upstream.value() instanceof Node.Mapping written)) {
      problems.add(
          upstream.value().location(),
          path,
          Keys.describe(upstream.value())
              + " (expected: a mapping, such as { addrs: [\"host:port\"] }"
              + (isKeyWithoutSpace(upstream.value())
                  ? "; a space belongs behind the colon)"
                  : ")"));
      return null;
    }
    int before = problems.size();
    Includes includes = new Includes(problems, files, included);
    Node.Mapping mapping = includes.expand(written, path);
    Options options = Options.read(Keys.ALL, OtherNames.OF_UPSTREAM, mapping, path, problems);
    if (problems.isFull()) {
      return null;
    }
    PluginChoice<LoadBalancerProvider> balancer = balancer(options, path);
    DiscoveryReader discoveries = new DiscoveryReader(plugins, shortForms, servers, problems);
    boolean makesBackends = balancer != null && balancer.info().makesBackends();
    PluginChoice<DiscoveryProvider> discovery =
        balancer != null && makesBackends
            ? discoveries.readNone(options, path, balancer.type())
            : discoveries.read(options, path);
    if (!makesBackends) {
      checkServerName(options, path);
    }
    Optional<HealthConfig> health =
        new HealthReader(plugins, shortForms, problems).read(options, path);
    PeerOptions peer = new PeerReader(problems, files).read(options, path);
    checkUse(options, path, Keys.SLOW_START_AGGRESSION, Keys.SLOW_START);
    checkUse(
        options,
        path,
        Keys.CIRCUIT_BREAK_SUCCESS_RATE_MIN_BACKENDS,
        Keys.CIRCUIT_BREAK_SUCCESS_RATE_STDEV_FACTOR);
    checkUse(
        options,
        path,
        Keys.CIRCUIT_BREAK_SUCCESS_RATE_MIN_REQUESTS,
        Keys.CIRCUIT_BREAK_SUCCESS_RATE_STDEV_FACTOR);
    RetryConfig retry = retry(options, path + "." + Keys.RETRIES.name());
    if (problems.size() > before || discovery == null) {
      return null;
    }
    return new UpstreamConfig(
        upstream.key(),
        mapping,
        discovery,
        requireNonNull(balancer),
        health,
        requireNonNull(peer),
        requireNonNull(retry),
        policy(options),
        breaker(options),
        options.get(Keys.GRACE),
        new StatsConfig(options.get(Keys.ENABLE_BACKEND_STATS), options.get(Keys.ENABLE_TRACER)),
        includes.files());
  }

  /**
   * Returns whether a key lacks the space after its colon, so that YAML reads {@code addrs:[...]}
   * as text.
   */
  private static boolean isKeyWithoutSpace(Node node) {
    return node instanceof Node.Scalar scalar
        && Keys.ALL.stream().anyMatch(key -> scalar.text().startsWith(key.name() + ":"));
  }

  private static PolicyConfig policy(Options options) {
    Optional<Integer> limit = options.find(Keys.MAX_REQUESTS_PER_BACKEND);
    return new PolicyConfig(
        options.find(Keys.SLOW_START),
        options.get(Keys.SLOW_START_AGGRESSION),
        limit.map(OptionalInt::of).orElseGet(OptionalInt::empty),
        options.find(Keys.ZONE),
        options.get(Keys.OVERPROVISIONING_PERCENT),
        options.get(Keys.PANIC_THRESHOLD_PERCENT),
        options.get(Keys.ALL_DOWN));
  }

  private static Optional<BreakerConfig> breaker(Options options) {
    InRow inRow = options.get(Keys.CIRCUIT_BREAK_MAX_CONSECUTIVE_FAILURES);
    Optional<Integer> percent = options.find(Keys.CIRCUIT_BREAK_MAX_FAILURE_PERCENT);
    Optional<SuccessRateConfig> rate =
        options
            .find(Keys.CIRCUIT_BREAK_SUCCESS_RATE_STDEV_FACTOR)
            .map(
                factor ->
                    new SuccessRateConfig(
                        factor,
                        options.get(Keys.CIRCUIT_BREAK_SUCCESS_RATE_MIN_BACKENDS),
                        options.get(Keys.CIRCUIT_BREAK_SUCCESS_RATE_MIN_REQUESTS)));
    boolean limited = inRow.failures().isPresent() || percent.isPresent() || rate.isPresent();
    boolean protective =
        inRow.protective()
            && (!limited || options.isGiven(Keys.CIRCUIT_BREAK_MAX_CONSECUTIVE_FAILURES));
    if (!protective && !limited) {
      return Optional.empty();
    }
    return Optional.of(
        new BreakerConfig(
            protective,
            inRow.failures(),
            percent.map(OptionalInt::of).orElseGet(OptionalInt::empty),
            options.get(Keys.CIRCUIT_BREAK_MIN_REQUESTS_THRESHOLD),
            rate,
            options.get(Keys.BACKEND_STATS_INTERVAL),
            options
                .find(Keys.BACKEND_FAILURE_STATUS_CODE)
                .orElse(limited ? SERVER_ERRORS : GATEWAY_ERRORS),
            options.get(Keys.CIRCUIT_BREAK_OPEN_DURATION),
            options.get(Keys.CIRCUIT_BREAK_HALF_OPEN_CONSECUTIVE_SUCCESS_THRESHOLD),
            options.get(Keys.MAX_EJECTED_PERCENT)));
  }

  /**
   * Reports a key without the key it depends on, such as a slow-start aggression without a slow
   * start.
   */
  private void checkUse(Options options, String path, Option<?> key, Option<?> needed) {
    if (options.isGiven(key) && !options.isGiven(needed)) {
      problems.add(
          options.location(key),
          path + "." + key.name(),
          "has no effect without " + needed.name() + " (expected: " + needed.name() + " as well)");
    }
  }

  /** Reports preconnecting with the server name of each request, which is not known in advance. */
  private void checkServerName(Options options, String path) {
    if (options.isGiven(Keys.MIN_IDLE_CONNECTIONS)
        && options.find(Keys.SNI).filter(TlsOptions.REQUEST_HOST::equals).isPresent()) {
      problems.add(
          options.location(Keys.MIN_IDLE_CONNECTIONS),
          path + "." + Keys.MIN_IDLE_CONNECTIONS.name(),
          "has no effect with sni $host, as connections are opened for one host each (expected: a"
              + " host name as sni, or the key left out)");
    }
  }

  private @Nullable PluginChoice<LoadBalancerProvider> balancer(Options options, String upstream) {
    String path = upstream + "." + Keys.ALGO.name();
    Node node =
        options
            .find(Keys.ALGO)
            .orElseGet(() -> new Node.Scalar(options.source().location(), "round_robin"));
    Node.Entry type =
        plugins.typeOf(node, path, Keys.ALGO.expected(), text -> shortForms.algo(text, path));
    if (type == null) {
      return null;
    }
    PluginReader.Known<LoadBalancerProvider> known =
        plugins.find(
            LoadBalancerProvider.class,
            type.key(),
            OtherNames.shortForm(type.key()),
            type.location(),
            path);
    Node.Mapping under = plugins.optionsUnder(type, path);
    Options read =
        known == null || under == null ? null : plugins.read(known, under, path, problems);
    return known == null || read == null ? null : known.choice(read, path);
  }

  private @Nullable RetryConfig retry(Options options, String path) {
    Node node = options.find(Keys.RETRIES).orElse(null);
    Node.Mapping mapping;
    if (node == null) {
      mapping = new Node.Mapping(options.source().location(), List.of());
    } else if (node instanceof Node.Mapping written) {
      mapping = written;
    } else if (node instanceof Node.Scalar scalar) {
      return retryNumber(scalar, path);
    } else {
      problems.add(node.location(), path, "a list (expected: " + Keys.RETRIES.expected() + ")");
      return null;
    }
    int before = problems.size();
    Options read = Options.read(Keys.OF_RETRIES, OtherNames.OF_RETRIES, mapping, path, problems);
    return problems.size() > before ? null : retry(read);
  }

  /** Reads the short form {@code retries: 3} of {@code retries: { max: 3 }}. */
  private @Nullable RetryConfig retryNumber(Node.Scalar scalar, String path) {
    Problems inner = new Problems();
    Node.Mapping mapping =
        new Node.Mapping(
            scalar.location(), List.of(new Node.Entry(scalar.location(), Keys.MAX.name(), scalar)));
    Options read = Options.read(Keys.OF_RETRIES, mapping, "", inner);
    if (inner.isEmpty()) {
      return retry(read);
    }
    problems.add(
        scalar.location(),
        path,
        Keys.describe(scalar) + " (expected: " + Keys.RETRIES.expected() + ")");
    return null;
  }

  private static RetryConfig retry(Options options) {
    return new RetryConfig(
        options.get(Keys.MAX),
        options.get(Keys.BUDGET_PERCENT),
        options.get(Keys.BUDGET_PER_SECOND));
  }
}
