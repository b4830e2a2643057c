/** The health check {@code load}. */
module example.load {
  requires io.upstream4j.api;

  provides io.upstream4j.api.spi.HealthChecker with
      example.load.LoadChecker;
}
