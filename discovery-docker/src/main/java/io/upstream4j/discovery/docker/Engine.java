package io.upstream4j.discovery.docker;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** A connection to an engine. Its methods block, but for {@link #close}, and read only. */
interface Engine extends AutoCloseable {
  /** Something happened to a container. */
  record Event(String container, Kind kind) {}

  /**
   * Where this process runs.
   *
   * @param networks the names of those that its own container is in; empty outside of one
   * @param host the address of the engine's host in one of them; empty outside of a container, and
   *     in one that has the network of the host
   */
  record Surroundings(Set<String> networks, Optional<String> host) {
    /** Outside of any container. */
    static final Surroundings NONE = new Surroundings(Set.of(), Optional.empty());

    /** Copies the networks. */
    public Surroundings {
      networks = Set.copyOf(networks);
    }
  }

  /** What happened. */
  enum Kind {
    /** It begins to run; a stop that was under way is over. */
    STARTED,
    /** It was told to stop. */
    STOPPING,
    /** Anything else that may matter. */
    CHANGED
  }

  /**
   * Subscribes to what happens from now on; returns when the engine has begun to tell.
   *
   * @param onEvent called by a thread of its own
   * @param onEnd called once, when there will be no more events though {@link #close} was not
   *     called
   */
  void watch(Consumer<Event> onEvent, Consumer<Exception> onEnd) throws Exception;

  /** The containers that run. */
  List<Container> list() throws Exception;

  /** Where this process runs. */
  Surroundings surroundings() throws Exception;

  /** Ends the subscription. Any thread; may be called again, without effect. */
  @Override
  void close();
}
