package io.upstream4j.health.http;

import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.HealthCheck;
import io.upstream4j.api.spi.HealthChecker;
import io.upstream4j.api.spi.PluginContext;
import io.upstream4j.api.spi.ProbeRequest;
import io.upstream4j.api.spi.ProbeRequest.Protocol;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Provides {@code grpc}: a backend works when its {@code grpc.health.v1.Health} service returns
 * {@code SERVING}. The check always uses HTTP/2, with prior knowledge over clear text.
 *
 * @see <a href="https://github.com/grpc/grpc/blob/master/doc/health-checking.md">the protocol</a>
 */
public final class GrpcChecker implements HealthChecker {
  /** Greater than any answer. */
  private static final int MAX_BODY_BYTES = 1024;

  private static final Option<String> SERVICE =
      Option.text("service", "the service to ask for; the server as a whole when left out")
          .orElse("");

  /** Creates the checker. */
  public GrpcChecker() {}

  @Override
  public String type() {
    return "grpc";
  }

  @Override
  public List<Option<?>> options() {
    return List.of(SERVICE, HttpChecker.HOST, HttpChecker.PORT, HttpChecker.TLS);
  }

  @Override
  public HealthCheck create(Options options, PluginContext context) {
    Map<String, String> headers = new TreeMap<>();
    headers.put("content-type", "application/grpc");
    headers.put("te", "trailers");
    options.find(HttpChecker.HOST).ifPresent(host -> headers.put("host", host));
    ProbeRequest request =
        new ProbeRequest(
            "POST",
            "/grpc.health.v1.Health/Check",
            headers,
            HttpChecker.security(options),
            Protocol.HTTP_2,
            GrpcHealth.request(options.get(SERVICE)),
            MAX_BODY_BYTES);
    ProbePort port = HttpChecker.port(options);
    return backend -> context.probes().send(port.of(backend), request).thenApply(GrpcHealth::judge);
  }
}
