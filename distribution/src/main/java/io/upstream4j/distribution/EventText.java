package io.upstream4j.distribution;

import io.upstream4j.api.option.VisibleText;
import io.upstream4j.core.event.UpstreamEvent;
import io.upstream4j.core.event.UpstreamEvent.BackendAdded;
import io.upstream4j.core.event.UpstreamEvent.BackendEjected;
import io.upstream4j.core.event.UpstreamEvent.BackendFailing;
import io.upstream4j.core.event.UpstreamEvent.BackendHealthy;
import io.upstream4j.core.event.UpstreamEvent.BackendRemoved;
import io.upstream4j.core.event.UpstreamEvent.BackendReturned;
import io.upstream4j.core.event.UpstreamEvent.BackendStateChanged;
import io.upstream4j.core.event.UpstreamEvent.BackendUnhealthy;
import io.upstream4j.core.event.UpstreamEvent.BackendWeightChanged;
import io.upstream4j.core.event.UpstreamEvent.BackendsAdded;
import io.upstream4j.core.event.UpstreamEvent.BackendsRemoved;
import io.upstream4j.core.event.UpstreamEvent.ConfigApplied;
import io.upstream4j.core.event.UpstreamEvent.ConfigRefused;
import io.upstream4j.core.event.UpstreamEvent.DiscoveryFailed;
import io.upstream4j.core.event.UpstreamEvent.DiscoveryRecovered;
import io.upstream4j.core.event.UpstreamEvent.EventsDropped;
import io.upstream4j.core.event.UpstreamEvent.HealthIgnored;
import io.upstream4j.core.event.UpstreamEvent.HealthRespected;
import io.upstream4j.core.event.UpstreamEvent.OfBackend;
import io.upstream4j.core.event.UpstreamEvent.OfUpstream;
import io.upstream4j.core.event.UpstreamEvent.PluginFailed;
import io.upstream4j.core.event.UpstreamEvent.RequestsRejected;
import io.upstream4j.core.event.UpstreamEvent.RetryBudgetExhausted;
import io.upstream4j.core.event.UpstreamEvent.SettingIgnored;
import io.upstream4j.core.event.UpstreamEvent.UpstreamDown;
import io.upstream4j.core.event.UpstreamEvent.UpstreamRecovered;

/** Describes events in words. */
final class EventText {
  /** The greatest length of a line; a change may name thousands of upstreams. */
  private static final int MAX_LENGTH = 2_000;

  private EventText() {}

  /** Describes an event in one line. */
  static String of(UpstreamEvent event) {
    return Terminal.printable(VisibleText.shortened(words(event), MAX_LENGTH));
  }

  /** Describes an event in one line, without its upstream and backend. */
  static String message(UpstreamEvent event) {
    String text = of(event);
    String subject = event instanceof OfUpstream it ? it.upstream() + ": " : "";
    if (event instanceof OfBackend it && text.startsWith(subject + it.endpoint() + " ")) {
      subject += it.endpoint() + " ";
    }
    return text.startsWith(subject) ? text.substring(subject.length()) : text;
  }

  /** Returns the severity of an event. */
  static Log.Level level(UpstreamEvent event) {
    if (event instanceof UpstreamDown
        || event instanceof ConfigRefused
        || event instanceof PluginFailed) {
      return Log.Level.ERROR;
    }
    boolean isGood =
        event instanceof BackendAdded
            || event instanceof BackendsAdded
            || event instanceof BackendRemoved
            || event instanceof BackendsRemoved
            || event instanceof BackendHealthy
            || event instanceof BackendReturned
            || event instanceof BackendStateChanged
            || event instanceof BackendWeightChanged
            || event instanceof UpstreamRecovered
            || event instanceof DiscoveryRecovered
            || event instanceof HealthRespected
            || event instanceof ConfigApplied;
    return isGood ? Log.Level.INFO : Log.Level.WARN;
  }

