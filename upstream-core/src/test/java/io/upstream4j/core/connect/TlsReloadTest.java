package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.api.option.ConfigException;
import io.upstream4j.core.AddressDiscovery;
import io.upstream4j.core.NamedRotation;
import io.upstream4j.core.Upstreams;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Certificates that change while they are in use, before nginx. */
@Timeout(60)
class TlsReloadTest {
  @TempDir Path folder;

  private static void replace(Path file, Path by) throws Exception {
    Files.copy(by, file, StandardCopyOption.REPLACE_EXISTING);
  }

  @Test
  void filesThatChangedAreReadAgainAndBrokenOnesChangeNothing() throws Exception {
    Certificates certificates = Certificates.in(folder);
    certificates.authority("other");
    certificates.issue("server", "ca", "localhost", 30);
    Path ca = folder.resolve("trusted.pem");
    replace(ca, certificates.path("other.pem"));
    try (Nginx nginx =
        Nginx.start(
            Files.createDirectories(folder.resolve("nginx")),
            "ssl_certificate %s; ssl_certificate_key %s; location / { return 200 'hello'; }"
                .formatted(certificates.path("server.pem"), certificates.path("server.key")),
            " ssl")) {
      Path yaml =
          Files.writeString(
              folder.resolve("upstreams.yaml"),
              """
              upstreams:
                api:
                  addrs: ["127.0.0.1:%d"]
                  health_check: none
                  sni: localhost
                  tls: { ca: trusted.pem }
              """
                  .formatted(nginx.port()));
      try (Upstreams upstreams =
          Upstreams.builder()
              .register(new AddressDiscovery())
              .register(new NamedRotation())
              .threads(1)
              .load(yaml)) {
        assertThat(upstreams.files()).containsExactly(ca);
        assertThat(upstreams.reload().updated()).as("nothing has changed").isEmpty();
        var failure = connect(upstreams).cause();
        assertThat(((PeerException) failure).failure()).isEqualTo(Failure.TLS);

        replace(ca, certificates.path("ca.pem"));
        assertThat(upstreams.reload().updated()).containsExactly("api");
        assertThat(fetch(upstreams)).isEqualTo("hello");

        Files.writeString(ca, "half a file");
        assertThatThrownBy(upstreams::reload)
            .isInstanceOf(ConfigException.class)
            .hasMessageContaining("upstreams.yaml:6:12: upstreams.api.tls.ca: ")
            .hasMessageContaining("trusted.pem: no certificate");
        assertThat(fetch(upstreams)).isEqualTo("hello");

        replace(ca, certificates.path("other.pem"));
        assertThat(upstreams.reload().updated()).containsExactly("api");
        assertThat(connect(upstreams).cause()).isInstanceOf(PeerException.class);
      }
    }
  }

  private static io.netty.util.concurrent.Future<HttpStream> connect(Upstreams upstreams)
      throws InterruptedException {
    Connector connector = upstreams.connector();
    return connector.open(upstreams.get("api").newHttpPeer(), Call.anyLoop(connector)).await();
  }

  private static String fetch(Upstreams upstreams) throws Exception {
    return Call.fetch(upstreams.connector(), upstreams.get("api").newHttpPeer(), "/").text();
  }
}
