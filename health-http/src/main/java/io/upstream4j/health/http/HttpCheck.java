package io.upstream4j.health.http;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.HealthCheck;
import io.upstream4j.api.spi.ProbeClient;
import io.upstream4j.api.spi.ProbeRequest;
import java.util.concurrent.CompletionStage;

/**
 * Sends a request and judges the response.
 *
 * @param probes sends the request
 * @param request the request, which is the same for every backend
 * @param port the port to connect to
 * @param expectation the expected response
 */
record HttpCheck(ProbeClient probes, ProbeRequest request, ProbePort port, Expectation expectation)
    implements HealthCheck {
  @Override
  public CompletionStage<Result> probe(Backend backend) {
    return probes
        .send(port.of(backend), request, expectation::isDecided)
        .thenApply(expectation::judge);
  }
}
