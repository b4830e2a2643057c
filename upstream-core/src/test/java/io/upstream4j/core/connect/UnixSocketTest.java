package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.peer.SocketOptions;
import io.upstream4j.core.peer.TlsOptions;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Unix domain sockets of a real nginx, with each transport. */
@ParameterizedClass
@MethodSource("io.upstream4j.core.connect.TransportTypeTest#available")
class UnixSocketTest {
  @Parameter TransportType transport;
  @TempDir Path folder;
  private Connector connector;

  @BeforeEach
  void start() {
    connector = new Connector(2, transport);
  }

  @AfterEach
  void close() {
    connector.close();
  }

  private HttpPeer peer(String name, PeerOptions options) {
    Endpoint endpoint = Endpoint.unix(folder.resolve(name).toString());
    return new HttpPeer(
        "test",
        new Backend(endpoint, 1, Attributes.none()),
        InetSocketAddress.createUnresolved(endpoint.host(), endpoint.port()),
        options);
  }

  @Test
  void requestsGoThroughTheSocketAndItsConnectionsAreReused() throws Exception {
    try (Nginx nginx =
        Nginx.start(
            folder,
            "listen unix:"
                + folder.resolve("s")
                + "; location / { return 200 'by $server_addr'; }")) {
      assertThat(nginx.port()).isPositive();
      // Options of TCP say nothing about such a socket.
      PeerOptions options =
          new PeerOptions(
              Alpn.H1,
              Optional.empty(),
              Peers.TIMEOUTS,
              Peers.LIMITS,
              new SocketOptions(
                  Optional.of(Duration.ofSeconds(5)),
                  Optional.empty(),
                  Optional.empty(),
                  Optional.empty(),
                  Optional.empty(),
                  true));
      HttpPeer peer = peer("s", options);
      for (int i = 0; i < 100; i++) {
        assertThat(Call.start(Call.open(connector, peer), Call.get("/")).response().text())
            .isEqualTo("by unix:" + folder.resolve("s"));
      }
      assertThat(connector.stats(peer).opened()).isLessThanOrEqualTo(2);
    }
  }

  @Test
  void tlsIsSpokenThroughItWhenTheTrafficIsEncrypted() throws Exception {
    Certificates certificates = new Certificates(folder);
    certificates.authority("ca");
    certificates.issue("server", "ca", "unix.test", 2);
    try (Nginx nginx =
        Nginx.start(
            folder,
            "listen unix:%s ssl; ssl_certificate %s; ssl_certificate_key %s; location / { return 200 '$scheme'; }"
                .formatted(
                    folder.resolve("t"),
                    certificates.path("server.pem"),
                    certificates.path("server.key")))) {
      assertThat(nginx.port()).isPositive();
      HttpPeer peer = peer("t", Peers.with(new TlsOptions("unix.test", false, false)));
      assertThat(Call.start(Call.open(connector, peer), Call.get("/")).response().text())
          .isEqualTo("https");
    }
  }

  @Test
  void aSocketThatNobodyListensToIsNamed() {
    assertThatThrownBy(() -> Call.open(connector, peer("nobody", Peers.PLAIN)))
        .rootCause()
        .isInstanceOfSatisfying(
            PeerException.class,
            e -> {
              assertThat(e.failure()).isEqualTo(Failure.CONNECT);
              assertThat(e)
                  .hasMessageContaining("unix:" + folder.resolve("nobody") + ": no such socket")
                  .hasMessageNotContaining("null");
            });
  }
}
