/** The {@code load} health check. */
module example.load {
  requires io.upstream4j.api;

  provides io.upstream4j.api.spi.HealthChecker with
      example.load.LoadChecker;
}
