package io.upstream4j.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Locale.ROOT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.ProbeClient;
import io.upstream4j.api.spi.ProbeRequest;
import io.upstream4j.api.spi.ProbeRequest.Security;
import io.upstream4j.api.spi.ProbeResponse;
import io.upstream4j.core.connect.Connector;
import io.upstream4j.core.health.ProbeConnections;
import io.upstream4j.core.peer.TlsOptions;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ProbeConnectionsTest {
  private final Connector connector = new Connector(1);
  private TextServer server;
  private Backend backend;

  @BeforeEach
  void start() throws Exception {
    server = new TextServer(0);
    backend = Backend.of("127.0.0.1", server.port());
  }

  @AfterEach
  void end() throws Exception {
    server.close();
    connector.close();
  }

  private ProbeClient probes(Setup setup) {
    return new ProbeConnections(connector, setup.config());
  }

  private ProbeClient probes() {
    return probes(setup());
  }

  private static Setup setup() {
    return Setup.of("api", new FakeDiscovery(), new RotatingBalancer())
        .withChecker(new FakeChecker());
  }

  private static ProbeRequest get(Map<String, String> headers, Security security, int maxBody) {
    return new ProbeRequest("GET", "/healthz?deep=1", headers, security, maxBody);
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  @Test
  void aConnectionIsOpenedAndClosed() throws Exception {
    await(probes().connect(backend));
    assertThat(server.closed.tryAcquire(10, TimeUnit.SECONDS)).as("by the probe").isTrue();
    assertThat(server.heads).isEmpty();
  }

  @Test
  void probesShareAConnectionWhenTheyAreToldTo() throws Exception {
    ProbeClient probes = probes(setup().withReuse());
    for (int i = 1; i <= 3; i++) {
      assertThat(await(probes.send(backend, get(Map.of(), Security.AS_TRAFFIC, 10))).status())
          .isEqualTo(200);
    }
    assertThat(server.accepted).hasSize(1);
    assertThat(server.heads).hasSize(3).noneMatch(head -> head.toLowerCase(ROOT).contains("close"));
  }

  @Test
  void aSharedConnectionThatTheServerClosedCountsForNothing() throws Exception {
    ProbeClient probes = probes(setup().withReuse());
    server.responder =
        (head, out) -> {
          // The second request on the first connection gets no answer but the end.
          if (server.heads.size() == 2) {
            server.accepted.get(0).close();
          } else {
            TextServer.write(out, TextServer.response(200, "hello"));
          }
        };
    for (int i = 1; i <= 3; i++) {
      assertThat(await(probes.send(backend, get(Map.of(), Security.AS_TRAFFIC, 10))).status())
          .isEqualTo(200);
    }
    assertThat(server.accepted).hasSize(2);
    assertThat(server.heads).hasSize(4);
  }

  @Test
  void aBackendThatIsAskedNoMoreKeepsNoSharedConnection() throws Exception {
    ProbeClient probes = probes(setup().withReuse().withFrequency(Duration.ofMillis(10)));
    await(probes.send(backend, get(Map.of(), Security.AS_TRAFFIC, 10)));
    assertThat(server.closed.tryAcquire(20, TimeUnit.SECONDS)).as("by the probes").isTrue();
  }

  @Test
  void aStatusThatIsNoneFailsTheProbe() {
    server.responder =
        (head, out) -> TextServer.write(out, "HTTP/1.1 20 Odd\r\nContent-Length: 2\r\n\r\nxx");
    assertThatThrownBy(() -> await(probes().send(backend, get(Map.of(), Security.AS_TRAFFIC, 10))))
        .isInstanceOf(ExecutionException.class)
        .hasMessageContaining("the status \"20\" (expected: three digits, 100 to 999)");
  }

  @Test
  void aRedirectIsAnAnswerAndNotFollowed() throws Exception {
    server.responder =
        (head, out) ->
            TextServer.write(
                out,
                "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:"
                    + server.port()
                    + "/elsewhere\r\nContent-Length: 0\r\n\r\n");
    ProbeResponse response = await(probes().send(backend, get(Map.of(), Security.AS_TRAFFIC, 10)));
    assertThat(response.status()).isEqualTo(302);
    assertThat(server.heads).hasSize(1);
  }

  @Test
  void aRefusedConnectionFailsWithAReason() throws Exception {
    server.close();
    assertThatThrownBy(() -> await(probes().connect(backend)))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .hasMessageContaining("127.0.0.1:" + server.port());
  }

  @Test
  void aRequestCarriesItsHeadersAndTheTrafficsHost() throws Exception {
    ProbeResponse response =
        await(probes().send(backend, get(Map.of("X-Probe", "yes"), Security.AS_TRAFFIC, 100)));

    assertThat(response.status()).isEqualTo(200);
    assertThat(response.headers()).containsEntry("content-type", List.of("text/plain"));
    assertThat(response.body()).isEqualTo("hello");
    assertThat(server.heads.get(0))
        .startsWith("GET /healthz?deep=1 HTTP/1.1\n")
        .containsIgnoringCase("host: 127.0.0.1:" + server.port() + "\n")
        .containsIgnoringCase("x-probe: yes\n")
        .containsIgnoringCase("connection: close\n");
  }

  @Test
  void theHostIsTheProbesOwnOrTheNameOfTheTraffic() throws Exception {
    await(probes().send(backend, get(Map.of("Host", "own"), Security.CLEAR, 0)));
    ProbeClient named = probes(setup().withTls(new TlsOptions("api.internal", true, true)));
    await(named.send(backend, get(Map.of(), Security.CLEAR, 0)));

    assertThat(server.heads.get(0)).containsIgnoringCase("host: own\n");
    assertThat(server.heads.get(1)).containsIgnoringCase("host: api.internal\n");
  }

  @Test
  void everyProbeHasAConnectionOfItsOwn() throws Exception {
    for (int i = 0; i < 3; i++) {
      await(probes().send(backend, get(Map.of(), Security.AS_TRAFFIC, 0)));
    }
    assertThat(server.accepted).hasSize(3);
  }

  @Test
  void ofTheBodyTheBeginningIsKept() throws Exception {
    server.responder =
        (head, out) -> TextServer.write(out, TextServer.response(503, "x".repeat(100_000)));
    ProbeResponse response =
        await(probes().send(backend, get(Map.of(), Security.AS_TRAFFIC, 1_000)));

    assertThat(response.status()).isEqualTo(503);
    assertThat(response.body()).isEqualTo("x".repeat(1_000));
  }

  @Test
  void aRequestThatIsNoHttpFailsAndSendsNothing() {
    assertThatThrownBy(
            () ->
                await(
                    probes().send(backend, get(Map.of("X", "a\r\nb: c"), Security.AS_TRAFFIC, 0))))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(server.accepted).isEmpty();
  }

  @Test
  void tlsToAServerWithoutItFailsWithAReason() {
    server.responder = (head, out) -> {};
    assertThatThrownBy(() -> await(probes().send(backend, get(Map.of(), Security.TLS, 0))))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .hasMessageContaining("https://127.0.0.1");
  }

  @Test
  void theTrafficsTlsIsPartOfTheConnection() {
    ProbeClient encrypted = probes(setup().withTls(new TlsOptions("api.internal", true, true)));
    assertThatThrownBy(() -> await(encrypted.connect(backend)))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .hasMessageContaining("https://127.0.0.1");
  }

  private void neverEnds(String beginning) {
    server.responder =
        (head, out) ->
            TextServer.write(
                out,
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n"
                    + beginning);
  }

  @Test
  void theHeadOfAResponseDecidesWhenNothingOfItsBodyIsWanted() throws Exception {
    neverEnds("");
    ProbeResponse response = await(probes().send(backend, get(Map.of(), Security.AS_TRAFFIC, 0)));
    assertThat(response.status()).isEqualTo(200);
    assertThat(response.headers()).containsEntry("content-type", List.of("text/event-stream"));
    assertThat(response.body()).isEmpty();
  }

  @Test
  void soItIsOnAConnectionThatProbesShare() throws Exception {
    neverEnds("");
    ProbeClient probes = probes(setup().withReuse());
    for (int i = 0; i < 3; i++) {
      assertThat(await(probes.send(backend, get(Map.of(), Security.AS_TRAFFIC, 0))).status())
          .isEqualTo(200);
    }
  }

  @Test
  void theRestOfABodyIsNotWaitedForWhenEnoughOfItIsThere() throws Exception {
    neverEnds("b\r\ndata: ready\r\n");
    ProbeRequest request = get(Map.of(), Security.AS_TRAFFIC, 65_536);
    ProbeResponse response =
        await(
            probes()
                .send(
                    backend,
                    request,
                    (status, body) ->
                        UTF_8.decode(body).toString().contains("ready") && status == 200));
    assertThat(response.body()).isEqualTo("data: ready");
  }

  @Test
  void aTestOfTheBodyThatThrowsFailsTheProbe() {
    neverEnds("2\r\nok\r\n");
    ProbeRequest request = get(Map.of(), Security.AS_TRAFFIC, 65_536);
    assertThatThrownBy(
            () ->
                await(
                    probes()
                        .send(
                            backend,
                            request,
                            (status, body) -> {
                              throw new IllegalStateException("mistaken");
                            })))
        .hasMessageContaining("mistaken");
  }

  @Test
  void manyUpstreamsProbeOneAddressAtTheSameTimeAndEachIsNamedInItsOwnFailures() throws Exception {
    CountDownLatch all = new CountDownLatch(20);
    server.responder =
        (head, out) -> {
          all.countDown();
          try {
            assertThat(all.await(20, TimeUnit.SECONDS)).isTrue();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          TextServer.write(out, TextServer.response(200, "hello"));
        };
    List<CompletionStage<ProbeResponse>> sent = new ArrayList<>();
    List<ProbeClient> clients = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      Setup setup =
          Setup.of("u" + i, new FakeDiscovery(), new RotatingBalancer())
              .withChecker(new FakeChecker());
      clients.add(probes(setup));
      sent.add(clients.get(i).send(backend, get(Map.of(), Security.AS_TRAFFIC, 0)));
    }
    for (CompletionStage<ProbeResponse> one : sent) {
      assertThat(await(one).status()).isEqualTo(200);
    }

    Backend closed;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      closed = Backend.of("127.0.0.1", free.getLocalPort());
    }
    List<CompletionStage<Void>> refused =
        clients.stream().map(client -> client.connect(closed)).toList();
    for (int i = 0; i < refused.size(); i++) {
      CompletionStage<Void> one = refused.get(i);
      assertThatThrownBy(() -> await(one)).hasMessageContaining("upstream \"u" + i + "\"");
    }
  }

  @Test
  void aResponseThatDripsWithoutEndIsCutOff() throws Exception {
    CountDownLatch cut = new CountDownLatch(1);
    server.responder =
        (head, out) -> {
          TextServer.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
          try {
            while (!cut.await(200, TimeUnit.MILLISECONDS)) {
              TextServer.write(out, "x");
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          } finally {
            cut.countDown();
          }
        };
    CompletionStage<ProbeResponse> sent =
        probes().send(backend, get(Map.of(), Security.AS_TRAFFIC, 10_000));
    assertThatThrownBy(() -> await(sent))
        .isInstanceOf(ExecutionException.class)
        .hasMessageContaining("6000 ms");
    assertThat(cut.await(10, TimeUnit.SECONDS)).as("the server's write failed").isTrue();
  }
}
