package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.PromiseNotifier;
import io.upstream4j.core.peer.CloseReason;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PoolLimits;
import io.upstream4j.core.peer.TlsOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests that lose interest: their connections are for others, and do not pile up. */
@Timeout(60)
class DampingTest {
  private static final PoolLimits MANY = new PoolLimits(10_000, 10_000, Duration.ofSeconds(20));

  private static final PoolLimits READY =
      new PoolLimits(
          10_000, 10_000, Duration.ofSeconds(20), OptionalInt.empty(), Optional.empty(), 20);

  private final Connector connector = new Connector(1);
  private final EventLoop loop = Call.anyLoop(connector);

  @AfterEach
  void close() {
    connector.close();
  }

  /** Takes connections and never says a word, so that handshakes stay in progress. */
  private static ScriptedServer silent() {
    return new ScriptedServer(ScriptedServer.Connection::readToEnd);
  }

  private static HttpPeer secure(ScriptedServer server) {
    return Peers.of(server.port(), Peers.with(new TlsOptions("localhost", true, true)));
  }

  private List<Future<HttpStream>> open(HttpPeer peer, int count) {
    List<Future<HttpStream>> opening = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      opening.add(connector.open(peer, loop));
    }
    return opening;
  }

  @Test
  void theNextRequestTakesOverTheOpeningOfACancelledOne() throws Exception {
    try (ScriptedServer server = silent()) {
      HttpPeer peer = secure(server);
      for (int i = 0; i < 100; i++) {
        Future<HttpStream> opening = connector.open(peer, loop);
        Await.until("opening", () -> server.accepted.get() == 1);
        assertThat(opening.cancel(false)).isTrue();
      }
      open(peer, 2);
      Await.until("one more", () -> server.accepted.get() == 2);
      assertThat(connector.opening()).isEqualTo(2);
    }
  }

  @Test
  void whatWasTakenOverServesTheRequest() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = Peers.of(server.port());
      HttpStream stream =
          loop.submit(
                  () -> {
                    Future<HttpStream> first = connector.open(peer, loop);
                    Promise<HttpStream> next = loop.newPromise();
                    loop.execute(
                        () -> {
                          first.cancel(false);
                          connector.open(peer, loop).addListener(new PromiseNotifier<>(next));
                        });
                    return next;
                  })
              .get()
              .get(20, TimeUnit.SECONDS);
      assertThat(Call.start(stream, Call.get("/")).response().text()).isEqualTo("x");
      assertThat(server.accepted).hasValue(1);
    }
  }

  @Test
  void noConnectionIsOpenedForARequestThatWasCancelledBefore() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = Peers.of(server.port(), Peers.with(MANY));
      loop.submit(() -> open(peer, 1_000).forEach(each -> each.cancel(false))).await();
      assertThat(Call.fetch(connector, peer, "/").text()).isEqualTo("x");
      assertThat(server.accepted).hasValue(1);
    }
  }

  @Test
  void fewOpeningsAreKeptThatNobodyWaitsFor() throws Exception {
    try (ScriptedServer server = silent()) {
      HttpPeer peer = secure(server);
      List<Future<HttpStream>> opening = open(peer, 64);
      Await.until("all are being opened", () -> server.accepted.get() == 64);
      opening.forEach(each -> each.cancel(false));
      Await.until("few are left", () -> connector.opening() <= 16);
      assertThat(connector.stats(peer).failed()).as("no failure").isZero();

      // Their places are free again: the limit is 64.
      List<Future<HttpStream>> again = open(peer, 64);
      Await.until("opening again", () -> connector.opening() == 64);
      assertThat(connector.stats(peer).pending()).isZero();
      again.forEach(each -> each.cancel(false));
    }
  }

  @Test
  void aRequestInTheLineGetsTheConnectionOfACancelledOne() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer =
          Peers.of(server.port(), Peers.with(new PoolLimits(1, 10, Duration.ofSeconds(20))));
      HttpStream stream = openWhileTheFirstIsCancelled(peer);
      assertThat(Call.start(stream, Call.get("/")).response().text()).isEqualTo("x");
      assertThat(server.accepted).hasValue(1);
    }
  }

  /** Cancels a request between the beginning and the end of its opening; returns another's. */
  private HttpStream openWhileTheFirstIsCancelled(HttpPeer peer) throws Exception {
    Future<Future<HttpStream>> next =
        loop.submit(
            () -> {
              Future<HttpStream> first = connector.open(peer, loop);
              loop.execute(() -> first.cancel(false));
              return connector.open(peer, loop);
            });
    return next.get().get(20, TimeUnit.SECONDS);
  }

  @Test
  void idleConnectionsThatAreMoreThanWereInUseAreClosedBitByBit() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = Peers.of(server.port(), Peers.with(READY));
      List<HttpStream> streams = new ArrayList<>();
      for (Future<HttpStream> each : open(peer, 200)) {
        streams.add(each.get());
      }
      streams.forEach(HttpStream::cancel);
      Await.until("all idle", () -> connector.stats(peer).idle() == 200);

      trim(peer);
      assertThat(connector.stats(peer).idle()).as("in use just now").isEqualTo(200);
      trim(peer);
      Await.until("an eighth less", () -> connector.open() == 195);
      for (int i = 0; i < 30; i++) {
        trim(peer);
      }
      int least = LoopPool.FREE + 20;
      Await.until("as many as are no matter", () -> connector.open() == least);
      assertThat(connector.stats(peer).idle()).isEqualTo(least);
      assertThat(connector.stats(peer).closings())
          .containsEntry(CloseReason.SURPLUS, 200L - least)
          .containsEntry(CloseReason.IDLE_TIMEOUT, 0L);
      assertThat(Call.fetch(connector, peer, "/").reused()).isFalse();
    }
  }

  private void trim(HttpPeer peer) throws Exception {
    loop.submit(connector.poolOf(peer).loops[0]::trim).get();
  }

  @Test
  void whatIsInUseIsRememberedForSomeSeconds() {
    RecentUse use = new RecentUse();
    use.note(3);
    use.note(80);
    use.note(5);
    assertThat(use.look(5)).isEqualTo(80);
    assertThat(use.look(5)).isEqualTo(70);
    use.note(75);
    assertThat(use.look(1)).isEqualTo(75);
    int left = 75;
    for (int looks = 0; left > 1; looks++) {
      left = use.look(1);
      assertThat(looks).isLessThan(40);
    }
    assertThat(use.look(0)).isEqualTo(1);
    assertThat(use.look(0)).isZero();
  }
}
