package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.core.AddressDiscovery;
import io.upstream4j.core.NamedRotation;
import io.upstream4j.core.NoBackendException;
import io.upstream4j.core.Upstream;
import io.upstream4j.core.Upstreams;
import io.upstream4j.core.http.ResponseTooLargeException;
import io.upstream4j.core.http.UpstreamRequest;
import io.upstream4j.core.http.UpstreamResponse;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.stats.BackendStats;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whole requests and responses, over real sockets. */
@Timeout(60)
class SendTest {
  private final List<AutoCloseable> open = new ArrayList<>();
  private Upstream api;

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  private Upstream upstream(String keys, int... ports) {
    Upstreams upstreams =
        Upstreams.builder()
            .register(new AddressDiscovery())
            .register(new NamedRotation())
            .threads(1)
            .load(
                "test.yaml",
                "upstreams:\n  api:\n    addrs: "
                    + IntStream.of(ports).mapToObj(port -> "\"127.0.0.1:" + port + "\"").toList()
                    + "\n    health_check: none\n"
                    + keys.indent(4));
    open.add(0, upstreams);
    api = upstreams.get("api");
    return api;
  }

  private ScriptedServer server(ScriptedServer.Script script) {
    ScriptedServer server = new ScriptedServer(script);
    open.add(server);
    return server;
  }

  private static <T> T get(CompletableFuture<T> future) throws Exception {
    return future.get(20, TimeUnit.SECONDS);
  }

  private int inFlight() {
    return api.stats().backends().stream().mapToInt(BackendStats::inFlight).sum();
  }

  @Test
  void aRequestArrivesAsItIsAndItsResponseIsWhole() throws Exception {
    BlockingQueue<String> heads = new LinkedBlockingQueue<>();
    ScriptedServer server =
        server(
            connection -> {
              for (String head = connection.readHead();
                  !head.isEmpty();
                  head = connection.readHead()) {
                heads.add(head);
                connection.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
                connection.send(
                    "HTTP/1.1 201 Created\r\nX-Two: 1\r\nx-two: 2\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n");
                connection.send("5\r\nhello\r\n6\r\n world\r\n0\r\nX-End: here\r\n\r\n");
              }
            });
    upstream("", server.port());
    UpstreamResponse response =
        get(api.send(UpstreamRequest.get("/a%20b?c=d").withHeader("X-User", "7")));

    assertThat(heads.remove())
        .startsWith("GET /a%20b?c=d HTTP/1.1\r\n")
        .containsIgnoringCase("\r\nx-user: 7\r\n")
        .containsIgnoringCase("\r\nhost: 127.0.0.1:" + server.port() + "\r\n")
        .doesNotContainIgnoringCase("content-length");
    assertThat(response.status()).isEqualTo(201);
    assertThat(response.body()).isEqualTo("hello world");
    assertThat(response.headers().get("x-two")).containsExactly("1", "2");
    assertThat(response.header("X-TWO")).hasValue("1");
    assertThat(response.header("link")).isEmpty();
    assertThat(response.trailers().get("x-end")).containsExactly("here");
    assertThat(response.backend().endpoint()).hasToString("127.0.0.1:" + server.port());

    get(api.send(UpstreamRequest.of("POST", "/").withHeader("host", "api.example")));
    assertThat(heads.remove())
        .startsWith("POST / HTTP/1.1\r\n")
        .containsIgnoringCase("\r\nhost: api.example\r\n")
        .containsIgnoringCase("\r\ncontent-length: 0\r\n");
    assertThat(server.accepted.get()).isEqualTo(1);
    assertThat(api.stats().requests()).isEqualTo(2);
    assertThat(inFlight()).isZero();
  }

  @Test
  void aStatusThatIsNoneFailsTheTryAtOnce() throws Exception {
    ScriptedServer server =
        server(
            connection -> {
              connection.readHead();
              connection.send("HTTP/1.1 20 Odd\r\nContent-Length: 2\r\n\r\nxx");
              connection.readToEnd();
            });
    upstream("", server.port());

    assertThatThrownBy(() -> get(api.send(UpstreamRequest.get("/"))))
        .cause()
        .isInstanceOfSatisfying(
            PeerException.class,
            failure -> assertThat(failure.failure()).isEqualTo(PeerException.Failure.PROTOCOL))
        .hasMessageContaining("the status \"20\" (expected: three digits, 100 to 999)");
    assertThat(inFlight()).isZero();
  }

  @Test
  void aStatusAbove599IsAResponse() throws Exception {
    ScriptedServer server =
        server(
            connection -> {
              connection.readHead();
              connection.send("HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nxx");
              connection.readToEnd();
            });
    upstream("", server.port());

    assertThat(get(api.send(UpstreamRequest.get("/"))).status()).isEqualTo(999);
  }

  @Test
  void thousandsAtOnceShareConnectionsAndAllAreAnswered() throws Exception {
    ScriptedServer server = ScriptedServer.answering("hello");
    open.add(server);
    upstream("max_connections: 8\nmax_pending: 10000\npending_timeout: 30s", server.port());
    List<CompletableFuture<UpstreamResponse>> all =
        IntStream.range(0, 5_000).mapToObj(i -> api.send(UpstreamRequest.get("/" + i))).toList();
    for (CompletableFuture<UpstreamResponse> each : all) {
      assertThat(get(each).body()).isEqualTo("hello");
    }
    assertThat(server.accepted.get()).isLessThanOrEqualTo(8);
    assertThat(inFlight()).isZero();
  }

