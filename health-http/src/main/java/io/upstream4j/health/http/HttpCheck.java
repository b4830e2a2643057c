package io.upstream4j.health.http;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.HealthCheck;
import io.upstream4j.api.spi.ProbeClient;
import io.upstream4j.api.spi.ProbeRequest;
import java.util.concurrent.CompletionStage;

/**
 * Sends one request and judges its response.
 *
 * @param probes sends it
 * @param request the same for every backend
 * @param port where to ask
 * @param expectation what the response must be like
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
