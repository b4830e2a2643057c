package io.upstream4j.core.connect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.ssl.SslProvider;
import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.peer.SocketOptions;
import io.upstream4j.core.peer.TlsIdentity;
import io.upstream4j.core.peer.TlsOptions;
import io.upstream4j.core.peer.TlsTrust;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS with certificates of one's own, before openssl's server and nginx. */
@Timeout(60)
@ParameterizedClass
@MethodSource("io.upstream4j.core.connect.TlsProvidersTest#available")
class TlsFilesTest {
  @TempDir static Path folder;
  private static Certificates certificates;

  @Parameter SslProvider provider;
  private Connector connector;

  @BeforeEach
  void start() {
    connector = new Connector(1, TransportType.best(), () -> provider, InetAddress::getAllByName);
  }

  @BeforeAll
  static void issue() throws Exception {
    certificates = Certificates.in(folder);
    certificates.authority("other");
    certificates.issue("server", "ca", "localhost", 30);
    certificates.issue("client", "ca", "client", 30);
    certificates.issue("stranger", "other", "stranger", 30);
  }

  @AfterEach
  void close() {
    connector.close();
  }

  private static TlsTrust trust(String name) throws IOException {
    return TlsTrust.read(certificates.path(name + ".pem"));
  }

  private static TlsIdentity identity(String name) throws IOException {
    return TlsIdentity.read(certificates.path(name + ".pem"), certificates.path(name + ".key"));
  }

  private static TlsOptions options(String ca, Optional<TlsIdentity> identity, String... protocols)
      throws IOException {
    return new TlsOptions(
        "localhost",
        true,
        true,
        Optional.empty(),
        Optional.of(trust(ca)),
        identity,
        List.of(protocols),
        List.of());
  }

  private static TlsOptions onlyCipher(String cipher) throws IOException {
    return options("localhost", Optional.empty(), List.of("TLSv1.3"), List.of(cipher));
  }

  private static TlsOptions verifying(String name, String sni) throws IOException {
    return options(sni, Optional.of(name), List.of(), List.of());
  }

  private static TlsOptions options(
      String sni, Optional<String> verifyName, List<String> protocols, List<String> ciphers)
      throws IOException {
    return new TlsOptions(
        sni,
        true,
        true,
        verifyName,
        Optional.of(trust("ca")),
        Optional.empty(),
        protocols,
        ciphers);
  }

  /** {@code openssl s_server}, which answers each request with a page about its session. */
  private static final class OpenSsl implements AutoCloseable {
    final int port;
    private final Process process;

    OpenSsl(String... more) throws Exception {
      try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        port = free.getLocalPort();
      }
      List<String> command =
          new ArrayList<>(
              List.of("openssl", "s_server", "-www", "-accept", "127.0.0.1:" + port, "-cert"));
      command.add(certificates.path("server.pem").toString());
      command.addAll(List.of("-key", certificates.path("server.key").toString()));
      command.addAll(List.of("-CAfile", certificates.path("ca.pem").toString()));
      command.addAll(List.of(more));
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      Await.until("openssl listens", this::isListening);
    }

