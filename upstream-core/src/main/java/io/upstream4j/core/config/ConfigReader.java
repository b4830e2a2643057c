package io.upstream4j.core.config;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.option.Problems;
import io.upstream4j.api.option.Suggestion;
import io.upstream4j.core.config.PathRules.AboveRoot;
import io.upstream4j.core.config.PathRules.EscapedSlashes;
import io.upstream4j.core.config.PathRules.ForwardedPath;
import io.upstream4j.core.plugin.PluginCatalog;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the top level of a configuration. Not thread-safe. */
final class ConfigReader {
  static final Option<Node> UPSTREAMS =
      Keys.any("upstreams", "the upstreams, by name", "a mapping of names to upstreams");
  static final Option<Node> ROUTES =
      Keys.any(
              "routes",
              "which upstream the gateway sends a request to; a program that embeds the library"
                  + " may ignore them",
              "a list of { host, path, upstream }")
          .optional();
  static final Option<Node> GATEWAY =
      Keys.any(
              "gateway",
              "what concerns the gateway's clients; a program that embeds the library may ignore"
                  + " it",
              "a mapping with limits, escaped_slashes, above_root or forwarded_path")
          .optional();

  // Keys of the mapping under gateway.
  static final Option<EscapedSlashes> ESCAPED_SLASHES =
      Option.oneOf(
              "escaped_slashes",
              "what %2F is when a path is compared with routes: a character like any other, a reason"
                  + " to answer 400, or a slash",
              EscapedSlashes.class)
          .orElse(PathRules.DEFAULT.escapedSlashes());
  static final Option<AboveRoot> ABOVE_ROOT =
      Option.oneOf(
              "above_root",
              "what a path is that leads above the root, such as /../x: the same as /x, or a reason"
                  + " to answer 400",
              AboveRoot.class)
          .orElse(PathRules.DEFAULT.aboveRoot());
  static final Option<ForwardedPath> FORWARDED_PATH =
      Option.oneOf(
              "forwarded_path",
              "the path that the backend gets: as the client sent it, or as it was compared with"
                  + " routes",
              ForwardedPath.class)
          .orElse(PathRules.DEFAULT.forwardedPath());
  static final Option<Node> LIMITS =
      Keys.any("limits", "how much of clients is accepted, and held for slow ones", "a mapping")
          .optional();

  static final List<Option<?>> ALL = List.of(UPSTREAMS, ROUTES, GATEWAY);
  static final List<Option<?>> OF_GATEWAY =
      List.of(LIMITS, ESCAPED_SLASHES, ABOVE_ROOT, FORWARDED_PATH);

