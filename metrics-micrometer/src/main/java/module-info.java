/** Exposes the statistics of upstreams as Micrometer meters. */
@org.jspecify.annotations.NullMarked
module io.upstream4j.metrics.micrometer {
  requires transitive io.upstream4j.core;
  requires transitive micrometer.core;
  requires static org.jspecify;

  exports io.upstream4j.metrics.micrometer;
}
