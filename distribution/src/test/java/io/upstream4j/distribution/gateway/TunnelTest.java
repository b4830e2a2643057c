package io.upstream4j.distribution.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests WebSockets and other protocols after an upgrade. */
@Timeout(60)
class TunnelTest {
  private static final int LONG = 600;
  private static final String ASK =
      "GET /chat HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
          + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  private static final String GRANT =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

  /** Grants the upgrade and echoes all data. */
  private static boolean echo(TestBackend.Call call) throws IOException {
    call.send(GRANT);
    byte[] buffer = new byte[8_192];
    for (int read = call.in.read(buffer); read >= 0; read = call.in.read(buffer)) {
      call.out.write(buffer, 0, read);
      call.out.flush();
    }
    return false;
  }

  private static String read(InputStream in, int bytes) throws IOException {
    return new String(in.readNBytes(bytes), ISO_8859_1);
  }

  @Test
  void bytesGoBothWaysOnceTheBackendHasGrantedIt() throws Exception {
    CompletableFuture<Void> ended = new CompletableFuture<>();
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  boolean again = echo(call);
                  ended.complete(null);
                  return again;
                });
        TestGateway gateway = TestGateway.before(backend)) {
      try (RawClient client = gateway.connect()) {
        RawClient.Response granted = client.send(ASK + "ahead").receiveHead();
        assertThat(granted.status()).isEqualTo(101);
        assertThat(granted.header("upgrade")).isEqualTo("websocket");
        assertThat(granted.header("connection")).isEqualTo("upgrade");
        assertThat(granted.header("sec-websocket-accept")).isNotNull();
        assertThat(read(client.in, 5)).isEqualTo("ahead");
        for (int i = 0; i < 100; i++) {
          assertThat(read(client.send("ping" + (i % 10)).in, 5)).isEqualTo("ping" + (i % 10));
        }
        TestBackend.Head head = backend.nextHead();
        assertThat(head.header("upgrade")).isEqualTo("websocket");
        assertThat(head.header("connection")).isEqualToIgnoringCase("upgrade");
        assertThat(gateway.inFlight()).isEqualTo(1);
      }
      ended.get(20, TimeUnit.SECONDS);
      TestGateway.await("none", () -> gateway.inFlight() == 0);
    }
  }

  @Test
  void muchGoesThroughAtThePaceOfWhoReads() throws Exception {
    long seed = System.nanoTime();
    System.out.println("TunnelTest seed " + seed);
    byte[] much = new byte[20_000_000];
    new Random(seed).nextBytes(much);
    try (TestBackend backend = new TestBackend(TunnelTest::echo);
        TestGateway gateway = TestGateway.before(backend);
        RawClient client = gateway.connect()) {
      assertThat(client.send(ASK).receiveHead().status()).isEqualTo(101);
      CompletableFuture<Void> sent =
          CompletableFuture.runAsync(
              () -> {
                try {
                  OutputStream out = client.socket.getOutputStream();
                  out.write(much);
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      assertThat(client.in.readNBytes(much.length)).isEqualTo(much);
      sent.get(20, TimeUnit.SECONDS);
    }
  }

  @Test
  void aBackendThatEndsItEndsItForTheClient() throws Exception {
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  call.send(GRANT + "bye");
                  return false;
                });
        TestGateway gateway = TestGateway.before(backend);
        RawClient client = gateway.connect()) {
      assertThat(client.send(ASK).receiveHead().status()).isEqualTo(101);
      assertThat(read(client.in, 3)).isEqualTo("bye");
      assertThat(client.isClosedByPeer()).isTrue();
      TestGateway.await("none", () -> gateway.inFlight() == 0);
      assertThat(gateway.gateway.stats().broken()).isZero();
    }
  }

  @Test
  void aClientThatHasSaidAllStillHearsTheAnswer() throws Exception {
    try (TestBackend backend = new TestBackend(TunnelTest::answersWhenAllIsThere);
        TestGateway gateway = TestGateway.before(backend);
        RawClient client = gateway.connect()) {
      assertThat(client.send(ASK + "one").receiveHead().status()).isEqualTo(101);
      client.send(", two").socket.shutdownOutput();

      assertThat(read(client.in, 13)).isEqualTo("got: one, two");
      assertThat(client.isClosedByPeer()).isTrue();
      TestGateway.await("none", () -> gateway.inFlight() == 0);
      assertThat(gateway.gateway.stats().broken()).isZero();
      assertThat(gateway.gateway.stats().aborted()).isZero();
    }
  }

  /** Reads all data of the client, and answers only then. */
  private static boolean answersWhenAllIsThere(TestBackend.Call call) throws IOException {
    call.send(GRANT);
    String all = new String(call.in.readAllBytes(), ISO_8859_1);
    call.send("got: " + all);
    return false;
  }

  @Test
  void aClientThatLeavesOnceItHasSaidAllIsNoticedWhenTheBackendAnswers() throws Exception {
    CountDownLatch gone = new CountDownLatch(1);
    CompletableFuture<Void> ended = new CompletableFuture<>();
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  call.send(GRANT);
                  call.in.readAllBytes();
                  gone.await();
                  try {
                    while (true) {
                      call.send("x".repeat(100_000));
                    }
                  } catch (IOException e) {
                    ended.complete(null);
                  }
                  return false;
                });
        TestGateway gateway = TestGateway.before(backend)) {
      try (RawClient client = gateway.connect()) {
        assertThat(client.send(ASK).receiveHead().status()).isEqualTo(101);
      }
      gone.countDown();
      ended.get(20, TimeUnit.SECONDS);
      TestGateway.await("none", () -> gateway.inFlight() == 0);
    }
  }

  @Test
  void aBackendThatDoesNotWantToAnswersAsEver() throws Exception {
    try (TestBackend backend = TestBackend.answering("no");
        TestGateway gateway = TestGateway.before(backend);
        RawClient client = gateway.connect()) {
      for (int i = 0; i < 2; i++) {
        RawClient.Response answer = client.send(ASK).receive();
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("no");
      }
      assertThat(backend.connections).hasValue(1);
    }
  }

  @Test
  void nobodyIsSwitchedWhoDidNotAsk() throws Exception {
    try (TestBackend backend = new TestBackend(TunnelTest::echo);
        TestGateway gateway = TestGateway.before(backend);
        RawClient client = gateway.connect()) {
      String request = ASK.replace("Upgrade: websocket", "Upgrade: h2c");
      assertThat(client.send(request).receive().status()).isEqualTo(502);
      assertThat(client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").receive().status())
          .isEqualTo(502);
    }
  }

  @Test
  void aTunnelThatWaitsForItsBackendAloneIsClosedInTime() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  call.send(GRANT);
                  call.in.readAllBytes();
                  return never.await(20, TimeUnit.SECONDS);
                });
        TestGateway gateway =
            TestGateway.hurrying(new ClientTimeouts(LONG, LONG, LONG, LONG, 1, LONG), backend);
        RawClient client = gateway.connect()) {
      assertThat(client.send(ASK).receiveHead().status()).isEqualTo(101);
      client.socket.shutdownOutput();

      assertThat(client.isClosedByPeer()).isTrue();
      TestGateway.await("none", () -> gateway.inFlight() == 0);
    } finally {
      never.countDown();
    }
  }

  @Test
  void aTunnelThroughWhichNothingGoesIsClosed() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  call.send(GRANT);
                  return call.in.read() >= 0 && never.await(1, TimeUnit.MILLISECONDS);
                });
        TestGateway gateway =
            TestGateway.hurrying(new ClientTimeouts(LONG, LONG, LONG, LONG, 1, LONG), backend);
        RawClient client = gateway.connect()) {
      assertThat(client.send(ASK).receiveHead().status()).isEqualTo(101);
      assertThat(client.isClosedByPeer()).isTrue();
      TestGateway.await("none", () -> gateway.inFlight() == 0);
    }
  }
}
