package io.upstream4j.core.connect;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.ssl.SslProvider;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.peer.TlsOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Certificates, made with the JDK's keytool, and what is checked of them. */
@ParameterizedClass
@MethodSource("io.upstream4j.core.connect.TlsProvidersTest#available")
class TlsTest {
  private static final String PASSWORD = "changeit";

  private static final Map<Socket, Socket> PLAIN = new ConcurrentHashMap<>();

  @TempDir static Path folder;
  private static String trustStoreBefore;

  @Parameter SslProvider provider;
  private Connector connector;

  @BeforeEach
  void start() {
    connector = new Connector(1, TransportType.best(), () -> provider, InetAddress::getAllByName);
  }

  @AfterEach
  void close() {
    connector.close();
  }

  @BeforeAll
  static void makeCertificates() throws Exception {
    key("ca", "CN=Test CA", "-ext", "bc:c");
    key("server", "CN=unused");
    keytool(List.of("-certreq", "-alias", "server", "-file", file("server.csr")));
    sign("good", "90", "+0d");
    sign("expired", "5", "-10d");
    key("selfsigned", "CN=localhost", "-ext", "san=dns:localhost");

    KeyStore trust = KeyStore.getInstance("PKCS12");
    trust.load(null, null);
    trust.setCertificateEntry("ca", all().getCertificate("ca"));
    try (OutputStream out = Files.newOutputStream(folder.resolve("trust.p12"))) {
      trust.store(out, PASSWORD.toCharArray());
    }
    trustStoreBefore = System.getProperty("javax.net.ssl.trustStore");
    System.setProperty("javax.net.ssl.trustStore", folder.resolve("trust.p12").toString());
    System.setProperty("javax.net.ssl.trustStorePassword", PASSWORD);
  }

  @AfterAll
  static void restoreTrustStore() {
    if (trustStoreBefore == null) {
      System.clearProperty("javax.net.ssl.trustStore");
    } else {
      System.setProperty("javax.net.ssl.trustStore", trustStoreBefore);
    }
    System.clearProperty("javax.net.ssl.trustStorePassword");
  }

