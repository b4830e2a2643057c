package io.upstream4j.distribution;

import io.upstream4j.core.connect.TransportType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * What {@code serve} is told.
 *
 * @param config the file of the upstreams and routes
 * @param plugins folders of plug-ins
 * @param transport what the event loops wait with; empty for the best there is
 * @param listen where clients connect
 * @param tls where they connect with TLS; null for nowhere
 * @param admin the admin address
 * @param health where anybody may ask whether it is live and ready, and for metrics
 * @param adminToken the file of the token that it wants
 * @param webhook that events are posted to
 * @param accessLog where requests are told
 * @param traces the part of the traces that it begins that are marked as sampled; empty to begin
 *     none
 * @param drainDelay how long it goes on listening when it stops, no longer ready
 * @param logFormat how it reports what it does
 * @param pidFile where the number of this process is written
 * @param grace how long requests under way may take when it stops
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
