package io.upstream4j.core;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.ConfigException;
import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Problem;
import io.upstream4j.api.option.Suggestion;
import io.upstream4j.api.spi.Plugin;
import io.upstream4j.core.config.Config;
import io.upstream4j.core.config.ConfigLoader;
import io.upstream4j.core.config.Route;
import io.upstream4j.core.config.UpstreamConfig;
import io.upstream4j.core.connect.Connector;
import io.upstream4j.core.connect.TransportType;
import io.upstream4j.core.event.ConfigChange;
import io.upstream4j.core.event.UpstreamEvent.ConfigRefused;
import io.upstream4j.core.event.UpstreamEvent.PluginFailed;
import io.upstream4j.core.event.UpstreamListener;
import io.upstream4j.core.plugin.PluginCatalog;
import io.upstream4j.core.runtime.BackendQuota;
import io.upstream4j.core.runtime.Connections;
import io.upstream4j.core.runtime.ControlLoop;
import io.upstream4j.core.runtime.EventBus;
import io.upstream4j.core.runtime.OffLoopFuture;
import io.upstream4j.core.runtime.OpenSends;
import io.upstream4j.core.runtime.PeerUse;
import io.upstream4j.core.runtime.PluginThreads;
import io.upstream4j.core.runtime.Progress;
import io.upstream4j.core.runtime.SharedServices;
import io.upstream4j.core.runtime.Workers;
import io.upstream4j.core.stats.ConfigStats;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The upstreams of a configuration, at work: their backends are looked for, checked and picked.
 *
 * <p>Safe for use by any thread. Loading, {@link #reload}, {@link #apply} and {@link #close} block,
 * and must not be called by plug-ins or on event loops; everything else returns at once.
 *
 * <pre>{@code
 * try (Upstreams upstreams = Upstreams.load(Path.of("upstreams.yaml"))) {
 *   HttpPeer peer = upstreams.get("api").newHttpPeer();
 * }
 * }</pre>
 */
public final class Upstreams implements AutoCloseable {
  /** How long what is in force stays so, for upstreams that routes are about to lead to. */
  private static final Duration WARM_UP_LIMIT = Duration.ofSeconds(5);

  /** How long a change waits for what plug-ins, which run on threads of their own, find at once. */
  private static final Duration SETTLE_LIMIT = Duration.ofSeconds(1);

  /** How long the end waits for plug-ins to end theirs. */
  private static final long PLUGIN_MILLIS = 500;

  private final PluginCatalog plugins;
  private final ConfigLoader loader;
  private final @Nullable Path file;
  private final UnaryOperator<Config> adjustment;
  private final Connector connector;
  private final ControlLoop loop = new ControlLoop();
  private final Workers blocking = Workers.blocking();
  private final PluginThreads pluginThreads = new PluginThreads();
  private final Workers eventThreads;
  private final EventBus events;
  private final UpstreamSet set;
  // Guards changes of the configuration against each other and against close; never held on the
  // control loop or the request path.
  private final Lock changing = new ReentrantLock();
  private final Progress progress = new Progress();
  private final OpenSends sendings = new OpenSends();
  private volatile ConfigStats configStats = new ConfigStats(0, 0, Optional.empty());
  private final Shutdown shutdown;

  private Upstreams(
      Builder builder, PluginCatalog plugins, @Nullable Path file, Connector connector) {
    this.plugins = plugins;
    this.loader = new ConfigLoader(plugins);
    this.file = file;
    this.adjustment = builder.adjustment;
    this.connector = connector;
    this.eventThreads = Workers.events(builder.listeners.size());
    this.events = new EventBus(builder.listeners, eventThreads);
    Connections connections = new ConnectorConnections(connector);
    this.set =
        new UpstreamSet(
            new SharedServices(
                loop,
                blocking,
                pluginThreads,
                events,
                connections,
                new PeerUse(loop, connections::retire),
                new BackendQuota(),
                sendings,
                InstantSource.system(),
                () -> ThreadLocalRandom.current().nextDouble()),
            progress::announce);
    this.shutdown = new Shutdown(sendings, changing, loop, set, connector, this::endThreads);
    shutdown.onBegin(progress::announce);
  }

  /**
   * Loads a file with the plug-ins of the module path and the class path, and starts. When it
   * returns, backends that are configured by IP address can be picked; others are being looked for:
   * see {@link #awaitReady}.
   *
   * @throws io.upstream4j.api.option.ConfigException with every problem of the file
   */
  public static Upstreams load(Path file) {
    return builder().load(file);
  }

  /**
   * For more than a file.
   *
   * @throws IllegalStateException when the Netty that is there is older than 4.2
   */
  public static Builder builder() {
    NettyVersion.check();
    return new Builder();
  }

  /**
   * The upstream of that name; the same object over every reload.
   *
   * @throws NoSuchElementException when the configuration has none of that name
   */
  public Upstream get(String name) {
    Map<String, Upstream> upstreams = set.current().upstreams();
    Upstream upstream = upstreams.get(requireNonNull(name, "name"));
    if (upstream == null) {
      throw new NoSuchElementException(
          "no upstream " + Problem.quoted(name) + Suggestion.instead(name, upstreams.keySet()));
    }
    return upstream;
  }

  /** The upstream of that name, if the configuration has it. */
  public Optional<Upstream> find(String name) {
    return Optional.ofNullable(set.current().upstreams().get(requireNonNull(name, "name")));
  }

  /** All, in the order of the file. */
  public Collection<Upstream> all() {
    return set.current().upstreams().values();
  }

  /**
   * What is in force now, upstreams and routes together: another object after each change. A
   * request that found its upstream in one and cannot go there does well to look into the next.
   */
  public AppliedConfig current() {
    return set.current();
  }

  /**
   * Reads the file again. On any problem nothing changes. What {@link #put} and {@link #remove} did
   * is undone: the file says what there is.
   *
   * @return what is otherwise than before
   * @throws io.upstream4j.api.option.ConfigException with every problem of the file
   * @throws IllegalStateException when this was not loaded from a file, or is closed
   */
  public ConfigChange reload() {
    Path from = file;
    if (from == null) {
      throw new IllegalStateException("loaded from text: there is no file to read again");
    }
    return change(() -> adjustment.apply(loader.load(from)));
  }

  /**
   * Replaces the configuration as one step. Upstreams whose source is equal are not touched; the
   * backends of the others keep their health, statistics and connections. A new upstream that a
   * route leads to is started before, and has up to 5 s for its first answer and its first checks:
   * until then all stays as it was.
   *
   * @return what is otherwise than before
   * @throws io.upstream4j.api.option.ConfigException when a plug-in refuses its options; nothing
   *     changes then
   * @throws IllegalStateException when this is closed
   */
  public ConfigChange apply(Config config) {
    requireNonNull(config, "config");
    return change(() -> config);
  }

  /**
   * Adds an upstream, or replaces the one of that name; the others are not touched. A {@link
   * #reload} undoes it, unless the file says the same.
   *
   * @param name as it would stand under {@code upstreams}
   * @param source the name of the text in messages
   * @param yaml what would stand under the name; {@code ${...}} is refused, as text from elsewhere
   *     is not to read this machine's environment and files
   * @throws io.upstream4j.api.option.ConfigException with every problem; nothing changes then
   * @throws IllegalStateException when this is closed
   */
  public ConfigChange put(String name, String source, String yaml) {
    requireNonNull(name, "name");
    requireNonNull(source, "source");
    requireNonNull(yaml, "yaml");
    return change(
        () -> {
          Config one = adjustment.apply(loader.loadUpstream(name, source, yaml));
          Config before = set.config();
          Map<String, UpstreamConfig> all = new LinkedHashMap<>(before.upstreams());
          all.putAll(one.upstreams());
          if (all.size() > ConfigLoader.MAX_UPSTREAMS) {
            throw new ConfigException(
                List.of(
                    new Problem(
                        new Location(source, 1, 1),
                        "upstreams." + name,
                        "there are "
                            + before.upstreams().size()
                            + " upstreams already (expected: at most "
                            + ConfigLoader.MAX_UPSTREAMS
                            + ")")));
          }
          return before.withUpstreams(all);
        });
  }

  /**
   * Removes an upstream; requests under way have its {@code grace}. A {@link #reload} brings it
   * back if it is in the file.
   *
   * @throws NoSuchElementException when there is none of that name
   * @throws UpstreamInUseException when a route leads to it
   * @throws IllegalStateException when this is closed
   */
  public ConfigChange remove(String name) {
    get(name);
    return change(
        () -> {
          Config before = set.config();
          for (Route route : before.routes()) {
            if (route.upstream().filter(name::equals).isPresent()) {
              throw new UpstreamInUseException(
                  "upstream \""
                      + name
                      + "\": the route "
                      + route.host().orElse("")
                      + route.path()
                      + " leads to it (expected: no route to it)");
            }
          }
          Map<String, UpstreamConfig> others = new LinkedHashMap<>(before.upstreams());
          others.remove(name);
          return before.withUpstreams(others);
        });
  }

  private ConfigChange change(Supplier<Config> source) {
    OffLoopFuture.requireWaitingAllowed("a change of the configuration");
    ConfigChange change;
    changing.lock();
    try {
      change = changeAlone(source);
    } finally {
      changing.unlock();
    }
    awaitProgress(set::isSettled, SETTLE_LIMIT);
    return change;
  }

  private ConfigChange changeAlone(Supplier<Config> source) {
    requireOpen();
    UpstreamSet.Plan plan;
    try {
      plan = set.plan(source.get(), shutdown.begun());
    } catch (RuntimeException e) {
      requireOpen(); // a plug-in was cut short by it, which is no fault of the configuration
      ConfigStats before = configStats;
      configStats = new ConfigStats(before.applied(), before.refused() + 1, before.lastApplied());
      events.publish(new ConfigRefused(String.valueOf(e.getMessage())));
      throw e;
    }
    List<Upstream> started = loop.await(() -> set.startRouted(plan));
    if (!set.current().upstreams().isEmpty()) { // at the start there is nothing to stay with
      awaitProgress(() -> started.stream().allMatch(Upstream::isReady), WARM_UP_LIMIT);
    }
    ConfigChange change = loop.await(() -> set.apply(plan, started));
    ConfigStats before = configStats;
    configStats =
        new ConfigStats(before.applied() + 1, before.refused(), Optional.of(Instant.now()));
    return change;
  }

  private void requireOpen() {
    if (shutdown.isBegun()) {
      throw new IllegalStateException("closed");
    }
  }

  private void awaitProgress(BooleanSupplier condition, Duration limit) {
    try {
      progress.await(() -> shutdown.isBegun() || condition.getAsBoolean(), limit);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // goes on without them
    }
  }

  /**
   * Waits until each upstream had a first answer and each of its backends a first probe.
   *
   * @return whether that was so within the limit
   * @throws IllegalStateException when called on an event loop, which must not block
   */
  public boolean awaitReady(Duration limit) throws InterruptedException {
    OffLoopFuture.requireWaitingAllowed("awaitReady()");
    return progress.await(() -> shutdown.isBegun() || set.current().isReady(), limit)
        && !shutdown.isBegun();
  }

  /**
   * What {@link #awaitReady} still waits for, in words: a discovery that fails, and why; one
   * without an answer yet; checks under way. Empty when everything is ready.
   */
  public List<String> unready() {
    return set.current().unready();
  }

  /**
   * The files that the configuration names beside itself, such as certificates and includes: {@link
   * #reload} reads them again, and takes over what has changed.
   */
  public List<Path> files() {
    Set<Path> files = new LinkedHashSet<>();
    for (UpstreamConfig upstream : set.config().upstreams().values()) {
      files.addAll(upstream.includes());
      upstream.peer().tls().ifPresent(tls -> files.addAll(tls.files()));
    }
    return List.copyOf(files);
  }

  /** How often the configuration was changed, and how often that was refused. */
  public ConfigStats configStats() {
    return configStats;
  }

  /**
   * How many events did not reach a listener so far because it was too slow; each listener that
   * missed one counts. See {@link UpstreamListener}.
   */
  public long droppedEvents() {
    return events.dropped();
  }

  /** The pool of connections, for programs that stream. */
  public Connector connector() {
    return connector;
  }

  /** The plug-ins that were found. */
  public PluginCatalog plugins() {
    return plugins;
  }

  /**
   * Ends everything. Requests that were taken before are served within the grace: those that wait
   * for a connection and those that are tried again, too. Picks and requests that come later fail
   * with {@link NoBackendException}. Blocks: as long as the grace, and up to 35 s more when code of
   * a program or a plug-in holds a thread up. May be called again, and then waits for the first
   * call's end.
   *
   * @throws IllegalStateException when called on an event loop or by a task of the control loop
   */
  public void close(Duration grace) {
    OffLoopFuture.requireWaitingAllowed("close()");
    shutdown.run(grace);
    progress.announce();
  }

  private void endThreads() {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
    pluginThreads.close(PLUGIN_MILLIS);
    blocking.shutdownNow();
    eventThreads.shutdown(); // after what was published
    blocking.join(end);
    eventThreads.join(end);
    events.close();
    plugins.close();
  }

  /** Ends everything at once. */
  @Override
  public void close() {
    close(Duration.ZERO);
  }

  /** What to load, with what. Not safe for use by several threads. */
  public static final class Builder {
    private final List<Path> folders = new ArrayList<>();
    private final List<Plugin> registered = new ArrayList<>();
    private final List<UpstreamListener> listeners = new ArrayList<>();
    private UnaryOperator<Config> adjustment = UnaryOperator.identity();
    private int threads = Runtime.getRuntime().availableProcessors();
    private @Nullable TransportType transport;

    private Builder() {}

    /** A folder of plug-ins. May be called again for more. */
    public Builder plugins(Path folder) {
      folders.add(requireNonNull(folder, "folder"));
      return this;
    }

    /** A plug-in of the program's own. May be called again for more. */
    public Builder register(Plugin plugin) {
      registered.add(requireNonNull(plugin, "plugin"));
      return this;
    }

    /** Hears of events. May be called again for more. */
    public Builder listener(UpstreamListener listener) {
      listeners.add(requireNonNull(listener, "listener"));
      return this;
    }

    /**
     * Changes each configuration after it was read and before it takes effect, at the start and at
     * each {@link Upstreams#reload}. An upstream counts as unchanged while its source is equal, so
     * equal ones must be changed alike.
     */
    public Builder adjust(UnaryOperator<Config> change) {
      adjustment = requireNonNull(change, "change");
      return this;
    }

    /** Event loops of the connector; the number of processors unless set. */
    public Builder threads(int count) {
      if (count < 1) {
        throw new IllegalArgumentException("threads: " + count + " (expected: from 1)");
      }
      threads = count;
      return this;
    }

    /** What the event loops wait with; {@link TransportType#best()} unless set. */
    public Builder transport(TransportType type) {
      transport = requireNonNull(type, "type");
      return this;
    }

    /**
     * Loads a file and starts.
     *
     * @throws io.upstream4j.api.option.ConfigException with every problem of the file
     */
    public Upstreams load(Path file) {
      requireNonNull(file, "file");
      return start(file, loader -> loader.load(file));
    }

    /**
     * Loads text and starts. {@link Upstreams#reload} then has no file to read.
     *
     * @param source the name of the text in messages
     * @throws io.upstream4j.api.option.ConfigException with every problem of the text
     */
    public Upstreams load(String source, String yaml) {
      requireNonNull(source, "source");
      requireNonNull(yaml, "yaml");
      return start(null, loader -> loader.load(source, yaml));
    }

    /**
     * Reads a file and makes what its plug-ins make, and starts nothing: no backend is looked for
     * and none is probed. May block.
     *
     * @throws io.upstream4j.api.option.ConfigException with every problem of the file
     */
    public Config validate(Path file) {
      requireNonNull(file, "file");
      return open(
          null,
          loader -> loader.load(file),
          (upstreams, config) -> {
            upstreams.set.plan(config, upstreams.shutdown.begun()).discard();
            upstreams.close();
            return config;
          });
    }

    private Connector connector() {
      return new Connector(threads, transport == null ? TransportType.best() : transport);
    }

    private Upstreams start(@Nullable Path file, Function<ConfigLoader, Config> load) {
      return open(
          file,
          load,
          (upstreams, config) -> {
            upstreams.apply(config);
            return upstreams;
          });
    }

    private <T> T open(
        @Nullable Path file,
        Function<ConfigLoader, Config> load,
        BiFunction<Upstreams, Config, T> use) {
      PluginCatalog plugins = PluginCatalog.find(registered, folders);
      Upstreams upstreams;
      Config config;
      try {
        config =
            adjustment.apply(load.apply(new ConfigLoader(plugins))); // before any thread is started
        upstreams = new Upstreams(this, plugins, file, connector());
      } catch (RuntimeException | Error e) {
        plugins.close();
        throw e;
      }
      try {
        plugins
            .problems()
            .forEach(
                problem ->
                    upstreams.events.publish(new PluginFailed(problem.where(), problem.what())));
        return use.apply(upstreams, config);
      } catch (RuntimeException | Error e) {
        upstreams.close();
        throw e;
      }
    }
  }
}