  private static void key(String alias, String name, String... more) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("-genkeypair", "-alias", alias, "-dname", name, "-keyalg", "EC"));
    command.addAll(List.of(more));
    keytool(command);
  }

  private static void sign(String name, String days, String start) throws Exception {
    keytool(
        List.of(
            "-gencert",
            "-alias",
            "ca",
            "-infile",
            file("server.csr"),
            "-outfile",
            file(name),
            "-validity",
            days,
            "-startdate",
            start,
            "-ext",
            "san=dns:localhost,ip:127.0.0.1"));
  }

  private static String file(String name) {
    return folder.resolve(name).toString();
  }

  private static void keytool(List<String> arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(arguments);
    command.addAll(
        List.of(
            "-keystore",
            folder.resolve("keys.p12").toString(),
            "-storetype",
            "PKCS12",
            "-storepass",
            PASSWORD));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
  }

  private static KeyStore all() throws Exception {
    return KeyStore.getInstance(folder.resolve("keys.p12").toFile(), PASSWORD.toCharArray());
  }

  private static ScriptedServer server(String certificate, ScriptedServer.Script script)
      throws Exception {
    KeyStore one = KeyStore.getInstance("PKCS12");
    one.load(null, null);
    char[] password = PASSWORD.toCharArray();
    if (certificate.equals("selfsigned")) {
      one.setKeyEntry(
          "key",
          all().getKey(certificate, password),
          password,
          all().getCertificateChain(certificate));
    } else {
      try (InputStream in = Files.newInputStream(folder.resolve(certificate))) {
        Certificate signed = CertificateFactory.getInstance("X.509").generateCertificate(in);
        one.setKeyEntry(
            "key",
            all().getKey("server", password),
            password,
            new Certificate[] {signed, all().getCertificate("ca")});
      }
    }
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(one, password);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return new ScriptedServer(script, new TlsServerSocket(context.getSocketFactory()));
  }

  /** TLS on top of plain sockets, so that those can be closed without TLS's goodbye. */
  private static final class TlsServerSocket extends ServerSocket {
    private final SSLSocketFactory tls;

    TlsServerSocket(SSLSocketFactory tls) throws IOException {
      super(0, 50, InetAddress.getLoopbackAddress());
      this.tls = tls;
    }

    @Override
    public Socket accept() throws IOException {
      Socket plain = super.accept();
      SSLSocket socket = (SSLSocket) tls.createSocket(plain, "client", plain.getPort(), true);
      socket.setUseClientMode(false);
      PLAIN.put(socket, plain);
      return socket;
    }
  }

  private static ScriptedServer answering(String certificate) throws Exception {
    return server(
        certificate,
        connection -> {
          while (!connection.readHead().isEmpty()) {
            connection.ok("secret");
          }
        });
  }

  @Test
  void theEndOfOurDirectionOfATunnelIsToldAndTheOtherGoesOn() throws Exception {
    try (ScriptedServer server =
        server(
            "good",
            connection -> {
              connection.readHead();
              connection.send(
                  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");
              connection.send("got " + connection.readToEnd());
            })) {
      HttpPeer peer =
          Peers.of(server.port(), Peers.with(new TlsOptions("localhost", false, false)));
      HttpRequest request = Call.get("/");
      request.headers().set("Connection", "Upgrade").set("Upgrade", "x");
      HttpStream stream = Call.open(connector, peer);
      Call call = Call.start(stream, request);
      Await.until("granted", () -> !call.interim.isEmpty());

      stream.write(new DefaultLastHttpContent(Unpooled.copiedBuffer("seven b", US_ASCII)));
      stream.flush();

      assertThat(call.response().text()).isEqualTo("got 7");
      assertThat(server.errors).isEmpty();
    }
  }

  @Test
  void aPeerThatSpeaksNoTlsIsToldByItsFirstWords() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.send("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n<html>");
              connection.readToEnd();
            })) {
      assertThat(failure(server, new TlsOptions("localhost", true, true)))
          .hasMessageEndingWith(
              "TLS handshake: the peer does not speak TLS (expected: a port that does, or no sni)"
                  + (provider == SslProvider.JDK
                      ? "; it began with \"HTTP/1.1 400 Bad Request\""
                      : "")); // which BoringSSL keeps to itself
    }
  }

  private PeerException failure(ScriptedServer server, TlsOptions tls) throws Exception {
    return failure(server, tls, Failure.TLS);
  }

  private PeerException failure(ScriptedServer server, TlsOptions tls, Failure kind)
      throws Exception {
    HttpPeer peer = Peers.of(server.port(), Peers.with(tls));
    PeerException failure =
        (PeerException) connector.open(peer, Call.anyLoop(connector)).await().cause();
    assertThat(failure).isNotNull();
    assertThat(failure.failure()).isEqualTo(kind);
    assertThat(failure.isSafeToRetry()).isTrue();
    Await.until("closed", () -> connector.open() == 0);
    return failure;
  }

  @Test
  void aTrustedCertificateForTheNameServesAndTheNameIsSent() throws Exception {
    CompletableFuture<List<SNIServerName>> names = new CompletableFuture<>();
    try (ScriptedServer server =
        server(
            "good",
            connection -> {
              while (!connection.readHead().isEmpty()) {
                SSLSocket socket = (SSLSocket) connection.socket;
                names.complete(
                    ((ExtendedSSLSession) socket.getSession()).getRequestedServerNames());
                connection.ok("secret");
              }
            })) {
      HttpPeer peer = Peers.of(server.port(), Peers.with(new TlsOptions("localhost", true, true)));

      assertThat(Call.fetch(connector, peer, "/").text()).isEqualTo("secret");
      assertThat(Call.fetch(connector, peer, "/").reused()).isTrue();
      assertThat(names.get()).hasSize(1);
      assertThat(names.get().get(0).toString()).contains("localhost");
    }
  }

  @Test
  void anAddressMayBeTheName() throws Exception {
    try (ScriptedServer server = answering("good")) {
      HttpPeer peer = Peers.of(server.port(), Peers.with(new TlsOptions("127.0.0.1", true, true)));

      assertThat(Call.fetch(connector, peer, "/").text()).isEqualTo("secret");
    }
  }

  @Test
  void aCertificateForAnotherHostIsRefused() throws Exception {
    try (ScriptedServer server = answering("good")) {
      assertThat(failure(server, new TlsOptions("other.example", true, true)))
          .hasMessageContaining("certificate is for another host")
          .hasMessageContaining("alternative names DNS:localhost, IP:127.0.0.1")
          .hasMessageContaining("(expected: \"other.example\")");
    }
  }

  @Test
  void theHostNameIsNotCheckedWhenToldNotTo() throws Exception {
    try (ScriptedServer server = answering("good")) {
      HttpPeer peer =
          Peers.of(server.port(), Peers.with(new TlsOptions("other.example", true, false)));

      assertThat(Call.fetch(connector, peer, "/").text()).isEqualTo("secret");
    }
  }

  @Test
  void aSelfSignedCertificateIsRefused() throws Exception {
    try (ScriptedServer server = answering("selfsigned")) {
      assertThat(failure(server, new TlsOptions("localhost", true, true)))
          .hasMessageContaining("certificate is self-signed")
          .hasMessageContaining("expected: a chain to an authority in the trust store");
    }
  }

  @Test
  void anExpiredCertificateIsRefused() throws Exception {
    try (ScriptedServer server = answering("expired")) {
      assertThat(failure(server, new TlsOptions("localhost", true, true)))
          .hasMessageContaining("certificate expired on ");
    }
  }

  @Test
  void anyCertificateWillDoWhenToldNotToVerify() throws Exception {
    try (ScriptedServer server = answering("selfsigned")) {
      HttpPeer peer =
          Peers.of(server.port(), Peers.with(new TlsOptions("whatever.example", false, false)));

      assertThat(Call.fetch(connector, peer, "/").text()).isEqualTo("secret");
    }
  }

  @Test
  void aNameThatNobodyVouchesForIsNotChecked() throws Exception {
    try (ScriptedServer server = answering("selfsigned")) {
      assertThat(failure(server, new TlsOptions("localhost", false, true), Failure.INTERNAL))
          .hasMessageContaining("host name")
          .hasMessageContaining("expected");
    }
  }

  @Test
  void clearTextInsteadOfAHandshakeIsATlsFailure() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(connection -> connection.send("HTTP/1.1 400 Bad Request\r\n\r\n"))) {
      failure(server, new TlsOptions("localhost", true, true));
    }
  }

  @Test
  void aPeerThatClosesInTheHandshakeIsATlsFailure() throws Exception {
    try (ScriptedServer server = new ScriptedServer(connection -> {})) {
      failure(server, new TlsOptions("localhost", true, true));
    }
  }

  @Test
  void peersWithDifferentOptionsNeverShareAConnection() throws Exception {
    try (ScriptedServer server = answering("good")) {
      HttpPeer strict =
          Peers.of(server.port(), Peers.with(new TlsOptions("localhost", true, true)));
      HttpPeer otherName =
          Peers.of(server.port(), Peers.with(new TlsOptions("127.0.0.1", true, true)));
      HttpPeer lax = Peers.of(server.port(), Peers.with(new TlsOptions("localhost", false, false)));
      for (HttpPeer peer : List.of(lax, strict, otherName)) {
        assertThat(Call.fetch(connector, peer, "/").reused()).isFalse();
      }
      assertThat(server.accepted).hasValue(3);
      // Equal options in another object are the same peer.
      HttpPeer again = Peers.of(server.port(), Peers.with(new TlsOptions("localhost", true, true)));
      assertThat(Call.fetch(connector, again, "/").reused()).isTrue();
    }
  }

  @Test
  void aBodyWithoutALengthNeedsTlsGoodbye() throws Exception {
    try (ScriptedServer server =
        server(
            "good",
            connection -> {
              String head = connection.readHead();
              connection.send("HTTP/1.1 200 OK\r\n\r\nhalf");
              if (head.startsWith("GET /cut")) {
                PLAIN.get(connection.socket).close();
              }
            })) {
      HttpPeer peer = Peers.of(server.port(), Peers.with(new TlsOptions("localhost", true, true)));

      assertThat(Call.fetch(connector, peer, "/").text()).isEqualTo("half");
      PeerException cut = Call.start(Call.open(connector, peer), Call.get("/cut")).failure();
      assertThat(cut.failure()).isEqualTo(Failure.CLOSED);
    }
  }
}
