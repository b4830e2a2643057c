package io.upstream4j.lb.transparent;

import io.upstream4j.api.spi.AddressFilter;
import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Candidates;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.api.spi.Picker;
import io.upstream4j.api.spi.RequestView;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Picks the requested host as the backend. It resolves no names; the connector does, and applies
 * the filter that the backend carries. Thread-safe.
 *
 * <p>A cache keeps repeated hosts from allocating. It has {@value #KEPT} places, each of which
 * holds the last answer whose hash selected it. Only allowed hosts are cached.
 */
final class HostPicker implements Picker {
  static final Pick.Nowhere NO_HOST = new Pick.Nowhere("the request names no host");
  static final Pick.Nowhere NOT_ALLOWED =
      new Pick.Nowhere("the request's host is not in \"allow\"");
  static final Pick.Nowhere PORT_NOT_ALLOWED =
      new Pick.Nowhere("the request's port is not in \"ports\"");

  private static final int KEPT = 1_024; // a power of two

  private final List<HostPattern> allowed;
  private final List<Integer> ports;
  private final Attributes attributes;
  private final int defaultPort;
  private final AtomicReferenceArray<@Nullable Answer> answers = new AtomicReferenceArray<>(KEPT);

  HostPicker(
      List<HostPattern> allowed, List<Integer> ports, AddressFilter filter, int defaultPort) {
    this.allowed = allowed;
    this.ports = ports;
    this.attributes = Attributes.none().with(Attributes.ADDRESS_FILTER, filter);
    this.defaultPort = defaultPort;
  }

  /** A cached answer; {@code host} is as in the request. */
  private record Answer(String host, int port, Pick pick) {}

  @Override
  public Pick pick(RequestView request, Candidates candidates) {
    String host = request.host();
    if (host == null) {
      return NO_HOST;
    }
    int named = request.port();
    int port = named == 0 ? defaultPort : named;
    int hash = 31 * host.hashCode() + port;
    int place = (hash ^ hash >>> 16) & (KEPT - 1);
    Answer known = answers.get(place);
    if (known != null && known.port == port && known.host.equals(host)) {
      return known.pick;
    }
    Pick pick = decide(host, port);
    if (pick instanceof Pick.To) {
      answers.set(place, new Answer(host, port, pick));
    }
    return pick;
  }

  private Pick decide(String host, int port) {
    String canonical = Host.canonical(host.toLowerCase(Locale.ROOT));
    if (canonical == null || !isAllowed(canonical)) {
      return NOT_ALLOWED;
    }
    if (!ports.contains(port)) {
      return PORT_NOT_ALLOWED;
    }
    return Pick.To.outside(new Backend(new Endpoint(canonical, port), 1, attributes));
  }

  private boolean isAllowed(String host) {
    for (HostPattern pattern : allowed) {
      if (pattern.matches(host)) {
        return true;
      }
    }
    return false;
  }
}
