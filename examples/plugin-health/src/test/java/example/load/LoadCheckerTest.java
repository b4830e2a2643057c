package example.load;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.HealthCheck;
import io.upstream4j.api.spi.HealthCheck.Healthy;
import io.upstream4j.api.spi.HealthCheck.Unhealthy;
import io.upstream4j.api.spi.HealthChecker;
import io.upstream4j.testkit.FakePluginContext;
import io.upstream4j.testkit.HealthCheckerContract;
import java.net.ConnectException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Runs the contract of health checks, and tests what is specific to this one. */
class LoadCheckerTest implements HealthCheckerContract {
  private static final Backend BACKEND = Backend.of("10.0.0.1", 8080);

  @Override
  public HealthChecker plugin() {
    return new LoadChecker();
  }

  @Override
  public Backend workingBackend(FakePluginContext context) {
    context.probes().answers(200, "0.25\n");
    return BACKEND;
  }

  @Override
  public Backend brokenBackend(FakePluginContext context) {
    context.probes().answers(503, "");
    return BACKEND;
  }

  @Override
  public Backend deadBackend(FakePluginContext context) {
    context.probes().fails(new ConnectException("connection refused"));
    return BACKEND;
  }

  @Override
  public Backend silentBackend(FakePluginContext context) {
    context.probes().staysSilent();
    return BACKEND;
  }

  @Test
  void theLoadMayBeUpToTheGreatest() {
    assertEquals(new Healthy(), probe("2.5"));
    assertEquals(new Unhealthy("load 2.6 (expected: up to 2.5)"), probe("2.6"));
  }

  @Test
  void whatIsNoNumberIsSaid() {
    assertEquals(new Unhealthy("\"<html>\" (expected: a number)"), probe("<html>"));
  }

  private HealthCheck.Result probe(String body) {
    FakePluginContext context = new FakePluginContext();
    context.probes().answers(200, body);
    Options options = Options.of(plugin().options(), Node.Mapping.of(Map.of("max", 2.5)));
    try (HealthCheck check = plugin().create(options, context)) {
      return check.probe(BACKEND).toCompletableFuture().join();
    }
  }
}