  private static String words(UpstreamEvent event) {
    if (event instanceof BackendAdded it) {
      return it.upstream()
          + ": "
          + it.backend().endpoint()
          + " added, weight "
          + it.backend().weight();
    } else if (event instanceof BackendsAdded it) {
      return it.upstream() + ": " + it.count() + " more backends added";
    } else if (event instanceof BackendsRemoved it) {
      return it.upstream() + ": " + it.count() + " more backends removed";
    } else if (event instanceof BackendRemoved it) {
      return it.upstream() + ": " + it.endpoint() + " removed";
    } else if (event instanceof BackendHealthy it) {
      return it.upstream() + ": " + it.endpoint() + " healthy";
    } else if (event instanceof BackendUnhealthy it) {
      return it.upstream() + ": " + it.endpoint() + " unhealthy: " + it.reason();
    } else if (event instanceof UpstreamDown it) {
      return it.upstream() + ": no backend is healthy";
    } else if (event instanceof UpstreamRecovered it) {
      return it.upstream() + ": has a healthy backend again";
    } else if (event instanceof BackendFailing it) {
      return it.upstream()
          + ": "
          + it.endpoint()
          + (it.failures() == 1
              ? " failed a request: "
              : " failed " + it.failures() + " requests, the last: ")
          + it.reason();
    } else if (event instanceof RequestsRejected it) {
      return it.upstream()
          + ": "
          + (it.rejections() == 1
              ? "a request was rejected, "
              : it.rejections() + " requests were rejected, the last ")
          + "for "
          + it.endpoint()
          + ": "
          + it.reason();
    } else if (event instanceof RetryBudgetExhausted it) {
      return it.upstream()
          + ": the retry budget is exhausted: "
          + (it.retries() == 1 ? "1 retry was" : it.retries() + " retries were")
          + " not made";
    } else if (event instanceof BackendEjected it) {
      return it.upstream()
          + ": "
          + it.endpoint()
          + " ejected for "
          + it.open().toMillis()
          + " ms: "
          + it.reason();
    } else if (event instanceof BackendReturned it) {
      return it.upstream() + ": " + it.endpoint() + " returned: its requests go well again";
    } else if (event instanceof BackendStateChanged it) {
      return it.upstream()
          + ": "
          + it.endpoint()
          + switch (it.state()) {
            case ENABLED -> " enabled";
            case DRAINING -> " drained: it gets no new requests";
            case DISABLED -> " disabled: it gets no new requests, and its connections are closed";
          };
    } else if (event instanceof BackendWeightChanged it) {
      return it.upstream()
          + ": "
          + it.endpoint()
          + (it.weight().isPresent()
              ? " weighs " + it.weight().getAsInt()
              : " weighs what its discovery says");
    } else if (event instanceof HealthIgnored it) {
      return it.upstream()
          + ": "
          + it.healthy()
          + " of "
          + it.backends()
          + " backends healthy: unhealthy ones get requests as well";
    } else if (event instanceof HealthRespected it) {
      return it.upstream() + ": only healthy backends get requests again";
    } else if (event instanceof DiscoveryFailed it) {
      return it.upstream() + ": discovery failed: " + it.reason();
    } else if (event instanceof DiscoveryRecovered it) {
      return it.upstream() + ": discovery works again";
    } else if (event instanceof SettingIgnored it) {
      return it.upstream() + ": " + it.reason();
    } else if (event instanceof ConfigApplied it) {
      return "configuration applied: "
          + (it.upstreams() == 1 ? "1 upstream, " : it.upstreams() + " upstreams, ")
          + it.change();
    } else if (event instanceof ConfigRefused it) {
      return "configuration refused, the running one stays: " + it.problems();
    } else if (event instanceof PluginFailed it) {
      return (it.plugin().isEmpty() ? "plug-ins" : "plug-in " + it.plugin()) + ": " + it.reason();
    } else if (event instanceof EventsDropped it) {
      return it.count() + " events are missing here: they came faster than they were taken";
    }
    return event.toString();
  }
}
