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
 * Reads a configuration whole, or says everything that is wrong with it. Safe for use by any
 * thread; blocks while it reads a file.
 *
 * <p>The keys are described in {@code docs/configuration.md}. Nothing is started here: plug-ins are
 * looked up and their options read, not created.
 */
public final class ConfigLoader {
  /** The largest configuration that is read, in bytes: a hundred backends fit into 3 KiB. */
  public static final int MAX_BYTES = 3 << 20;

  /** How many entries one list or mapping has at most. */
  public static final int MAX_ENTRIES = 20_000;

  /** How many characters a key or a value has at most, with what is put in for {@code ${...}}. */
  public static final int MAX_VALUE = 64 * 1024;

  /** How many levels a value is nested at most. */
  public static final int MAX_DEPTH = 64;

  /** How many upstreams a configuration has at most: each takes some 5 KB before it is at work. */
  public static final int MAX_UPSTREAMS = 10_000;

  /**
   * How many servers all upstreams name at most, those of included files counted for each that
   * includes them.
   */
  public static final int MAX_SERVERS = 200_000;

  private final PluginCatalog plugins;

  /**
   * Creates a loader.
   *
   * @param plugins where the types that a configuration names are looked up
   */
  public ConfigLoader(PluginCatalog plugins) {
    this.plugins = requireNonNull(plugins, "plugins");
  }

  /**
   * Reads a file of YAML in UTF-8.
   *
   * @param file of at most {@link #MAX_BYTES}
   * @throws io.upstream4j.api.option.ConfigException with every problem found; a file that is
   *     missing or cannot be read is one too
   */
  public Config load(Path file) {
    Problems problems = new Problems();
    String source = file.toString();
    String yaml = ConfigFile.read(file, source, problems);
    problems.throwIfAny();
    return load(source, requireNonNull(yaml));
  }

  /**
   * Reads text.
   *
   * @param source the name of the source in messages
   * @param yaml of at most {@link #MAX_BYTES} characters
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
   * Reads one upstream alone, as it would stand in a file. Nothing is put in for {@code ${...}},
   * and no file is read for {@code tls}: both are problems.
   *
   * @param name the upstream's
   * @param source the name of the source in messages
   * @param yaml a mapping, of at most {@link #MAX_BYTES} characters
   * @return a configuration without routes and with one upstream
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
   * Reads what was not written as YAML: of another format, or made by a program.
   *
   * @param root the whole configuration; its places are those of messages
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
