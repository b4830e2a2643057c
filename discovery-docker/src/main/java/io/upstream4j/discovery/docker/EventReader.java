package io.upstream4j.discovery.docker;

import com.github.dockerjava.api.model.Event;
import com.github.dockerjava.api.model.EventActor;
import io.upstream4j.discovery.docker.Engine.Kind;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** Converts events of docker-java. */
final class EventReader {
  /** Signals that stop containers in general: SIGINT, SIGQUIT, SIGKILL, SIGTERM, SIGRTMIN+3. */
  private static final Set<Integer> STOP_SIGNALS = Set.of(2, 3, 9, 15, 37);

  private EventReader() {}

  /**
   * Converts an event.
   *
   * @param stopSignals returns the signal that stops a container, by its id; called only when a
   *     container receives a signal that is not one of the usual ones
   * @return null when the event is irrelevant
   */
  static Engine.@Nullable Event read(Event event, ToIntFunction<String> stopSignals) {
    EventActor actor = event.getActor();
    String action = event.getAction();
    String id = actor == null ? null : actor.getId();
    if (actor == null || action == null || id == null) {
      return null;
    }
    return switch (action) {
      case "start" -> new Engine.Event(id, Kind.STARTED);
      case "kill" -> killed(id, actor.getAttributes(), stopSignals);
      default -> new Engine.Event(id, Kind.CHANGED);
    };
  }

  private static Engine.@Nullable Event killed(
      String id, @Nullable Map<String, String> attributes, ToIntFunction<String> stopSignals) {
    String text = attributes == null ? null : attributes.get("signal");
    if (text == null) { // Podman does not report the signal
      return new Engine.Event(id, Kind.CHANGED);
    }
    int signal = StopSignal.number(text);
    boolean stops =
        STOP_SIGNALS.contains(signal)
            || (signal != StopSignal.NONE && signal == stopSignals.applyAsInt(id));
    return stops ? new Engine.Event(id, Kind.STOPPING) : null;
  }
}
