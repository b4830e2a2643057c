package io.upstream4j.distribution.gateway;

/**
 * How long a client may take, in seconds; the clock of connections ticks once in each.
 *
 * @param idle between two requests, and before the first
 * @param head from the first byte of a request's head to its end, however its bytes trickle
 * @param body between two arrivals of a body's bytes, while the backend takes them
 * @param send between two departures of response bytes, while some wait to be sent
 * @param tunnel while nothing goes either way through a tunnel of another protocol
 * @param linger after the last response, to take in what the client is still sending
 */
record ClientTimeouts(int idle, int head, int body, int send, int tunnel, int linger) {
  static final ClientTimeouts DEFAULT = new ClientTimeouts(60, 30, 60, 60, 3_600, 5);
}
