/** The {@code http} and {@code grpc} health checks. */
@org.jspecify.annotations.NullMarked
module io.upstream4j.health.http {
  requires io.upstream4j.api;
  requires static org.jspecify;

  provides io.upstream4j.api.spi.HealthChecker with
      io.upstream4j.health.http.GrpcChecker,
      io.upstream4j.health.http.HttpChecker;
}
