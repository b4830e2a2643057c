package io.upstream4j.health.http;

import io.upstream4j.api.option.StatusRange;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.HealthCheck;
import io.upstream4j.api.spi.ProbeClient;
import io.upstream4j.api.spi.ProbeRequest;
import io.upstream4j.api.spi.ProbeResponse;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Sends one request and judges its response.
 *
 * @param probes sends it
 * @param request the same for every backend
 * @param port where to ask, or {@link #OWN_PORT}
 * @param expect the statuses of a backend that works
 * @param body what the body must contain, if anything
 */
record HttpCheck(
    ProbeClient probes,
    ProbeRequest request,
    int port,
    List<StatusRange> expect,
    @Nullable String body)
    implements HealthCheck {
  /** The port is the backend's own. */
  static final int OWN_PORT = 0;

  @Override
  public CompletionStage<Result> probe(Backend backend) {
    return probes
        .send(port == OWN_PORT ? backend : atPort(backend), request)
        .handle(
            (response, failure) ->
                failure == null ? judge(response) : new Unhealthy(reason(failure)));
  }

  /** The same server, at the port where it tells how it is. */
  private Backend atPort(Backend backend) {
    return new Backend(
        new Endpoint(backend.endpoint().host(), port), backend.weight(), backend.attributes());
  }

  private Result judge(ProbeResponse response) {
    int status = response.status();
    if (expect.stream().noneMatch(range -> range.contains(status))) {
      String expected = expect.stream().map(Object::toString).collect(Collectors.joining(", "));
      return new Unhealthy("status " + status + " (expected: " + expected + ")");
    }
    if (body != null && !response.body().contains(body)) {
      return new Unhealthy("body does not contain \"" + body + "\"");
    }
    return new Healthy();
  }

  private static String reason(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    String message = cause.getMessage();
    return message == null || message.isBlank() ? cause.getClass().getSimpleName() : message;
  }
}
