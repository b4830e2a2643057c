package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.util.concurrent.Future;
import io.upstream4j.core.AddressDiscovery;
import io.upstream4j.core.NamedRotation;
import io.upstream4j.core.NoBackendException;
import io.upstream4j.core.Upstream;
import io.upstream4j.core.Upstreams;
import io.upstream4j.core.http.UpstreamRequest;
import io.upstream4j.core.http.UpstreamResponse;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PoolLimits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The end of upstreams: what was accepted is served, and nothing holds it up without limit. */
@Timeout(90)
class UpstreamsCloseTest {
  private static final UpstreamRequest GET = UpstreamRequest.get("/");

  private final List<ScriptedServer> servers = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (ScriptedServer server : servers) {
      server.close();
    }
  }

  private ScriptedServer server(ScriptedServer.Script script) {
    ScriptedServer server = new ScriptedServer(script);
    servers.add(server);
    return server;
  }

  private static Upstreams load(String keys, int... ports) {
    return Upstreams.builder()
        .register(new AddressDiscovery())
        .register(new NamedRotation())
        .threads(1)
        .load(
            "test.yaml",
            "upstreams:\n  api:\n    addrs: "
                + IntStream.of(ports).mapToObj(port -> "\"127.0.0.1:" + port + "\"").toList()
                + "\n    health_check: none\n"
                + keys.indent(4));
  }

  private static ScriptedServer.Script answering() {
    return answeringAfter(new CountDownLatch(0));
  }

  /** So that what is to follow a response is known before it is here, and runs on its loop. */
  private static ScriptedServer.Script answeringAfter(CountDownLatch go) {
    return connection -> {
      while (!connection.readHead().isEmpty()) {
        go.await();
        connection.ok("served");
      }
    };
  }

  private static List<CompletableFuture<UpstreamResponse>> send(Upstream api, int requests) {
    return IntStream.range(0, requests).mapToObj(i -> api.send(GET)).toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "max_connections: 1"})
  void requestsThatWaitForAConnectionWhenItClosesAreServed(String keys) throws Exception {
    ScriptedServer server = server(answering());
    Upstreams upstreams = load(keys, server.port());

    List<CompletableFuture<UpstreamResponse>> sent = send(upstreams.get("api"), 20);
    upstreams.close(Duration.ofSeconds(60));

    for (CompletableFuture<UpstreamResponse> each : sent) {
      assertThat(each).isDone();
      assertThat(each.get().body()).isEqualTo("served");
    }
  }

  @Test
  void aRequestThatIsTriedAgainAfterItClosesIsServedAndALaterOneRefused() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    AtomicInteger tries = new AtomicInteger();
    ScriptedServer.Script failsFirst =
        connection -> {
          connection.readHead();
          if (tries.getAndIncrement() == 0) {
            arrived.countDown();
            go.await();
          } else {
            connection.ok("second try");
          }
        };
    ScriptedServer one = server(failsFirst);
    ScriptedServer two = server(failsFirst);
    Upstreams upstreams = load("retries: 1", one.port(), two.port());
    Upstream api = upstreams.get("api");
    CompletableFuture<UpstreamResponse> accepted = api.send(GET);
    arrived.await();

    CompletableFuture<Void> closing =
        CompletableFuture.runAsync(() -> upstreams.close(Duration.ofSeconds(60)));
    Await.until("it closes", () -> isRefused(api));
    assertThat(accepted).isNotDone();
    assertThatThrownBy(api::newHttpPeer)
        .isInstanceOf(NoBackendException.class)
        .hasMessageContaining("closed");
    go.countDown();

    assertThat(accepted.get(20, TimeUnit.SECONDS).body()).isEqualTo("second try");
    closing.get(30, TimeUnit.SECONDS);
  }

  private static boolean isRefused(Upstream api) {
    CompletableFuture<UpstreamResponse> late = api.send(GET);
    return late.isCompletedExceptionally()
        && late.handle((response, failure) -> failure).getNow(null) instanceof NoBackendException;
  }

  @Test
  void aConnectorServesWhatWaitsForAConnectionWhenItCloses() throws Exception {
    ScriptedServer server = server(answering());
    Connector connector = new Connector(2);
    HttpPeer peer =
        Peers.of(server.port(), Peers.with(new PoolLimits(1, 10, Duration.ofSeconds(60))));
    List<Call> calls = new ArrayList<>();
    List<Future<HttpStream>> opening = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      Future<HttpStream> open = connector.open(peer, Call.anyLoop(connector));
      opening.add(open);
      open.addListener(
          (Future<HttpStream> opened) -> calls.add(Call.start(opened.getNow(), Call.get("/"))));
    }

    connector.close(Duration.ofSeconds(60));

    assertThat(opening).allMatch(Future::isSuccess);
    assertThat(calls).hasSize(5);
    for (Call call : calls) {
      assertThat(call.response().text()).isEqualTo("served");
    }
  }

  interface Wait {
    Object until(CompletableFuture<?> future) throws Exception;
  }

  static Stream<Wait> waits() {
    return Stream.of(
        future -> future.join(),
        future -> future.get(),
        future -> future.get(1, TimeUnit.HOURS),
        future -> future.thenApply(it -> it).join(),
        future -> future.toCompletableFuture().copy().join());
  }

  @ParameterizedTest
  @MethodSource("waits")
  void waitingForAResponseOnAnEventLoopIsRefusedWithAHint(Wait wait) throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    ScriptedServer server = server(answeringAfter(go));
    Upstreams upstreams = load("", server.port());
    Upstream api = upstreams.get("api");
    CompletableFuture<Throwable> thrown = new CompletableFuture<>();

    api.send(GET)
        .thenAccept(
            response -> {
              try {
                wait.until(api.send(GET));
              } catch (Throwable t) {
                thrown.complete(t);
              }
            });
    go.countDown();

    assertThat(thrown.get(20, TimeUnit.SECONDS))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("on the event loop upstream4j-loop-1")
        .hasMessageContaining("such as thenCompose");
    upstreams.close(Duration.ofSeconds(60));
  }

  @Test
  void aStepThatJoinsOnAnEventLoopFailsAndOneThatComposesDoesNot() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    ScriptedServer server = server(answeringAfter(go));
    Upstreams upstreams = load("", server.port());
    Upstream api = upstreams.get("api");

    CompletableFuture<UpstreamResponse> joined =
        api.send(GET).thenApply(response -> api.send(GET).join());
    CompletableFuture<UpstreamResponse> composed =
        api.send(GET).thenCompose(response -> api.send(GET));
    go.countDown();

    assertThatThrownBy(() -> joined.get(20, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(IllegalStateException.class);
    assertThat(composed.get(20, TimeUnit.SECONDS).status()).isEqualTo(200);
    upstreams.close(Duration.ofSeconds(60));
  }

  @Test
  void waitingForAChangeOnTheControlLoopIsRefused() throws Exception {
    ScriptedServer server = server(answering());
    Upstreams upstreams = load("", server.port());
    Upstream api = upstreams.get("api");
    var endpoint = api.stats().backends().get(0).backend().endpoint();

    Await.until(
        "a step that follows a change runs on the control loop",
        () -> {
          CompletableFuture<Throwable> thrown =
              api.drain(endpoint)
                  .thenCompose(it -> api.enable(endpoint).thenRun(() -> api.drain(endpoint).join()))
                  .<Throwable>thenApply(it -> null)
                  .exceptionally(Throwable::getCause);
          return thrown.join() instanceof IllegalStateException e
              && e.getMessage().contains("on the control loop, which must not block");
        });
    upstreams.close(Duration.ofSeconds(60));
  }

  @Test
  void blockingCallsOnAnEventLoopAreRefused() throws Exception {
    ScriptedServer server = server(answering());
    Upstreams upstreams = load("", server.port());
    var loop = upstreams.connector().eventLoops().next();

    assertThatThrownBy(() -> loop.submit(() -> upstreams.close()).get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(IllegalStateException.class)
        .hasMessageContaining("close() on the event loop");
    assertThatThrownBy(
            () ->
                loop.submit(() -> upstreams.awaitReady(Duration.ofHours(1)))
                    .get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(IllegalStateException.class)
        .hasMessageContaining("awaitReady() on the event loop");
    assertThatThrownBy(() -> loop.submit(() -> upstreams.remove("api")).get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(IllegalStateException.class)
        .hasMessageContaining("on the event loop");
    upstreams.close(Duration.ofSeconds(60));
  }

  @Test
  void closingEndsAlthoughAProgramBlocksAnEventLoopAndItsRequestsAreTold() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    ScriptedServer server = server(answeringAfter(go));
    Upstreams upstreams = load("", server.port());
    Upstream api = upstreams.get("api");
    CountDownLatch blocked = new CountDownLatch(1);
    CompletableFuture<Void> never = new CompletableFuture<>();
    CompletableFuture<Void> stuck =
        api.send(GET)
            .thenRun(
                () -> {
                  blocked.countDown();
                  never.join(); // which ignores interrupts
                });
    go.countDown();
    blocked.await();
    CompletableFuture<UpstreamResponse> waits = api.send(GET);

    upstreams.close(Duration.ZERO);

    assertThat(stuck).as("it does not wait for what blocks").isNotDone();
    assertThatThrownBy(() -> waits.get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(NoBackendException.class);
    never.complete(null);
  }
}
