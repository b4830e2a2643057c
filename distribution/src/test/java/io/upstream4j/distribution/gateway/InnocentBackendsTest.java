package io.upstream4j.distribution.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.upstream4j.core.Upstream;
import io.upstream4j.core.http.UpstreamRequest;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.stats.BackendStats;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests failures for which the backend is not at fault: no retry, no ejection, and a suitable
 * response.
 */
@Timeout(60)
class InnocentBackendsTest {
  private static final String BREAKER =
      "circuit_break_max_consecutive_failures: 2\ncircuit_break_open_duration: 1h\n";

  @TempDir static Path folder;

  @BeforeAll
  static void issue() throws Exception {
    openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=test"
            + " -addext subjectAltName=DNS:api.example.com -keyout k.pem -out c.pem");
    openssl("pkcs12 -export -inkey k.pem -in c.pem -passout pass:secret -out store.p12");
  }

  private static void openssl(String arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments.split(" ")));
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("log").toFile())
              .start();
    } catch (IOException e) {
      assumeTrue(false, "openssl is not installed");
      throw e;
    }
    assertThat(process.waitFor()).as(Files.readString(folder.resolve("log"))).isZero();
  }

  /** What a server does with a connection before or instead of TLS. */
  private interface Entry {
    boolean admits(Socket socket) throws IOException;
  }

  /** A server with a certificate for api.example.com that answers each request. */
  private static final class TlsBackend implements AutoCloseable {
    private final SSLServerSocket listener;

    TlsBackend(Entry entry, boolean refusesOtherNames) throws Exception {
      KeyStore store = KeyStore.getInstance("PKCS12");
      try (InputStream in = Files.newInputStream(folder.resolve("store.p12"))) {
        store.load(in, "secret".toCharArray());
      }
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, "secret".toCharArray());
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), null, null);
      listener =
          (SSLServerSocket)
              context
                  .getServerSocketFactory()
                  .createServerSocket(0, 100, InetAddress.getLoopbackAddress());
      if (refusesOtherNames) {
        SSLParameters parameters = listener.getSSLParameters();
        parameters.setSNIMatchers(List.of(SNIHostName.createSNIMatcher("api\\.example\\.com")));
        listener.setSSLParameters(parameters);
      }
      daemon(
          () -> {
            while (true) {
              Socket socket = listener.accept();
              daemon(() -> serve(socket, entry));
            }
          });
    }

    private static void serve(Socket socket, Entry entry) throws IOException {
      try (socket) {
        if (entry.admits(socket)) {
          while (!TestBackend.line(socket.getInputStream()).isEmpty()) {}
          socket
              .getOutputStream()
              .write(
                  "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                      .getBytes(ISO_8859_1));
        }
      }
    }

    String address() {
      return "127.0.0.1:" + listener.getLocalPort();
    }

    @Override
    public void close() throws IOException {
      listener.close();
    }
  }

  private interface Task {
    void run() throws Exception;
  }

  private static void daemon(Task task) {
    Thread thread =
        new Thread(
            () -> {
              try {
                task.run();
              } catch (Exception e) {
                // The other side closed the connection.
              }
            });
    thread.setDaemon(true);
    thread.start();
  }

  private static TestGateway ofHosts(TlsBackend one, TlsBackend other) throws Exception {
    return TestGateway.of(
        """
        upstreams:
          api:
            health_check: none
            addrs: ["%s", "%s"]
            sni: $host
            tls: { ca: "%s" }
            circuit_break_max_consecutive_failures: 2
            circuit_break_open_duration: 1h
        """
            .formatted(one.address(), other.address(), folder.resolve("c.pem")));
  }

  private static int get(TestGateway gateway, String host) throws IOException {
    try (RawClient client = gateway.connect()) {
      return client.send("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n").receive().status();
    }
  }

  private static void assertInnocent(Upstream upstream) {
    for (BackendStats backend : upstream.stats().backends()) {
      assertThat(backend.circuitClosed()).as("circuit of %s", backend.backend()).isTrue();
      assertThat(backend.failures()).as("failures of %s", backend.backend()).isZero();
      assertThat(backend.inFlight()).as("in flight").isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"-", "a_b.example.com", "-a.example.com", "other.example.com", "127.0.0.1"})
  void aHostThatTheBackendHasNoCertificateForIsMisdirected(String host) throws Exception {
    try (TlsBackend one = new TlsBackend(socket -> true, false);
        TlsBackend other = new TlsBackend(socket -> true, false);
        TestGateway gateway = ofHosts(one, other)) {
      for (int i = 0; i < 10; i++) {
        assertThat(get(gateway, host)).isEqualTo(421);
      }
      Upstream api = gateway.upstreams.get("api");
      assertInnocent(api);
      assertThat(api.stats().retries()).isZero();
      assertThat(api.stats().failures()).containsEntry(Failure.MISDIRECTED, 10L);
      assertThat(get(gateway, "api.example.com")).isEqualTo(200);
    }
  }

  @Test
  void aHostThatTheBackendRefusesByAnAlertIsMisdirected() throws Exception {
    try (TlsBackend one = new TlsBackend(socket -> true, true);
        TlsBackend other = new TlsBackend(socket -> true, true);
        TestGateway gateway = ofHosts(one, other)) {
      for (int i = 0; i < 10; i++) {
        assertThat(get(gateway, "other.example.com")).isEqualTo(421);
      }
      assertInnocent(gateway.upstreams.get("api"));
      assertThat(gateway.upstreams.get("api").stats().retries()).isZero();
      assertThat(get(gateway, "api.example.com")).isEqualTo(200);
    }
  }

  @Test
  void aHostForWhichTheBackendClosesTheConnectionEjectsNobody() throws Exception {
    Entry closing = socket -> false;
    try (TlsBackend one = new TlsBackend(closing, false);
        TlsBackend other = new TlsBackend(closing, false);
        TestGateway gateway = ofHosts(one, other)) {
      for (int i = 0; i < 10; i++) {
        assertThat(get(gateway, "other.example.com")).isEqualTo(502);
      }
      assertInnocent(gateway.upstreams.get("api"));
    }
  }

  /** Occupies two connections of a backend until released. */
  private static final class Slow implements AutoCloseable {
    final CountDownLatch go = new CountDownLatch(1);
    final TestBackend backend;

    Slow() throws IOException {
      backend =
          new TestBackend(
              call -> {
                go.await();
                return call.answer("slow");
              });
    }

    @Override
    public void close() throws IOException {
      go.countDown();
      backend.close();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "max_pending: 0",
        "max_pending: 10\npending_timeout: 50ms",
        "max_pending: 3\npending_timeout: 50ms"
      })
  void aFullPoolIsNoFailureOfItsBackend(String limits) throws Exception {
    try (Slow slow = new Slow();
        TestGateway gateway =
            TestGateway.with(BREAKER + "max_connections: 2\n" + limits, slow.backend)) {
      List<RawClient> clients = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        clients.add(gateway.connect().send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
      }
      Upstream api = gateway.upstreams.get("api");
      TestGateway.await(
          "ten of twelve were refused",
          () ->
              api.stats().failures().get(Failure.PENDING_LIMIT)
                      + api.stats().failures().get(Failure.PENDING_TIMEOUT)
                  == 10);
      assertThat(api.stats().retries()).as("at the same full pool").isZero();
      slow.go.countDown();
      List<Integer> statuses = new ArrayList<>();
      for (RawClient client : clients) {
        try (client) {
          statuses.add(client.receive().status());
        }
      }
      assertThat(statuses).filteredOn(status -> status == 200).hasSize(2);
      assertThat(statuses).filteredOn(status -> status == 503).hasSize(10);
      assertInnocent(api);
    }
  }

  @Test
  void aRequestThatIsRefusedByAFullPoolIsServedByAnotherBackend() throws Exception {
    try (Slow slow = new Slow();
        TestBackend free = TestBackend.answering("free");
        TestGateway gateway =
            TestGateway.with(BREAKER + "max_connections: 2\nmax_pending: 0", slow.backend, free)) {
      Upstream api = gateway.upstreams.get("api");
      List<CompletableFuture<Integer>> answers = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        CompletableFuture<Integer> answer =
            api.send(UpstreamRequest.get("/")).thenApply(response -> response.status());
        answers.add(answer);
        TestGateway.await("it is served, or waits", () -> answer.isDone() || waits(slow, answers));
      }
      TestGateway.await(
          "two wait", () -> answers.stream().filter(answer -> !answer.isDone()).count() <= 2);
      slow.go.countDown();
      for (CompletableFuture<Integer> answer : answers) {
        assertThat(answer.get(20, TimeUnit.SECONDS)).isEqualTo(200);
      }
      assertInnocent(api);
    }
  }

  private static boolean waits(Slow slow, List<CompletableFuture<Integer>> answers) {
    return slow.backend.heads.size() == answers.stream().filter(answer -> !answer.isDone()).count();
  }

  @Test
  void oneRefusedSendCountsOnce() throws Exception {
    try (Slow slow = new Slow();
        TestGateway gateway =
            TestGateway.with(BREAKER + "max_connections: 1\nmax_pending: 0", slow.backend)) {
      Upstream api = gateway.upstreams.get("api");
      CompletableFuture<?> first = api.send(UpstreamRequest.get("/"));
      TestGateway.await("it is full", () -> !slow.backend.heads.isEmpty());
      CompletableFuture<?> second = api.send(UpstreamRequest.get("/"));
      TestGateway.await("it is refused", second::isDone);
      assertThat(second).isCompletedExceptionally();
      assertThat(api.stats().failures()).containsEntry(Failure.PENDING_LIMIT, 1L);
      assertThat(api.stats().retries()).isZero();
      slow.go.countDown();
      first.get(20, TimeUnit.SECONDS);
      assertInnocent(api);
    }
  }

  @Test
  void upstreamsWithTheSameBackendHaveLimitsAndNamesOfTheirOwn() throws Exception {
    try (Slow slow = new Slow();
        TestGateway gateway =
            TestGateway.of(
                """
                upstreams:
                  one: { addrs: ["%1$s"], health_check: none, max_connections: 1, max_pending: 0 }
                  two: { addrs: ["%1$s"], health_check: none, max_connections: 1, max_pending: 0 }
                """
                    .formatted(slow.backend.address()))) {
      CompletableFuture<?> first = gateway.upstreams.get("one").send(UpstreamRequest.get("/"));
      TestGateway.await("one is full", () -> slow.backend.heads.size() == 1);
      CompletableFuture<?> second = gateway.upstreams.get("two").send(UpstreamRequest.get("/"));
      TestGateway.await("two has a connection of its own", () -> slow.backend.heads.size() == 2);
      CompletableFuture<?> third = gateway.upstreams.get("two").send(UpstreamRequest.get("/"));
      assertThat(third)
          .failsWithin(TestGateway.PATIENCE)
          .withThrowableThat()
          .havingCause()
          .isInstanceOf(PeerException.class)
          .withMessageContaining("upstream \"two\"");
      assertThat(gateway.upstreams.get("one").stats().failures())
          .containsEntry(Failure.PENDING_LIMIT, 0L);
      assertThat(gateway.upstreams.get("two").stats().backends().get(0).connections().opened())
          .isEqualTo(1);
      slow.go.countDown();
      first.get(20, TimeUnit.SECONDS);
      second.get(20, TimeUnit.SECONDS);
    }
  }

  /** Starts an HTTP/2 server that allows heads of 500 bytes and answers each request with 200. */
  private static ServerSocket smallHeads() throws IOException {
    ServerSocket listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    daemon(
        () -> {
          while (true) {
            Socket socket = listener.accept();
            daemon(() -> serveHttp2(socket));
          }
        });
    return listener;
  }

  private static void serveHttp2(Socket socket) throws IOException {
    try (socket) {
      OutputStream out = socket.getOutputStream();
      DataInputStream in = new DataInputStream(socket.getInputStream());
      in.readNBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".length());
      ByteBuffer limit = ByteBuffer.allocate(6).putShort((short) 6).putInt(500);
      out.write(frame(4, 0, 0, limit.array()));
      while (true) {
        int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
        int type = in.readUnsignedByte();
        int flags = in.readUnsignedByte();
        int stream = in.readInt();
        in.readNBytes(length);
        if (type == 4 && flags == 0) {
          out.write(frame(4, 1, 0));
        } else if (type == 1) {
          out.write(frame(1, 5, stream, (byte) 0x88)); // :status: 200
        }
      }
    }
  }

  private static byte[] frame(int type, int flags, int stream, byte... payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .put((byte) 0)
        .putShort((short) payload.length)
        .put((byte) type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  @Test
  void headersThatAreTooLargeForABackendOfHttp2AreRefusedAndItsOtherRequestsGoOn()
      throws Exception {
    try (ServerSocket one = smallHeads();
        ServerSocket other = smallHeads();
        TestGateway gateway =
            TestGateway.of(
                """
                upstreams:
                  api:
                    health_check: none
                    addrs: ["127.0.0.1:%d", "127.0.0.1:%d"]
                    alpn: H2
                    circuit_break_max_consecutive_failures: 2
                    circuit_break_open_duration: 1h
                """
                    .formatted(one.getLocalPort(), other.getLocalPort()));
        RawClient client = gateway.connect()) {
      Upstream api = gateway.upstreams.get("api");
      for (int i = 0; i < 10; i++) {
        String cookie = "c=" + "x".repeat(900);
        assertThat(
                client
                    .send("GET / HTTP/1.1\r\nHost: a\r\nCookie: " + cookie + "\r\n\r\n")
                    .receive()
                    .status())
            .isEqualTo(431);
        assertThat(client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").receive().status())
            .isEqualTo(200);
      }
      assertInnocent(api);
      assertThat(api.stats().retries()).isZero();
      assertThat(api.stats().failures()).containsEntry(Failure.HEADERS_TOO_LARGE, 10L);
      TestGateway.await(
          "no stream is in use",
          () ->
              api.stats().backends().stream()
                  .allMatch(backend -> backend.connections().inUse() == 0));
      assertThat(api.stats().backends())
          .allSatisfy(backend -> assertThat(backend.connections().opened()).isLessThan(3));
    }
  }

  @Test
  void aTunnelThatEndsWithAResetIsNoFailure() throws Exception {
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  call.send(
                      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\n"
                          + "Connection: Upgrade\r\n\r\n");
                  TestGateway.await("bytes, which stay unread", () -> isReadable(call.in));
                  return false;
                });
        TestGateway gateway = TestGateway.with(BREAKER, backend)) {
      for (int i = 0; i < 4; i++) {
        try (RawClient client = gateway.connect()) {
          client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n");
          assertThat(client.receiveHead().status()).isEqualTo(101);
          client.send("unread");
          TestGateway.await("it is over", () -> gateway.inFlight() == 0);
        }
      }
      assertInnocent(gateway.upstreams.get("api"));
    }
  }

  private static boolean isReadable(InputStream in) {
    try {
      return in.available() > 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aSilentBackendWithoutOthersIsAskedOnce() throws Exception {
    try (Slow silent = new Slow();
        TestGateway gateway = TestGateway.with("read_timeout: 100ms", silent.backend)) {
      assertThat(get(gateway, "a")).isEqualTo(504);
      assertThat(silent.backend.heads).hasSize(1);
      assertThat(gateway.upstreams.get("api").stats().retries()).isZero();
    }
  }

  @Test
  void aBackendThatStartsAMomentLaterIsTriedAgain() throws Exception {
    int port;
    try (ServerSocket reserved = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = reserved.getLocalPort();
    }
    try (TestGateway gateway =
            TestGateway.of(
                """
                upstreams:
                  api: { addrs: ["127.0.0.1:%d"], health_check: none, retries: 8 }
                """
                    .formatted(port));
        RawClient client = gateway.connect()) {
      Upstream api = gateway.upstreams.get("api");
      client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
      TestGateway.await("it was refused", () -> api.stats().failures().get(Failure.CONNECT) > 0);
      try (ServerSocket late = new ServerSocket(port, 10, InetAddress.getLoopbackAddress())) {
        daemon(() -> answerOne(late));
        assertThat(client.receive().status()).isEqualTo(200);
      }
    }
  }

  private static void answerOne(ServerSocket listener) {
    try (Socket socket = listener.accept()) {
      while (!TestBackend.line(socket.getInputStream()).isEmpty()) {}
      socket
          .getOutputStream()
          .write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(ISO_8859_1));
      socket.getInputStream().read();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
