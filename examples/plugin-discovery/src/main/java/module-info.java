/** The {@code file} discovery. */
module example.file {
  requires io.upstream4j.api;

  provides io.upstream4j.api.spi.DiscoveryProvider with
      example.file.FileProvider;
}
