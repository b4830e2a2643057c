package io.upstream4j.distribution.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.upstream4j.core.connect.TransportType;
import io.upstream4j.core.peer.TlsIdentity;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests TLS clients: curl, h2load and openssl. */
@Timeout(60)
class TlsClientTest {
  private static final int LONG = 600;

  @TempDir static Path folder;

  @BeforeAll
  static void issue() throws Exception {
    for (String name : List.of("first", "second")) {
      run(
          List.of(
              "openssl",
              "req",
              "-x509",
              "-newkey",
              "ec",
              "-pkeyopt",
              "ec_paramgen_curve:P-256",
              "-nodes",
              "-days",
              "30",
              "-subj",
              "/CN=" + name,
              "-addext",
              "subjectAltName=IP:127.0.0.1",
              "-keyout",
              folder.resolve(name + ".key").toString(),
              "-out",
              folder.resolve(name + ".pem").toString()));
    }
  }

  private static TlsIdentity identity(String name) throws IOException {
    return TlsIdentity.read(folder.resolve(name + ".pem"), folder.resolve(name + ".key"));
  }

  private static InetSocketAddress listen(TestGateway gateway) throws IOException {
    gateway.gateway.showAs(identity("first"));
    return gateway.gateway.startTls("127.0.0.1", 0);
  }

  private static String curl(InetSocketAddress address, String path, String... options)
      throws Exception {
    List<String> command = new ArrayList<>(List.of("curl", "-sS", "-m", "20", "--cacert"));
    command.add(folder.resolve("first.pem").toString());
    command.addAll(List.of(options));
    command.add("https://127.0.0.1:" + address.getPort() + path);
    return run(command);
  }

