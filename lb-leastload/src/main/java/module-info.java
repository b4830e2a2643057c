/** The {@code random}, {@code least_request} and {@code peak_ewma} load balancers. */
@org.jspecify.annotations.NullMarked
module io.upstream4j.lb.leastload {
  requires io.upstream4j.api;
  requires static org.jspecify;

  provides io.upstream4j.api.spi.LoadBalancerProvider with
      io.upstream4j.lb.leastload.RandomProvider,
      io.upstream4j.lb.leastload.LeastRequestProvider,
      io.upstream4j.lb.leastload.PeakEwmaProvider;
}