  @Test
  void aBackendThatIsNotThereCostsNothingNotEvenThatOfAPost() throws Exception {
    int nobody;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      nobody = free.getLocalPort();
    }
    BlockingQueue<Integer> bodies = new LinkedBlockingQueue<>();
    ScriptedServer server =
        server(
            connection -> {
              while (!connection.readHead().isEmpty()) {
                bodies.add(connection.readBytes(4));
                connection.ok("fine");
              }
            });
    upstream("retries: 1\ncircuit_break_max_consecutive_failures: off", nobody, server.port());
    for (int i = 0; i < 6; i++) {
      UpstreamResponse response = get(api.send(UpstreamRequest.post("/", "1234")));
      assertThat(response.body()).isEqualTo("fine");
    }
    assertThat(bodies).containsExactly(4, 4, 4, 4, 4, 4);
    assertThat(api.stats().retries()).as("each turn begins there").isEqualTo(6);
  }

  @Test
  void aResponseThatBreaksOffIsAskedForAgainWhereThatIsSafe() throws Exception {
    ScriptedServer half =
        server(
            connection -> {
              connection.readHead();
              connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
            });
    ScriptedServer whole = ScriptedServer.answering("whole");
    open.add(whole);
    upstream("retries: 1\ncircuit_break_max_consecutive_failures: off", half.port(), whole.port());
    for (int i = 0; i < 4; i++) {
      assertThat(get(api.send(UpstreamRequest.get("/"))).body()).isEqualTo("whole");
    }
    assertThat(half.accepted.get()).as("each turn begins there").isEqualTo(4);

    upstream("retries: 1", half.port());
    assertThatThrownBy(() -> get(api.send(UpstreamRequest.post("/", ""))))
        .cause()
        .isInstanceOfSatisfying(
            PeerException.class,
            e -> assertThat(e.failure()).isEqualTo(PeerException.Failure.CLOSED));
    assertThat(half.accepted.get()).isEqualTo(5);
    assertThat(inFlight()).isZero();
  }

  @Test
  void aBodyBeyondItsBoundIsNotKept() throws Exception {
    ScriptedServer server = ScriptedServer.answering("0123456789");
    open.add(server);
    upstream("retries: 1", server.port());
    assertThat(get(api.send(UpstreamRequest.get("/").withMaxBodyBytes(10))).body()).hasSize(10);
    assertThatThrownBy(() -> get(api.send(UpstreamRequest.get("/big").withMaxBodyBytes(9))))
        .cause()
        .isInstanceOf(ResponseTooLargeException.class)
        .hasMessage(
            "upstream \"api\", http://127.0.0.1:"
                + server.port()
                + ": the body of the response to GET /big has more than the 9 bytes that the"
                + " request allows");
    assertThat(get(api.send(UpstreamRequest.get("/"))).body()).hasSize(10);
    assertThat(inFlight()).isZero();
    assertThat(api.stats().backends().get(0).failures()).isZero();
  }

  @Test
  void whoGivesUpFreesTheConnection() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch gone = new CountDownLatch(1);
    ScriptedServer server =
        server(
            connection -> {
              connection.readHead();
              asked.countDown();
              connection.readToEnd();
              gone.countDown();
            });
    upstream("max_connections: 1", server.port());
    CompletableFuture<UpstreamResponse> first = api.send(UpstreamRequest.get("/"));
    CompletableFuture<UpstreamResponse> waits = api.send(UpstreamRequest.get("/"));
    assertThat(asked.await(20, TimeUnit.SECONDS)).isTrue();
    waits.cancel(true);
    first.cancel(true);
    assertThat(gone.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(inFlight()).isZero();
    assertThat(api.stats().backends().get(0).failures()).isZero();
    assertThat(server.accepted.get()).isEqualTo(1);
  }

  @Test
  void whereNobodyIsTheFutureFails() {
    upstream("", 1);
    assertThatThrownBy(() -> get(api.send(UpstreamRequest.get("/"))))
        .cause()
        .isInstanceOf(PeerException.class);
    api.drain(api.stats().backends().get(0).backend().endpoint()).join();
    assertThatThrownBy(() -> get(api.send(UpstreamRequest.get("/"))))
        .cause()
        .isInstanceOf(NoBackendException.class);
  }

  @Test
  void http2IsSpokenWhereTheUpstreamIsConfiguredSo(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("file"), "over h2");
    Nghttpd server = Nghttpd.clear(folder);
    open.add(server);
    upstream("alpn: H2", server.port());
    List<CompletableFuture<UpstreamResponse>> all =
        IntStream.range(0, 500).mapToObj(i -> api.send(UpstreamRequest.get("/file"))).toList();
    for (CompletableFuture<UpstreamResponse> each : all) {
      assertThat(get(each).body()).isEqualTo("over h2");
    }
    assertThat(get(api.send(UpstreamRequest.of("HEAD", "/file"))).content().hasRemaining())
        .isFalse();
    assertThat(get(api.send(UpstreamRequest.get("/none"))).status()).isEqualTo(404);
  }
}
