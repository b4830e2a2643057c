package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Problems;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.api.spi.HealthChecker;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.Plugin;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Lists the effective settings of an upstream or the gateway, key by key, with the location of
 * configured values and the defaults of others.
 */
public final class Explanation {
  /** Keys whose values are not shown. Headers may contain passwords. */
  private static final Pattern SECRET = Pattern.compile("headers|.*(password|secret|token).*");

  private final List<Setting> settings = new ArrayList<>();

  private Explanation() {}

  /**
   * The effective value of a key.
   *
   * @param path the keys that lead to it, with short forms expanded, such as {@code
   *     algo.consistent.key}
   * @param value the value; empty when the key has no value and no default
   * @param given the location of a configured value; empty for a default
   * @param kind the kind of a plug-in, when the value is the type of one
   */
  public record Setting(
      String path,
      Optional<String> value,
      Optional<Location> given,
      Optional<Class<? extends Plugin>> kind) {
    /** Checks the components. */
    public Setting {
      requireNonNull(path, "path");
      requireNonNull(value, "value");
      requireNonNull(given, "given");
      requireNonNull(kind, "kind");
    }
  }

  /**
   * Returns the settings of an upstream: its plug-ins first, then the keys in the order of the
   * documentation.
   */
  public static List<Setting> of(UpstreamConfig upstream) {
    Explanation explanation = new Explanation();
    Node.Mapping source = upstream.source();
    if (!upstream.balancer().info().makesBackends()) {
      explanation.add(DiscoveryProvider.class, Keys.DISCOVERY, upstream.discovery(), source);
    }
    explanation.add(LoadBalancerProvider.class, Keys.ALGO, upstream.balancer(), source);
    explanation.addHealth(upstream);
    for (Option<?> key : Keys.ALL) {
      if (key == Keys.RETRIES) {
        explanation.addRetries(source);
      } else if (key != Keys.DISCOVERY
          && key != Keys.ALGO
          && key != Keys.HEALTH_CHECK
          && !Keys.OF_DISCOVERY.contains(key)) {
        explanation.add("", key, source);
      }
    }
    return List.copyOf(explanation.settings);
  }

  /** Returns the limits of the gateway, in the order of the documentation. */
  public static List<Setting> of(GatewayLimits limits) {
    Explanation explanation = new Explanation();
    String prefix = ConfigReader.LIMITS.name() + ".";
    GatewayLimits.ALL.forEach(key -> explanation.add(prefix, key, limits.source()));
    return List.copyOf(explanation.settings);
  }

  private <P extends Plugin> void add(
      Class<P> kind, Option<?> key, PluginChoice<P> choice, Node.Mapping source) {
    String type = choice.type();
    Optional<Location> given = source.entry(key.name()).map(Node.Entry::location);
    settings.add(new Setting(key.name(), Optional.of(type), given, Optional.of(kind)));
    for (Option<?> option : choice.info().options()) {
      add(key.name() + "." + type + ".", option, choice.options().source());
    }
  }

  private void addHealth(UpstreamConfig upstream) {
    Optional<Location> given =
        upstream.source().entry(Keys.HEALTH_CHECK.name()).map(Node.Entry::location);
    if (upstream.health().isEmpty()) {
      settings.add(
          new Setting(Keys.HEALTH_CHECK.name(), Optional.of("none"), given, Optional.empty()));
      return;
    }
    add(
        HealthChecker.class,
        Keys.HEALTH_CHECK,
        upstream.health().get().checker(),
        upstream.source());
    Node.Mapping written = written(upstream.source());
    for (Option<?> option : Keys.OF_HEALTH_CHECK) {
      add(Keys.HEALTH_CHECK.name() + ".", option, written);
    }
  }

  /** Returns the mapping of the health check, expanded from a short form if necessary. */
  private static Node.Mapping written(Node.Mapping source) {
    Node node = source.find(Keys.HEALTH_CHECK.name()).orElse(null);
    Node.Mapping mapping =
        node instanceof Node.Scalar text
            ? new ShortForms(new Problems()).healthCheck(text, Keys.HEALTH_CHECK.name())
            : (Node.Mapping) node;
    return mapping == null ? new Node.Mapping(source.location(), List.of()) : mapping;
  }

  private void addRetries(Node.Mapping source) {
    Node node = source.find(Keys.RETRIES.name()).orElse(null);
    Node.Mapping mapping =
        node instanceof Node.Scalar max
            ? new Node.Mapping(
                max.location(), List.of(new Node.Entry(max.location(), Keys.MAX.name(), max)))
            : node instanceof Node.Mapping written
                ? written
                : new Node.Mapping(source.location(), List.of());
    for (Option<?> option : Keys.OF_RETRIES) {
      add(Keys.RETRIES.name() + ".", option, mapping);
    }
  }

  private void add(String prefix, Option<?> option, Node.Mapping mapping) {
    Node.@Nullable Entry entry = mapping.entry(option.name()).orElse(null);
    Optional<String> value =
        entry == null
            ? option.defaultText()
            : Optional.of(
                SECRET.matcher(option.name()).matches() ? "(not shown)" : text(entry.value()));
    settings.add(
        new Setting(
            prefix + option.name(),
            value,
            Optional.ofNullable(entry).map(Node.Entry::location),
            Optional.empty()));
  }

  private static String text(Node node) {
    if (node instanceof Node.Sequence list) {
      return list.items().stream()
          .map(Explanation::text)
          .collect(Collectors.joining(", ", "[", "]"));
    }
    if (node instanceof Node.Mapping mapping) {
      return mapping.entries().stream()
          .map(entry -> entry.key() + ": " + text(entry.value()))
          .collect(Collectors.joining(", ", "{ ", " }"));
    }
    return ((Node.Scalar) node).text();
  }
}
