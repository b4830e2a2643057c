package io.upstream4j.health.http;

import io.upstream4j.api.option.StatusRange;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.HealthCheck;
import io.upstream4j.api.spi.ProbeClient;
import io.upstream4j.api.spi.ProbeRequest;
import io.upstream4j.api.spi.ProbeResponse;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Sends one request and judges its response.
 *
 * @param probes sends it
 * @param request the same for every backend
 * @param port where to ask
 * @param expect the statuses of a backend that works
 * @param body what the body must contain, if anything
 * @param pattern what must be found in it, if anything
 */
record HttpCheck(
    ProbeClient probes,
    ProbeRequest request,
    ProbePort port,
    List<StatusRange> expect,
    @Nullable String body,
    @Nullable Pattern pattern)
    implements HealthCheck {
  @Override
  public CompletionStage<Result> probe(Backend backend) {
    return probes
        .send(port.of(backend), request)
        .handle(
            (response, failure) ->
                failure == null ? judge(response) : new Unhealthy(reason(failure)));
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
    if (pattern != null && !pattern.matcher(response.body()).find()) {
      return new Unhealthy("body has nothing that matches \"" + pattern + "\"");
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
