/** The {@code transparent} load balancer. */
@org.jspecify.annotations.NullMarked
module io.upstream4j.lb.transparent {
  requires io.upstream4j.api;
  requires static org.jspecify;

  provides io.upstream4j.api.spi.LoadBalancerProvider with
      io.upstream4j.lb.transparent.TransparentProvider;
}
