package io.upstream4j.core.event;

import io.upstream4j.api.option.VisibleText;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.core.stats.AdminState;
import java.time.Duration;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/** Something that changed, for people and machines that watch. */
public sealed interface UpstreamEvent {
  /** How many characters the reason of an event has at most. */
  int MAX_REASON = 1_000;

  /** What kind of event it is, such as {@code backend_unhealthy}. */
  default String kind() {
    return kind(getClass());
  }

  /** The kinds there are, in their order. */
  static SortedSet<String> kinds() {
    SortedSet<String> kinds = new TreeSet<>();
    addKinds(UpstreamEvent.class, kinds);
    return kinds;
  }

  private static void addKinds(Class<?> events, Set<String> kinds) {
    for (Class<?> event : events.getPermittedSubclasses()) {
      if (event.isInterface()) {
        addKinds(event, kinds);
      } else {
        kinds.add(kind(event));
      }
    }
  }

  private static String kind(Class<?> event) {
    return event.getSimpleName().replaceAll("(?<=[a-z])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
  }

  /** Something of one upstream. */
  sealed interface OfUpstream extends UpstreamEvent {
    /** Its name. */
    String upstream();
  }

  /** Something of one backend. */
  sealed interface OfBackend extends OfUpstream {
    /** Where it is. */
    Endpoint endpoint();
  }

  /** Something that has a reason in words. */
  sealed interface WithReason extends UpstreamEvent {
    /**
     * Why, or what went wrong; a backend or a plug-in may have said so. At most {@link #MAX_REASON}
     * characters: of a longer text, the beginning and the end.
     */
    String reason();
  }

  /** A discovery brought a backend that was not there before. */
  record BackendAdded(String upstream, Backend backend) implements OfBackend {
    @Override
    public Endpoint endpoint() {
      return backend.endpoint();
    }
  }

  /**
   * So many backends were added at once that they have no events of their own, beside the first
   * few.
   *
   * @param count how many more there are than were named
   */
  record BackendsAdded(String upstream, int count) implements OfUpstream {}

  /**
   * So many backends were removed at once that they have no events of their own, beside the first
   * few.
   *
   * @param count how many more there were than were named
   */
  record BackendsRemoved(String upstream, int count) implements OfUpstream {}

  /** A backend is gone from its discovery's answer, or its upstream from the configuration. */
  record BackendRemoved(String upstream, Endpoint endpoint) implements OfBackend {}

  /** An unhealthy backend has answered well often enough. */
  record BackendHealthy(String upstream, Endpoint endpoint) implements OfBackend {}

  /** A healthy backend has answered badly often enough; the reason is the last probe's. */
  record BackendUnhealthy(String upstream, Endpoint endpoint, String reason)
      implements OfBackend, WithReason {
    /** Shortens the reason. */
    public BackendUnhealthy {
      reason = VisibleText.shortened(reason, MAX_REASON);
    }
  }

  /**
   * Requests to a backend failed without a response. Told for the first, and from then on at most
   * every ten seconds.
   *
   * @param failures how many since it was told last; at least 1
   * @param reason of the last one
   */
  record BackendFailing(String upstream, Endpoint endpoint, long failures, String reason)
      implements OfBackend, WithReason {
    /** Shortens the reason. */
    public BackendFailing {
      reason = VisibleText.shortened(reason, MAX_REASON);
    }
  }

  /**
   * Requests failed for a reason that is not their backend's, such as a limit of this process.
   * Published for the first, and from then on at most every ten seconds for each upstream.
   *
   * @param endpoint of the last one's backend
   * @param rejections how many since it was published last; at least 1
   * @param reason of the last one
   */
  record RequestsRejected(String upstream, Endpoint endpoint, long rejections, String reason)
      implements OfBackend, WithReason {
    /** Shortens the reason. */
    public RequestsRejected {
      reason = VisibleText.shortened(reason, MAX_REASON);
    }
  }

  /**
   * The retry budget did not allow retries, so that failures became answers. Published for the
   * first, and from then on at most every ten seconds.
   *
   * @param retries how many since it was published last; at least 1
   */
  record RetryBudgetExhausted(String upstream, long retries) implements OfUpstream {}

  /**
   * A backend's requests failed too often: it gets none for a while.
   *
   * @param open for how long
   * @param reason how often, in figures
   */
  record BackendEjected(String upstream, Endpoint endpoint, Duration open, String reason)
      implements OfBackend, WithReason {
    /** Shortens the reason. */
    public BackendEjected {
      reason = VisibleText.shortened(reason, MAX_REASON);
    }
  }

  /** An ejected backend has answered well often enough to be used as before. */
  record BackendReturned(String upstream, Endpoint endpoint) implements OfBackend {}

  /** The operator wants something else of a backend than before. */
  record BackendStateChanged(String upstream, Endpoint endpoint, AdminState state)
      implements OfBackend {}

  /**
   * The operator gave a backend another weight, or its own back.
   *
   * @param weight instead of the discovery's; empty when that is in force again
   */
  record BackendWeightChanged(String upstream, Endpoint endpoint, OptionalInt weight)
      implements OfBackend {}

  /**
   * So few backends are healthy that health no longer counts: requests go to unhealthy ones as
   * well.
   *
   * @param healthy how many still are
   * @param backends how many there are
   */
  record HealthIgnored(String upstream, int healthy, int backends) implements OfUpstream {}

  /** Enough backends are healthy again for health to count. */
  record HealthRespected(String upstream) implements OfUpstream {}

  /** No backend of the upstream is healthy and enabled any more. */
  record UpstreamDown(String upstream) implements OfUpstream {}

  /** A backend of the upstream is healthy and enabled again. */
  record UpstreamRecovered(String upstream) implements OfUpstream {}

  /** A discovery that had worked, or had not answered yet, failed. Only the first in a row. */
  record DiscoveryFailed(String upstream, String reason) implements OfUpstream, WithReason {
    /** Shortens the reason. */
    public DiscoveryFailed {
      reason = VisibleText.shortened(reason, MAX_REASON);
    }
  }

  /** A discovery that had failed answered. */
  record DiscoveryRecovered(String upstream) implements OfUpstream {}

  /**
   * A setting of an upstream has no effect on this machine. Told when the upstream starts with it;
   * logged where nobody listens.
   *
   * @param reason which, why, and what it needs
   */
  record SettingIgnored(String upstream, String reason) implements OfUpstream, WithReason {
    /** Shortens the reason. */
    public SettingIgnored {
      reason = VisibleText.shortened(reason, MAX_REASON);
    }
  }

  /** A configuration took effect. */
  record ConfigApplied(ConfigChange change) implements UpstreamEvent {
    /** How many upstreams there are now. */
    public int upstreams() {
      return change.upstreams();
    }
  }

  /** A configuration was wrong; the running one stays. */
  record ConfigRefused(String problems) implements UpstreamEvent {
    private static final int MAX_LENGTH = 500_000; // a hundred problems, and no plug-in's novel

    /** Shortens the problems. */
    public ConfigRefused {
      problems = VisibleText.shortened(problems, MAX_LENGTH);
    }
  }

  /**
   * A plug-in threw, returned nothing or did not return where it must not, or could not be loaded.
   *
   * @param plugin its type in quotes and its jar; or the jar alone, when it could not be loaded
   * @param reason what it did and in which call, in words that follow its name
   */
  record PluginFailed(String plugin, String reason) implements WithReason {
    /** Shortens the reason. */
    public PluginFailed {
      reason = VisibleText.shortened(reason, MAX_REASON);
    }
  }

  /**
   * The listener that hears this was too slow: events before the next one were dropped. The others
   * do not hear it.
   *
   * @param count how many
   */
  record EventsDropped(long count) implements UpstreamEvent {}
}