    private boolean isListening() {
      assertThat(process.isAlive()).as("openssl s_server").isTrue();
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return socket.isConnected();
      } catch (IOException e) {
        return false;
      }
    }

    @Override
    public void close() {
      process.destroy();
      process.onExit().orTimeout(20, TimeUnit.SECONDS).join();
    }
  }

  private String page(int port, TlsOptions tls) throws Exception {
    return Call.fetch(connector, Peers.of(port, Peers.with(tls)), "/").text();
  }

  /** How it fails, whether that is known at the handshake's end or, in TLS 1.3, only later. */
  private PeerException failure(int port, TlsOptions tls) throws Exception {
    HttpPeer peer = Peers.of(port, Peers.with(tls));
    var opened = connector.open(peer, Call.anyLoop(connector)).await();
    PeerException failure =
        opened.isSuccess()
            ? Call.start(opened.getNow(), Call.get("/")).failure()
            : (PeerException) opened.cause();
    assertThat(failure.failure()).as(failure.getMessage()).isEqualTo(Failure.TLS);
    return failure;
  }

  @Test
  void anAuthorityOfOnesOwnIsTrustedAndNoOther() throws Exception {
    try (OpenSsl server = new OpenSsl()) {
      assertThat(page(server.port, options("ca", Optional.empty()))).contains("s_server");
      assertThat(failure(server.port, options("other", Optional.empty())))
          .hasMessageContaining("certificate's issuer is not trusted: CN=ca")
          .hasMessageContaining("expected: a chain to one of the authorities of ")
          .hasMessageContaining("other.pem");
      assertThat(failure(server.port, new TlsOptions("localhost", true, true)))
          .hasMessageContaining("expected: a chain to an authority in the trust store");
    }
  }

  @Test
  void peersWithOtherAuthoritiesShareNoConnection() throws Exception {
    try (OpenSsl server = new OpenSsl()) {
      page(server.port, options("ca", Optional.empty()));
      HttpPeer other = Peers.of(server.port, Peers.with(options("other", Optional.empty())));
      assertThat(other)
          .isNotEqualTo(Peers.of(server.port, Peers.with(options("ca", Optional.empty()))));
      failure(server.port, options("other", Optional.empty()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void aServerThatAsksForACertificateGetsOurs(String protocol) throws Exception {
    String version = protocol.equals("TLSv1.2") ? "-tls1_2" : "-tls1_3";
    try (OpenSsl server = new OpenSsl("-Verify", "2", "-verify_return_error", version)) {
      assertThat(page(server.port, options("ca", Optional.of(identity("client")))))
          .contains("s_server");
      assertThat(failure(server.port, options("ca", Optional.empty())))
          .hasMessageContaining("client certificate")
          .hasMessageContaining("tls.cert and tls.key");
      assertThat(failure(server.port, options("ca", Optional.of(identity("stranger")))))
          .hasMessageContaining("it does not take the certificate of ")
          .hasMessageContaining("stranger.pem")
          .hasMessageContaining("(expected: one that is valid, from an authority that it trusts)");
    }
  }

  @Test
  void theNameInTheCertificateMayBeAnotherThanThatOfTheServer() throws Exception {
    try (OpenSsl server = new OpenSsl()) {
      TlsOptions named = verifying("localhost", "elsewhere.example");
      assertThat(page(server.port, named)).contains("s_server");
      TlsOptions wrong = verifying("elsewhere.example", "localhost");
      assertThat(failure(server.port, wrong))
          .hasMessageContaining("(expected: \"elsewhere.example\")");
    }
  }

  @Test
  void protocolsAndCiphersAreThoseThatWereChosen() throws Exception {
    try (OpenSsl server = new OpenSsl("-tls1_2")) {
      assertThat(page(server.port, options("ca", Optional.empty(), "TLSv1.2"))).contains("TLSv1.2");
      assertThat(failure(server.port, options("ca", Optional.empty(), "TLSv1.3")))
          .hasMessageContaining("versions of TLS that were offered, [TLSv1.3]");
    }
    try (OpenSsl server = new OpenSsl("-ciphersuites", "TLS_AES_128_GCM_SHA256")) {
      TlsOptions one = onlyCipher("TLS_AES_128_GCM_SHA256");
      assertThat(page(server.port, one)).contains("TLS_AES_128_GCM_SHA256");
      TlsOptions other = onlyCipher("TLS_AES_256_GCM_SHA384");
      assertThat(failure(server.port, other)).hasMessageContaining("cipher suite");
    }
  }

  @Test
  void sessionsAreResumedUnderTheSameIdentityAndNoOther() throws Exception {
    Path home = Files.createDirectories(folder.resolve("nginx"));
    try (Nginx nginx =
        Nginx.start(
            home,
            """
            ssl_certificate %s; ssl_certificate_key %s; ssl_session_cache shared:all:1m;
            ssl_client_certificate %s; ssl_verify_client on; keepalive_requests 1;
            location / { return 200 '$ssl_session_reused $ssl_client_s_dn'; }
            """
                .formatted(
                    certificates.path("server.pem"),
                    certificates.path("server.key"),
                    certificates.path("ca.pem")),
            " ssl")) {
      certificates.issue("second", "ca", "second", 30);
      TlsOptions first = options("ca", Optional.of(identity("client")));
      TlsOptions second = options("ca", Optional.of(identity("second")));
      assertThat(page(nginx.port(), first)).isEqualTo(". CN=client");
      assertThat(page(nginx.port(), first)).isEqualTo("r CN=client");
      assertThat(page(nginx.port(), second)).isEqualTo(". CN=second");
      assertThat(page(nginx.port(), second)).isEqualTo("r CN=second");
    }
  }

  @Test
  void http2TellsOfAMissingCertificateToo() throws Exception {
    try (OpenSsl server =
        new OpenSsl("-Verify", "2", "-verify_return_error", "-tls1_3", "-alpn", "h2")) {
      HttpPeer peer =
          Peers.of(
              server.port,
              new PeerOptions(
                  Alpn.H2,
                  Optional.of(options("ca", Optional.empty())),
                  Peers.TIMEOUTS,
                  Peers.LIMITS,
                  SocketOptions.SYSTEM));
      PeerException failure =
          (PeerException) connector.open(peer, Call.anyLoop(connector)).await().cause();
      assertThat(failure.failure()).isEqualTo(Failure.TLS);
      assertThat(failure).hasMessageContaining("client certificate");
    }
  }

  @Test
  void filesThatWillNotDoAreNamed() throws Exception {
    Path key = certificates.path("client.key");
    Path empty = Files.writeString(folder.resolve("empty.pem"), "nothing\n");
    Path broken =
        Files.writeString(
            folder.resolve("broken.pem"),
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    Path old =
        Files.writeString(
            folder.resolve("old.key"),
            "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n");
    assertThat(message(() -> TlsTrust.read(folder.resolve("missing.pem"))))
        .endsWith("missing.pem: no such file (expected: a file of PEM)");
    assertThat(message(() -> TlsTrust.read(folder))).contains("a folder");
    assertThat(message(() -> TlsTrust.read(empty))).contains("empty.pem: no certificate");
    assertThat(message(() -> TlsTrust.read(broken))).contains("certificate 1 cannot be read");
    assertThat(message(() -> TlsIdentity.read(certificates.path("server.pem"), key)))
        .startsWith(key + ": not the key of the first certificate of ")
        .contains("subject CN=server");
    assertThat(message(() -> TlsIdentity.read(certificates.path("client.pem"), old)))
        .contains("a key in the form RSA PRIVATE KEY")
        .contains("openssl pkcs8 -topk8 -nocrypt");
    assertThat(message(() -> TlsIdentity.read(certificates.path("client.pem"), empty)))
        .contains("no private key");
    assertThat(identity("client").toString()).doesNotContain(Files.readString(key, UTF_8));
    assertThat(identity("client")).isEqualTo(identity("client")).isNotEqualTo(identity("server"));
  }

  private interface Reading {
    Object read() throws IOException;
  }

  private static String message(Reading reading) {
    try {
      return "" + reading.read();
    } catch (IOException e) {
      return e.getMessage();
    }
  }
}
