package io.upstream4j.health.http;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;

/**
 * Where a server tells how it is.
 *
 * @param number of the port, or {@link #OWN}
 */
record ProbePort(int number) {
  /** The port is the backend's own. */
  static final int OWN = 0;

  /** The same server, at this port. */
  Backend of(Backend backend) {
    return number == OWN
        ? backend
        : new Backend(
            new Endpoint(backend.endpoint().host(), number),
            backend.weight(),
            backend.attributes());
  }
}
