package io.upstream4j.core.probe;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.HealthChecker;
import io.upstream4j.testkit.FakePluginContext;
import io.upstream4j.testkit.HealthCheckerContract;
import java.net.ConnectException;
import java.util.Map;
import org.junit.jupiter.api.Nested;

class TcpCheckerTest implements HealthCheckerContract {
  private static final Backend BACKEND = Backend.of("10.0.0.1", 80);

  @Override
  public HealthChecker plugin() {
    return new TcpChecker();
  }

  @Override
  public Backend workingBackend(FakePluginContext context) {
    context.probes().answers(200, "");
    return BACKEND;
  }

  /** For a check that only connects, a backend that answers wrongly is one that closes the door. */
  @Override
  public Backend brokenBackend(FakePluginContext context) {
    return deadBackend(context);
  }

  @Override
  public Backend deadBackend(FakePluginContext context) {
    context.probes().fails(new ConnectException("connection refused: 10.0.0.1:80"));
    return BACKEND;
  }

  @Override
  public Backend silentBackend(FakePluginContext context) {
    context.probes().staysSilent();
    return BACKEND;
  }

  /** The same with what is sent and expected. */
  @Nested
  class Talking implements HealthCheckerContract {
    @Override
    public HealthChecker plugin() {
      return new TcpChecker();
    }

    @Override
    public Map<String, ?> options() {
      return Map.of("send", "PING\\r\\n", "expect", "+PONG");
    }

    @Override
    public Backend workingBackend(FakePluginContext context) {
      context.probes().answers(200, "+PONG\r\n");
      return BACKEND;
    }

    @Override
    public Backend brokenBackend(FakePluginContext context) {
      context.probes().answers(200, "-ERR\r\n");
      return BACKEND;
    }

    @Override
    public Backend deadBackend(FakePluginContext context) {
      return TcpCheckerTest.this.deadBackend(context);
    }

    @Override
    public Backend silentBackend(FakePluginContext context) {
      return TcpCheckerTest.this.silentBackend(context);
    }
  }
}
