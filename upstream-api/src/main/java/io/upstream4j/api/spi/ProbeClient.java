package io.upstream4j.api.spi;

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
   * @return the response whatever its status, failed when there is none
   */
  CompletionStage<ProbeResponse> send(Backend backend, ProbeRequest request);

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
