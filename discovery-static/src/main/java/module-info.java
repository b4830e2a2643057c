/** The {@code static} discovery. */
@org.jspecify.annotations.NullMarked
module io.upstream4j.discovery.fixed {
  requires io.upstream4j.api;
  requires static org.jspecify;

  provides io.upstream4j.api.spi.DiscoveryProvider with
      io.upstream4j.discovery.fixed.StaticProvider;
}
