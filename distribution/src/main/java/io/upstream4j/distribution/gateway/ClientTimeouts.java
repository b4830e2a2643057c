package io.upstream4j.distribution.gateway;

/**
 * The time-outs of clients in seconds. Connections check them once a second.
 *
 * @param idle before the first request and between requests
 * @param head from the first byte of a request's head to its end
 * @param body without received bytes of a body that the backend is ready to take
 * @param send without progress while bytes of a response wait to be sent
 * @param tunnel without data in either direction of a tunnel
 * @param linger after the last response, to receive what the client is still sending
 */
record ClientTimeouts(int idle, int head, int body, int send, int tunnel, int linger) {
  static final ClientTimeouts DEFAULT = new ClientTimeouts(60, 30, 60, 60, 3_600, 5);
}
