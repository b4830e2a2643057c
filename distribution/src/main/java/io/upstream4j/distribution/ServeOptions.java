package io.upstream4j.distribution;

import io.upstream4j.core.connect.TransportType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * The options of {@code serve}.
 *
 * @param config the configuration file
 * @param plugins folders of plug-ins
 * @param transport the transport of the event loops; empty for the best available one
 * @param listen the address for clients
 * @param tls the address for TLS clients; null for none
 * @param admin the admin address
 * @param health the address for liveness, readiness and metrics without a token
 * @param adminToken the file of the admin token
 * @param webhook the webhook for events
 * @param accessLog the access log
 * @param traces the fraction of new traces that is marked as sampled; empty to start no traces
 * @param drainDelay how long it continues to listen after an order to stop, while it is not ready
 * @param logFormat the format of the log
 * @param pidFile the file for the id of this process
 * @param grace how long requests in progress may take after an order to stop
 */
record ServeOptions(
    Path config,
    List<Path> plugins,
    Optional<TransportType> transport,
    ListenAddress listen,
    @Nullable TlsListen tls,
    ListenAddress admin,
    Optional<ListenAddress> health,
    Optional<Path> adminToken,
    Optional<WebhookOptions> webhook,
    Optional<AccessLogOptions> accessLog,
    OptionalDouble traces,
    Duration drainDelay,
    Log.Format logFormat,
    Optional<Path> pidFile,
    Duration grace) {
  /** Copies the list. */
  ServeOptions {
    plugins = List.copyOf(plugins);
  }
}
