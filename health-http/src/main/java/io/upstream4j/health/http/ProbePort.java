package io.upstream4j.health.http;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;

/**
 * The port that is probed.
 *
 * @param number the port, or {@link #OWN}
 */
record ProbePort(int number) {
  /** Stands for the backend's own port. */
  static final int OWN = 0;

  /** Returns the backend with the probed port. */
  Backend of(Backend backend) {
    return number == OWN
        ? backend
        : new Backend(
            new Endpoint(backend.endpoint().host(), number),
            backend.weight(),
            backend.attributes());
  }
}
