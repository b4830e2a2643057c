package io.upstream4j.api.spi;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletionStage;

/**
 * Connects to a backend for a probe in the same way as the upstream's traffic: same connector, same
 * TLS settings, same server name. Each call uses a new connection and has the time limits of the
 * upstream's health check. Does not block; thread-safe.
 */
public interface ProbeClient {
  /**
   * Opens a connection and closes it.
   *
   * @return done once the connection was open; failed with the reason when it could not be opened
   */
  CompletionStage<Void> connect(Backend backend);

  /**
   * Sends a request and reads its response. Does not follow redirects.
   *
   * @return the response, whatever its status; failed when there is none. Done once {@link
   *     ProbeRequest#maxBodyBytes} of the body, or all of it, were read; with a limit of 0, as soon
   *     as the head was read.
   */
  CompletionStage<ProbeResponse> send(Backend backend, ProbeRequest request);

  /**
   * Sends a request like {@link #send(Backend, ProbeRequest)}, and completes early once enough of
   * the response was read. Use it for servers that send the rest slowly or never end a response.
   *
   * @param enough called when the head was read and whenever bytes of the body arrive, by a thread
   *     that must not be blocked
   */
  default CompletionStage<ProbeResponse> send(
      Backend backend, ProbeRequest request, Enough enough) {
    return send(backend, request);
  }

  /** Decides whether the rest of a response can be ignored. */
  @FunctionalInterface
  interface Enough {
    /**
     * Tests the response read so far.
     *
     * @param status the status of the response
     * @param body the bytes of the body read so far, up to the limit; valid only during the call
     */
    boolean test(int status, ByteBuffer body);
  }

  /**
   * Sends bytes over a new connection, reads the server's answer, and closes the connection. The
   * connection uses TLS if the upstream's traffic does, but without ALPN, as the protocol is not
   * HTTP.
   *
   * @return the bytes read, possibly none, and why reading ended; failed when there was no
   *     connection, or with the exception that {@link ProbeBytes#isEnough} threw
   */
  CompletionStage<ProbeReply> talk(Backend backend, ProbeBytes bytes);
}
