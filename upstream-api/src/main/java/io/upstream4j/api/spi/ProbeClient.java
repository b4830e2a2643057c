package io.upstream4j.api.spi;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletionStage;

/**
 * Reaches a backend for a probe as the upstream's traffic would: same connector, same TLS settings,
 * same names. Each call uses a connection of its own. Time limits are those of the upstream's
 * health check. Never blocks; safe for use by any thread.
 */
public interface ProbeClient {
  /**
   * Opens a connection and closes it.
   *
   * @return done when it was open, failed with the reason when it could not be
   */
  CompletionStage<Void> connect(Backend backend);

  /**
   * Sends a request and reads its response. Redirects are not followed.
   *
   * @return the response whatever its status, failed when there is none; done when as much of the
   *     body is there as {@link ProbeRequest#maxBodyBytes} wants, so with the head when that is 0
   */
  CompletionStage<ProbeResponse> send(Backend backend, ProbeRequest request);

  /**
   * As {@link #send(Backend, ProbeRequest)}, and done as soon as enough of the response is there: a
   * server may take its time for the rest, or never end it.
   *
   * @param enough asked when the head is there and whenever some of the body has come, by a thread
   *     that must not be blocked
   */
  default CompletionStage<ProbeResponse> send(
      Backend backend, ProbeRequest request, Enough enough) {
    return send(backend, request);
  }

  /** Whether the rest of a response does not matter. */
  @FunctionalInterface
  interface Enough {
    /**
     * Looks at what has come.
     *
     * @param status of the response
     * @param body its beginning, as far as it is there and wanted; the test's only during the call
     */
    boolean test(int status, ByteBuffer body);
  }

  /**
   * Sends bytes over a connection of its own, encrypted if the upstream's traffic is, reads what
   * the server says, and closes it. For protocols that are not HTTP: none is offered in a TLS
   * handshake.
   *
   * @return what came, be it nothing, and why no more was read; failed when there was no
   *     connection, or with what {@link ProbeBytes#isEnough} threw
   */
  CompletionStage<ProbeReply> talk(Backend backend, ProbeBytes bytes);
}
