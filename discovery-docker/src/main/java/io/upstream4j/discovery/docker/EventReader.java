package io.upstream4j.discovery.docker;

import com.github.dockerjava.api.model.Event;
import com.github.dockerjava.api.model.EventActor;
import io.upstream4j.discovery.docker.Engine.Kind;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Says what an event of docker-java means for discovery. */
final class EventReader {
  /** What containers are told to stop with: SIGINT, SIGQUIT, SIGKILL, SIGTERM, SIGRTMIN+3. */
  private static final Set<String> STOP_SIGNALS = Set.of("2", "3", "9", "15", "37");

  private EventReader() {}

  /** Null when it means nothing. */
  static Engine.@Nullable Event read(Event event) {
    EventActor actor = event.getActor();
    String action = event.getAction();
    String id = actor == null ? null : actor.getId();
    if (actor == null || action == null || id == null) {
      return null;
    }
    Map<String, String> attributes = actor.getAttributes();
    return switch (action) {
      case "start" -> new Engine.Event(id, Kind.STARTED);
      case "kill" -> {
        boolean stops =
            attributes != null && STOP_SIGNALS.contains(attributes.getOrDefault("signal", ""));
        yield stops ? new Engine.Event(id, Kind.STOPPING) : null;
      }
      default -> new Engine.Event(id, Kind.CHANGED);
    };
  }
}