  private static String run(List<String> command) throws Exception {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      assumeTrue(false, command.get(0) + " is not installed");
      throw e;
    }
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), ISO_8859_1);
    process.waitFor();
    return output;
  }

  @Test
  void theVersionOfHttpIsAgreedOnInTheHandshake() throws Exception {
    try (TestBackend backend =
            new TestBackend(call -> call.answer(new String(call.body(), ISO_8859_1)));
        TestGateway gateway = TestGateway.before(backend)) {
      InetSocketAddress address = listen(gateway);
      assertThat(curl(address, "/", "--http2", "-i", "-d", "hello"))
          .startsWith("HTTP/2 200")
          .endsWith("hello");
      TestBackend.Head head = backend.nextHead();
      assertThat(head.header("x-forwarded-proto")).isEqualTo("https");
      assertThat(head.header("via")).isEqualTo("2 upstream4j");
      assertThat(curl(address, "/", "--http1.1", "-i", "-d", "hello"))
          .startsWith("HTTP/1.1 200")
          .endsWith("hello");
      head = backend.nextHead();
      assertThat(head.header("x-forwarded-proto")).isEqualTo("https");
      assertThat(head.header("via")).isEqualTo("1.1 upstream4j");
    }
  }

  @Test
  void anAnswerWithoutALengthEndsWithTlsGoodbye() throws Exception {
    String page = "x".repeat(200_000);
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  call.send("HTTP/1.1 200 OK\r\n\r\n" + page);
                  return false;
                });
        TestGateway gateway = TestGateway.before(backend)) {
      // curl reports a connection that ends without close_notify.
      assertThat(curl(listen(gateway), "/", "--http1.0")).isEqualTo(page);
    }
  }

  @Test
  void anAnswerThatBreaksOffDoesNotLookComplete() throws Exception {
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  call.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf");
                  return false;
                });
        TestGateway gateway = TestGateway.before(backend)) {
      InetSocketAddress address = listen(gateway);
      assertThat(curl(address, "/", "--http1.1")).contains("curl: (18)");
      assertThat(curl(address, "/", "--http2")).contains("curl: (92)");
    }
  }

  @Test
  void aRefusedBodyStillGetsItsAnswer() throws Exception {
    try (TestBackend backend = TestBackend.answering("ok");
        TestGateway gateway = TestGateway.before(backend)) {
      Path large = folder.resolve("large");
      Files.write(large, new byte[3_000_000]);
      String[] trace = {"-X", "TRACE", "-i", "--data-binary", "@" + large};
      assertThat(curl(listen(gateway), "/", trace)).contains("501");
    }
  }

  @Test
  void aHundredStreamsAtOnceHaveNoErrors() throws Exception {
    try (TestBackend backend = TestBackend.answering("hello");
        TestGateway gateway = TestGateway.before(backend)) {
      String url = "https://127.0.0.1:" + listen(gateway).getPort() + "/";
      assertThat(run(List.of("h2load", "-n", "5000", "-c", "4", "-m", "100", url)))
          .contains("Application protocol: h2", "5000 succeeded, 0 failed, 0 errored", "5000 2xx");
      assertThat(run(List.of("h2load", "--h1", "-n", "5000", "-c", "20", url)))
          .contains("http/1.1", "5000 succeeded, 0 failed, 0 errored", "5000 2xx");
    }
  }

  @Test
  void theGoodbyeOfAClientEndsItsHalfOfATunnel() throws Exception {
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  call.send(
                      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");
                  call.send("got: " + new String(call.in.readAllBytes(), ISO_8859_1));
                  return false;
                });
        TestGateway gateway = TestGateway.before(backend)) {
      InetSocketAddress address = listen(gateway);
      try (SSLSocket client = connect(address)) {
        String granted = "HTTP/1.1 101 Switching Protocols\r\n";
        client
            .getOutputStream()
            .write(
                "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nall"
                    .getBytes(ISO_8859_1));
        assertThat(client.getInputStream().readNBytes(granted.length()))
            .asString(ISO_8859_1)
            .isEqualTo(granted);
        client.shutdownOutput(); // TLS 1.3: close_notify closes only this direction

        assertThat(client.getInputStream().readAllBytes())
            .asString(ISO_8859_1)
            .endsWith("got: all");
      }
      TestGateway.await("none", () -> gateway.inFlight() == 0);
      assertThat(gateway.gateway.stats().aborted()).isZero();
    }
  }

  @Test
  void aClientThatNegotiatesAgainIsShownOut() throws Exception {
    try (TestBackend backend = TestBackend.answering("hello");
        TestGateway gateway = TestGateway.before(backend)) {
      InetSocketAddress address = listen(gateway);
      try (SSLSocket client = connect(address)) {
        client.setEnabledProtocols(new String[] {"TLSv1.2"});
        for (int i = 0; i < 2; i++) {
          client.getOutputStream().write("GET / HTTP/1.1\r\nHost: h\r\n\r\n".getBytes(ISO_8859_1));
          assertThat(TestBackend.line(client.getInputStream())).isEqualTo("HTTP/1.1 200 OK");
          while (!TestBackend.line(client.getInputStream()).isEmpty()) {}
          assertThat(client.getInputStream().readNBytes(5)).asString(ISO_8859_1).isEqualTo("hello");
        }
        client.startHandshake();
        assertThat(isEnded(client)).isTrue();
      }
      TestGateway.await("none", () -> gateway.gateway.stats().connections() == 0);
    }
  }

  @Test
  void aClientOfHttp2ThatNegotiatesAgainIsShownOut() throws Exception {
    try (TestBackend backend = TestBackend.answering("hello");
        TestGateway gateway = TestGateway.before(backend);
        SSLSocket client = connect(listen(gateway))) {
      SSLParameters parameters = client.getSSLParameters();
      parameters.setApplicationProtocols(new String[] {"h2"});
      parameters.setProtocols(new String[] {"TLSv1.2"});
      client.setSSLParameters(parameters);
      client
          .getOutputStream()
          .write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0".getBytes(ISO_8859_1));
      assertThat(client.getInputStream().readNBytes(4)[3]).as("SETTINGS").isEqualTo((byte) 4);
      assertThat(client.getApplicationProtocol()).isEqualTo("h2");
      client.startHandshake();
      assertThat(isEnded(client)).isTrue();
      TestGateway.await("none", () -> gateway.gateway.stats().connections() == 0);
    }
  }

  /** Returns whether the gateway ends the connection, after reading what it sent before. */
  private static boolean isEnded(SSLSocket client) throws IOException {
    client.setSoTimeout(5_000);
    try {
      client.getInputStream().readAllBytes();
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true; // during the handshake
    }
  }

  private static SSLSocket connect(InetSocketAddress address) throws Exception {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    try (InputStream pem = Files.newInputStream(folder.resolve("first.pem"))) {
      trusted.setCertificateEntry(
          "first", CertificateFactory.getInstance("X.509").generateCertificate(pem));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext tls = SSLContext.getInstance("TLSv1.3");
    tls.init(null, trust.getTrustManagers(), null);
    return (SSLSocket) tls.getSocketFactory().createSocket(address.getAddress(), address.getPort());
  }

  @Test
  void aNewCertificateIsShownToNewConnections() throws Exception {
    try (TestBackend backend = TestBackend.answering("ok");
        TestGateway gateway = TestGateway.before(backend)) {
      InetSocketAddress address = listen(gateway);
      String subject = "openssl s_client -connect 127.0.0.1:" + address.getPort();
      assertThat(run(List.of(subject.split(" ")))).contains("CN = first");
      gateway.gateway.showAs(identity("second"));
      assertThat(run(List.of(subject.split(" ")))).contains("CN = second");
    }
  }

  @Test
  void whoDoesNotSpeakTlsIsShownOut() throws Exception {
    try (TestBackend backend = TestBackend.answering("ok");
        TestGateway gateway =
            TestGateway.hurrying(new ClientTimeouts(LONG, 1, LONG, LONG, LONG, LONG), backend)) {
      InetSocketAddress address = listen(gateway);
      try (Socket plain = new Socket(address.getAddress(), address.getPort())) {
        plain.setSoTimeout(20_000);
        plain.getOutputStream().write("GET / HTTP/1.1\r\nHost: h\r\n\r\n".getBytes(ISO_8859_1));
        byte[] answer = plain.getInputStream().readAllBytes();
        assertThat(new String(answer, ISO_8859_1)).doesNotContain("HTTP/1.1");
      }
      try (Socket silent = new Socket(address.getAddress(), address.getPort())) {
        silent.setSoTimeout(20_000);
        assertThat(silent.getInputStream().read()).as("given up").isEqualTo(-1);
      }
      TestGateway.await("none", () -> gateway.gateway.stats().connections() == 0);
      assertThat(backend.heads).isEmpty();
    }
  }

  @Test
  void idleOnesMakeRoomForOthers() throws Exception {
    ConnectionLimit one = new ConnectionLimit(100, ConnectionLimit.TLS_UNITS);
    try (TestBackend backend = TestBackend.answering("hello");
        TestGateway gateway = TestGateway.withRoom(one, TransportType.best(), backend)) {
      InetSocketAddress address = listen(gateway);
      try (Socket silent = new Socket(address.getAddress(), address.getPort());
          SSLSocket idle = connect(address)) {
        silent.setSoTimeout(20_000);
        idle.startHandshake();
        assertThat(silent.getInputStream().readAllBytes()).as("closed").isNotNull();
        for (String version : List.of("--http1.1", "--http2")) {
          assertThat(curl(address, "/", version)).isEqualTo("hello");
        }
        assertThat(isEnded(idle)).isTrue();
      }
    }
  }

  @Test
  void withoutACertificateNobodyListens() throws Exception {
    try (TestBackend backend = TestBackend.answering("ok");
        TestGateway gateway = TestGateway.before(backend)) {
      assertThatThrownBy(() -> gateway.gateway.startTls("127.0.0.1", 0))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("no certificate");
    }
  }
}
