package io.upstream4j.core.config;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.option.Problems;
import io.upstream4j.api.option.Suggestion;
import io.upstream4j.api.spi.HealthChecker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads how an upstream's backends are checked. Not thread-safe. */
final class HealthReader {
  private static final Set<String> CORE =
      Set.copyOf(Keys.OF_HEALTH_CHECK.stream().map(Option::name).toList());

  /** The greatest default time-out. */
  private static final Duration LONGEST_TIMEOUT = Duration.ofSeconds(3);

  private final PluginReader plugins;
  private final ShortForms shortForms;
  private final Problems problems;

  HealthReader(PluginReader plugins, ShortForms shortForms, Problems problems) {
    this.plugins = plugins;
    this.shortForms = shortForms;
    this.problems = problems;
  }

  /** Returns the health check; empty when there is none or it has problems. */
  Optional<HealthConfig> read(Options upstream, String upstreamPath) {
    String path = upstreamPath + "." + Keys.HEALTH_CHECK.name();
    Node node =
        upstream
            .find(Keys.HEALTH_CHECK)
            .orElseGet(() -> new Node.Scalar(upstream.source().location(), "tcp"));
    if (node instanceof Node.Scalar scalar) {
      if (scalar.text().equals("none")) {
        return Optional.empty();
      }
      return Optional.ofNullable(shortForms.healthCheck(scalar, path))
          .flatMap(mapping -> read(mapping, path));
    }
    if (node instanceof Node.Mapping mapping) {
      return read(mapping, path);
    }
    problems.add(node.location(), path, "a list (expected: " + Keys.HEALTH_CHECK.expected() + ")");
    return Optional.empty();
  }

  private Optional<HealthConfig> read(Node.Mapping mapping, String path) {
    int before = problems.size();
    List<Node.Entry> core = new ArrayList<>();
    List<Node.Entry> types = new ArrayList<>();
    for (Node.Entry entry : mapping.entries()) {
      (CORE.contains(entry.key()) ? core : types).add(entry);
    }
    Options options =
        Options.read(
            Keys.OF_HEALTH_CHECK, new Node.Mapping(mapping.location(), core), path, problems);
    PluginChoice<HealthChecker> checker = checker(mapping, types, path);
    if (checker == null || problems.size() > before) {
      return Optional.empty();
    }
    Duration frequency = options.get(Keys.CHECK_FREQUENCY);
    // A time-out beyond the interval would only delay the result.
    Duration timeout = frequency.compareTo(LONGEST_TIMEOUT) < 0 ? frequency : LONGEST_TIMEOUT;
    return Optional.of(
        new HealthConfig(
            checker,
            frequency,
            options.find(Keys.UNHEALTHY_CHECK_FREQUENCY).orElse(frequency),
            options.get(Keys.INITIAL),
            options.find(Keys.CHECK_CONNECTION_TIMEOUT).orElse(timeout),
            options.find(Keys.CHECK_READ_TIMEOUT).orElse(timeout),
            options.get(Keys.SUCCESS),
            options.get(Keys.FAILURE),
            options.get(Keys.PARALLEL),
            options.get(Keys.REUSE)));
  }

  private @Nullable PluginChoice<HealthChecker> checker(
      Node.Mapping mapping, List<Node.Entry> keys, String path) {
    Node.Entry type = type(mapping, keys, path);
    if (type == null) {
      return null;
    }
    PluginReader.Known<HealthChecker> known =
        plugins.find(HealthChecker.class, type.key(), type.location(), path);
    Node.Mapping under = plugins.optionsUnder(type, path);
    Options options =
        known == null || under == null ? null : plugins.read(known, under, path, problems);
    return known == null || options == null ? null : known.choice(options, path);
  }

  /**
   * Returns the entry whose key is the type. A misspelt key of the core must not be taken for a
   * type.
   */
  private Node.@Nullable Entry type(Node.Mapping mapping, List<Node.Entry> keys, String path) {
    Set<String> types = plugins.types(HealthChecker.class);
    Node.Entry chosen = null;
    for (Node.Entry key : keys) {
      boolean better =
          types.contains(key.key())
              ? chosen == null || !types.contains(chosen.key())
              : chosen == null && !isOther(key.key());
      chosen = better ? key : chosen;
    }
    if (chosen == null) {
      problems.add(
          keys.isEmpty() ? mapping.location() : keys.get(0).location(),
          path,
          "names no type (expected: one of "
              + String.join(", ", types)
              + " around its options, such as { http: { path: /health } })");
    }
    for (Node.Entry key : keys) {
      if (problems.isFull()) {
        break;
      }
      if (chosen != null && key.key().equals(chosen.key())) {
        continue;
      }
      if (chosen != null && types.contains(key.key())) {
        problems.add(
            key.location(),
            path,
            "\"" + key.key() + "\" beside \"" + chosen.key() + "\" (expected: one type)");
      } else if (chosen != null || CORE.contains(OtherNames.OF_HEALTH_CHECK.get(key.key()))) {
        Options.read(
            Keys.OF_HEALTH_CHECK,
            OtherNames.OF_HEALTH_CHECK,
            new Node.Mapping(key.location(), List.of(key)),
            path,
            problems);
      }
    }
    return chosen;
  }

  /** Returns whether a key is a known word for something other than a type. */
  private static boolean isOther(String key) {
    return OtherNames.OF_HEALTH_CHECK.containsKey(key) || Suggestion.closest(key, CORE).isPresent();
  }
}
