/** The {@code dns} discovery. */
@org.jspecify.annotations.NullMarked
module io.upstream4j.discovery.dns {
  requires io.upstream4j.api;
  requires org.dnsjava;
  requires static org.jspecify;

  provides io.upstream4j.api.spi.DiscoveryProvider with
      io.upstream4j.discovery.dns.DnsProvider;
}
