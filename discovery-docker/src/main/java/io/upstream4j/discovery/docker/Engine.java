package io.upstream4j.discovery.docker;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** A read-only connection to an engine. All methods except {@link #close} block. */
interface Engine extends AutoCloseable {
  /** A change of a container. */
  record Event(String container, Kind kind) {}

  /**
   * The location of this process.
   *
   * @param networks the names of its container's networks; empty outside a container
   * @param host the address of the engine's host in one of them; empty outside a container, and in
   *     a container that uses the host's network
   */
  record Surroundings(Set<String> networks, Optional<String> host) {
    /** Outside any container. */
    static final Surroundings NONE = new Surroundings(Set.of(), Optional.empty());

    /** Copies the networks. */
    public Surroundings {
      networks = Set.copyOf(networks);
    }
  }

  /** The kind of change. */
  enum Kind {
    /** It started; an earlier stop no longer applies. */
    STARTED,
    /** It was told to stop. */
    STOPPING,
    /** Any other relevant change. */
    CHANGED
  }

  /**
   * Subscribes to future events. Returns when the engine has confirmed the subscription.
   *
   * @param onEvent called on a separate thread
   * @param onEnd called once when the event stream ends without {@link #close}
   */
  void watch(Consumer<Event> onEvent, Consumer<Exception> onEnd) throws Exception;

  /** Returns the running containers. */
  List<Container> list() throws Exception;

  /** Returns where this process runs. */
  Surroundings surroundings() throws Exception;

  /** Ends the subscription. Thread-safe; further calls have no effect. */
  @Override
  void close();
}
