package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.upstream4j.core.peer.ConnectionStats;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PoolLimits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/**
 * Many threads open, cancel, use, abandon and retire at the same time, against a server that closes
 * connections when it likes. A lost request would hang; a lost place or connection would show in
 * the counts.
 */
class PoolStressTest {
  private static final int THREADS = 6;
  private static final int ROUNDS = 1_500;
  private static final Set<PeerException.Failure> EXPECTED =
      EnumSet.of(PeerException.Failure.CLOSED, PeerException.Failure.PENDING_LIMIT);

  private final AtomicReference<Throwable> unexpected = new AtomicReference<>();
  private final AtomicInteger responses = new AtomicInteger();

  @Test
  void nothingIsLostBetweenManyThreads() throws Exception {
    long seed = new Random().nextLong();
    System.out.println("PoolStressTest seed: " + seed);
    try (Connector connector = new Connector(3);
        ScriptedServer server = new ScriptedServer(connection -> serve(connection, seed))) {
      HttpPeer peer =
          Peers.of(server.port(), Peers.with(new PoolLimits(4, THREADS, Duration.ofSeconds(60))));
      CountDownLatch done = new CountDownLatch(THREADS);
      for (int i = 0; i < THREADS; i++) {
        Random random = new Random(seed + i);
        boolean retires = i == 0;
        Thread thread =
            new Thread(
                () -> {
                  try {
                    work(connector, peer, random, retires);
                  } catch (Exception | AssertionError e) {
                    unexpected.compareAndSet(null, e);
                  } finally {
                    done.countDown();
                  }
                });
        thread.setDaemon(true);
        thread.start();
      }

      assertThat(done.await(120, TimeUnit.SECONDS)).as("every request was answered").isTrue();

      assertThat(unexpected.get()).as("seed " + seed).isNull();
      assertThat(responses).hasValueGreaterThan(ROUNDS);
      Await.until(
          "everything is idle",
          () -> {
            ConnectionStats stats = connector.stats(peer);
            return stats.inUse() == 0 && stats.pending() == 0 && stats.idle() == connector.open();
          });
      assertThat(connector.open()).isLessThanOrEqualTo(4);
      connector.retire(peer);
      Await.until("all is closed", () -> connector.open() == 0 && connector.pools() == 0);
      assertThat(server.errors).isEmpty();
    }
  }

  private static void serve(ScriptedServer.Connection connection, long seed) throws Exception {
    Random random = new Random(seed + 1_000 + connection.number);
    while (!connection.readHead().isEmpty()) {
      switch (random.nextInt(20)) {
        case 0 -> {
          return;
        }
        case 1 -> {
          connection.reset();
          return;
        }
        case 2 -> {
          connection.ok("x");
          return;
        }
        case 3 -> connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxEXTRA");
        case 4 ->
            connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx");
        default -> connection.ok("x");
      }
    }
  }

  private void work(Connector connector, HttpPeer peer, Random random, boolean retires)
      throws Exception {
    List<EventLoop> loops = new ArrayList<>();
    connector.eventLoops().forEach(loop -> loops.add((EventLoop) loop));
    for (int i = 0; i < ROUNDS; i++) {
      EventLoop loop = loops.get(random.nextInt(loops.size()));
      if (retires && random.nextInt(100) == 0) {
        connector.retire(peer);
      }
      Future<HttpStream> opening =
          random.nextInt(10) == 0 ? connector.openFresh(peer, loop) : connector.open(peer, loop);
      if (random.nextInt(10) == 0 && opening.cancel(false)) {
        continue;
      }
      assertThat(opening.await(60, TimeUnit.SECONDS)).as("opened, or told why not").isTrue();
      if (!opening.isSuccess()) {
        expected(opening.cause());
        continue;
      }
      use(opening.getNow(), random);
    }
  }

  private void use(HttpStream stream, Random random) throws Exception {
    switch (random.nextInt(10)) {
      case 0 -> stream.cancel();
      case 1 -> Call.start(stream, Call.get("/")).stream().cancel();
      default -> {
        try {
          Call.Response response = Call.start(stream, Call.get("/")).response();
          assertThat(response.text()).isEqualTo("x");
          responses.incrementAndGet();
        } catch (PeerException e) {
          expected(e);
        }
      }
    }
  }

  private static void expected(Throwable cause) {
    assertThat(cause).isInstanceOf(PeerException.class);
    assertThat(EXPECTED).contains(((PeerException) cause).failure());
  }
}
