package io.upstream4j.health.http;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.HealthChecker;
import io.upstream4j.testkit.FakePluginContext;
import io.upstream4j.testkit.HealthCheckerContract;
import java.net.ConnectException;

class GrpcContractTest implements HealthCheckerContract {
  private static final Backend BACKEND = Backend.of("10.0.0.1", 8080);

  @Override
  public HealthChecker plugin() {
    return new GrpcChecker();
  }

  @Override
  public Backend workingBackend(FakePluginContext context) {
    context.probes().answers((backend, request) -> GrpcAnswers.state(1));
    return BACKEND;
  }

  @Override
  public Backend brokenBackend(FakePluginContext context) {
    context.probes().answers((backend, request) -> GrpcAnswers.state(2));
    return BACKEND;
  }

  @Override
  public Backend deadBackend(FakePluginContext context) {
    context.probes().fails(new ConnectException("connection refused: 10.0.0.1:8080"));
    return BACKEND;
  }

  @Override
  public Backend silentBackend(FakePluginContext context) {
    context.probes().staysSilent();
    return BACKEND;
  }
}
