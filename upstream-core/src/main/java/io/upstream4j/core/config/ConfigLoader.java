package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Problems;
import io.upstream4j.core.plugin.PluginCatalog;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Loads and checks a configuration, and reports all of its problems at once. Thread-safe; blocks
 * while it reads files.
 *
 * <p>{@code docs/configuration.md} describes the keys. Loading starts nothing: it looks up plug-ins
 * and reads their options, but does not create their products.
 */
public final class ConfigLoader {
  /** The greatest size of a configuration in bytes. A hundred backends take 3 KiB. */
  public static final int MAX_BYTES = 3 << 20;

  /** The greatest number of entries of a list or mapping. */
  public static final int MAX_ENTRIES = 20_000;

  /** The greatest length of a key or value in characters, after {@code ${...}} is substituted. */
  public static final int MAX_VALUE = 64 * 1024;

  /** The greatest nesting depth of a value. */
  public static final int MAX_DEPTH = 64;

  /** The greatest number of upstreams. Each takes about 5 KB before it is started. */
  public static final int MAX_UPSTREAMS = 10_000;

  /**
   * The greatest number of servers in all upstreams. The servers of an included file count once for
   * each upstream that includes it.
   */
  public static final int MAX_SERVERS = 200_000;

  private final PluginCatalog plugins;

  /**
   * Creates a loader.
   *
   * @param plugins the catalogue of the types that a configuration may name
   */
  public ConfigLoader(PluginCatalog plugins) {
    this.plugins = requireNonNull(plugins, "plugins");
  }

  /**
   * Loads a YAML file in UTF-8.
   *
   * @param file at most {@link #MAX_BYTES} long
   * @throws io.upstream4j.api.option.ConfigException with every problem found, including a file
   *     that is missing or cannot be read
   */
  public Config load(Path file) {
    Problems problems = new Problems();
    String source = file.toString();
    String yaml = ConfigFile.read(file, source, problems);
    problems.throwIfAny();
    return load(source, requireNonNull(yaml));
  }

  /**
   * Loads a YAML text.
   *
   * @param source the name of the source in messages
   * @param yaml at most {@link #MAX_BYTES} characters
   * @throws io.upstream4j.api.option.ConfigException with every problem found
   */
  public Config load(String source, String yaml) {
    requireNonNull(source, "source");
    requireNonNull(yaml, "yaml");
    Problems problems = new Problems();
    Node root = YamlReader.read(source, yaml, problems);
    return read(root, FileAccess.PERMITTED, problems);
  }

  /**
   * Loads a single upstream, in the form of its value in a file. For text from other machines:
   * {@code ${...}} and files under {@code tls} are problems.
   *
   * @param name the name of the upstream
   * @param source the name of the source in messages
   * @param yaml a mapping of at most {@link #MAX_BYTES} characters
   * @return a configuration with this upstream and without routes
   * @throws io.upstream4j.api.option.ConfigException with every problem found
   */
  public Config loadUpstream(String name, String source, String yaml) {
    requireNonNull(name, "name");
    requireNonNull(source, "source");
    requireNonNull(yaml, "yaml");
    Problems problems = new Problems();
    Node upstream = YamlReader.read(source, yaml, Substitution::refuse, problems);
    return read(
        upstream == null ? null : under(ConfigReader.UPSTREAMS.name(), name, upstream),
        FileAccess.REFUSED,
        problems);
  }

  private static Node under(String top, String name, Node value) {
    Location start = value.location();
    Node names = new Node.Mapping(start, List.of(new Node.Entry(start, name, value)));
    return new Node.Mapping(start, List.of(new Node.Entry(start, top, names)));
  }

  private Config read(@Nullable Node root, FileAccess files, Problems problems) {
    Config config = root == null ? null : new ConfigReader(plugins, files, problems).read(root);
    problems.throwIfAny();
    return requireNonNull(config);
  }

  /**
   * Loads a configuration that was converted from another format or created by a program.
   *
   * @param root the whole configuration; messages contain the locations of its nodes
   * @throws io.upstream4j.api.option.ConfigException with every problem found
   */
  public Config load(Node.Mapping root) {
    Problems problems = new Problems();
    Config config =
        new ConfigReader(plugins, FileAccess.PERMITTED, problems)
            .read(requireNonNull(root, "root"));
    problems.throwIfAny();
    return requireNonNull(config);
  }
}