  private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N}._-]{0,127}");

  private final Problems problems;
  private final UpstreamReader upstreamReader;
  private final MisplacedKeys misplaced;

  ConfigReader(PluginCatalog plugins, FileAccess files, Problems problems) {
    this.problems = problems;
    this.misplaced = new MisplacedKeys(problems);
    this.upstreamReader = new UpstreamReader(new PluginReader(plugins, problems), files, problems);
  }

  /** Reads a configuration. Do not use the result when there are problems. */
  @Nullable Config read(Node root) {
    if (!(root instanceof Node.Mapping mapping)) {
      problems.add(
          root.location(), "", Keys.describe(root) + " (expected: a mapping with \"upstreams\")");
      return null;
    }
    Map<String, UpstreamConfig> upstreams = new LinkedHashMap<>();
    Node.Mapping noted = withoutNotes(mapping);
    if (misplaced.reportTop(noted)) {
      return null;
    }
    Options top = Options.read(ALL, otherNames(noted), noted, "", problems);
    Set<String> names =
        top.find(UPSTREAMS).map(node -> readUpstreams(node, upstreams)).orElse(Set.of());
    GatewayConfig gateway = top.find(GATEWAY).map(this::readGateway).orElse(GatewayConfig.DEFAULT);
    List<Route> routes =
        top.find(ROUTES)
            .map(
                node ->
                    new RouteReader(names, gateway.paths().escapedSlashes(), problems).read(node))
            .orElse(List.of());
    return new Config(upstreams, routes, gateway);
  }

  private GatewayConfig readGateway(Node node) {
    Node.Mapping mapping = mapping(node, GATEWAY, GATEWAY.name());
    if (mapping == null) {
      return GatewayConfig.DEFAULT;
    }
    Options options = Options.read(OF_GATEWAY, mapping, GATEWAY.name(), problems);
    return new GatewayConfig(
        options.find(LIMITS).map(this::readLimits).orElse(GatewayLimits.DEFAULT),
        new PathRules(
            options.find(ESCAPED_SLASHES).orElse(PathRules.DEFAULT.escapedSlashes()),
            options.find(ABOVE_ROOT).orElse(PathRules.DEFAULT.aboveRoot()),
            options.find(FORWARDED_PATH).orElse(PathRules.DEFAULT.forwardedPath())));
  }

  private GatewayLimits readLimits(Node node) {
    String path = GATEWAY.name() + "." + LIMITS.name();
    Node.Mapping mapping = mapping(node, LIMITS, path);
    return mapping == null ? GatewayLimits.DEFAULT : GatewayLimits.read(mapping, path, problems);
  }

  private Node.@Nullable Mapping mapping(Node node, Option<?> option, String path) {
    if (node instanceof Node.Mapping mapping) {
      return mapping;
    }
    problems.add(
        node.location(), path, Keys.describe(node) + " (expected: " + option.expected() + ")");
    return null;
  }

  /**
   * Returns the names of other programs, and suggestions for keys that were probably meant to hold
   * anchors.
   */
  private static Map<String, String> otherNames(Node.Mapping top) {
    Set<String> known = new TreeSet<>();
    ALL.forEach(option -> known.add(option.name()));
    Map<String, String> names = new HashMap<>(OtherNames.OF_TOP);
    for (Node.Entry entry : top.entries()) {
      if (entry.value() instanceof Node.Mapping
          && Suggestion.closest(entry.key(), known).isEmpty()) {
        names.putIfAbsent(entry.key(), alternatives(known) + "; keys of your own begin with x-");
      }
    }
    return names;
  }

  private static String alternatives(Set<String> names) {
    List<String> all = new ArrayList<>(names);
    int last = all.size() - 1;
    return String.join(", ", all.subList(0, last)) + " or " + all.get(last);
  }

  /** Removes the keys that begin with x-, which users may add, for example to define anchors. */
  private static Node.Mapping withoutNotes(Node.Mapping mapping) {
    return new Node.Mapping(
        mapping.location(),
        mapping.entries().stream().filter(entry -> !entry.key().startsWith("x-")).toList());
  }

  private Set<String> readUpstreams(Node node, Map<String, UpstreamConfig> upstreams) {
    if (!(node instanceof Node.Mapping mapping)) {
      problems.add(
          node.location(),
          UPSTREAMS.name(),
          Keys.describe(node)
              + " (expected: a mapping of names to upstreams, such as { api: { addrs:"
              + " [\"host:port\"] } }, or {} for none)");
      return Set.of();
    }
    if (misplaced.reportUpstreams(mapping)) {
      return Set.of();
    }
    if (mapping.entries().size() > ConfigLoader.MAX_UPSTREAMS) {
      problems.add(
          mapping.entries().get(ConfigLoader.MAX_UPSTREAMS).location(),
          UPSTREAMS.name(),
          mapping.entries().size()
              + " upstreams (expected: at most "
              + ConfigLoader.MAX_UPSTREAMS
              + ")");
      return Set.of();
    }
    Set<String> names = new LinkedHashSet<>();
    for (Node.Entry entry : mapping.entries()) {
      if (problems.isFull()) {
        break;
      }
      names.add(entry.key());
      String path = UPSTREAMS.name() + "." + entry.key();
      if (!NAME.matcher(entry.key()).matches()) {
        problems.add(
            entry.location(),
            path,
            "not a name for an upstream (expected: letters, digits, '.', '_' and '-', no spaces, a"
                + " letter or digit first, at most 128)");
      }
      UpstreamConfig upstream = upstreamReader.read(entry, path);
      if (upstream != null) {
        upstreams.put(entry.key(), upstream);
      }
    }
    return names;
  }
}
