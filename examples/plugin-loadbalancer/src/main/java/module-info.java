/** The load balancer {@code fewest}. */
module example.fewest {
  requires io.upstream4j.api;

  provides io.upstream4j.api.spi.LoadBalancerProvider with
      example.fewest.FewestProvider;
}
