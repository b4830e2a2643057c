package io.upstream4j.core;

import io.upstream4j.api.spi.Plugin;
import io.upstream4j.core.config.Config;
import io.upstream4j.core.config.Route;
import io.upstream4j.core.connect.Connector;
import io.upstream4j.core.plugin.PluginCatalog;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** SKELETON: bodies to come; the signatures hold. */
public final class Upstreams implements AutoCloseable {
  private Upstreams() {}

  /** Loads a file with the plug-ins of the module path and the class path. */
  public static Upstreams load(Path file) {
    return builder().load(file);
  }

  /** For more than a file. */
  public static Builder builder() {
    return new Builder();
  }

  /** The upstream of that name; the same object over every reload. */
  public Upstream get(String name) {
    throw new IllegalStateException("skeleton " + name);
  }

  /** The upstream of that name, if the configuration has it. */
  public Optional<Upstream> find(String name) {
    throw new IllegalStateException("skeleton " + name);
  }

  /** All, in the order of the file. */
  public Collection<Upstream> all() {
    throw new IllegalStateException("skeleton");
  }

  /** The gateway's routes. */
  public List<Route> routes() {
    throw new IllegalStateException("skeleton");
  }

  /** Reads the file again. On any problem nothing changes. */
  public void reload() {
    throw new IllegalStateException("skeleton");
  }

  /** Replaces the configuration as one step. */
  public void apply(Config config) {
    throw new IllegalStateException("skeleton " + config);
  }

  /** Waits until each upstream had a first answer and each of its backends a first probe. */
  public boolean awaitReady(Duration limit) throws InterruptedException {
    throw new IllegalStateException("skeleton " + limit);
  }

  /** The pool of connections, for programs that stream. */
  public Connector connector() {
    throw new IllegalStateException("skeleton");
  }

  /** The plug-ins that were found. */
  public PluginCatalog plugins() {
    throw new IllegalStateException("skeleton");
  }

  /** Ends everything, waiting that long for requests under way. Blocks. */
  public void close(Duration grace) {
    throw new IllegalStateException("skeleton " + grace);
  }

  /** Ends everything at once. */
  @Override
  public void close() {
    close(Duration.ZERO);
  }

  /** What to load, with what. */
  public static final class Builder {
    private Builder() {}

    /** A folder of plug-ins. May be called again for more. */
    public Builder plugins(Path folder) {
      throw new IllegalStateException("skeleton " + folder);
    }

    /** A plug-in of the program's own. */
    public Builder register(Plugin plugin) {
      throw new IllegalStateException("skeleton " + plugin);
    }

    /** Hears of events. May be called again for more. */
    public Builder listener(UpstreamListener listener) {
      throw new IllegalStateException("skeleton " + listener);
    }

    /** Event loops of the connector; the number of processors unless set. */
    public Builder threads(int count) {
      throw new IllegalStateException("skeleton " + count);
    }

    /** Loads a file and starts. */
    public Upstreams load(Path file) {
      throw new IllegalStateException("skeleton " + file);
    }

    /** Loads text and starts. {@link Upstreams#reload} then has no file to read. */
    public Upstreams load(String source, String yaml) {
      throw new IllegalStateException("skeleton " + source + yaml);
    }
  }
}
