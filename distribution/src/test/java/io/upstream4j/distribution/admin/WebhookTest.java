package io.upstream4j.distribution.admin;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.core.event.UpstreamEvent;
import io.upstream4j.core.event.UpstreamEvent.BackendUnhealthy;
import io.upstream4j.core.event.UpstreamEvent.ConfigRefused;
import io.upstream4j.core.event.UpstreamEvent.UpstreamDown;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests a receiver that is unreachable, fails and recovers, over real sockets. */
@Timeout(60)
class WebhookTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

  @TempDir Path folder;
  private WebhookReceiver receiver;
  private final BlockingQueue<Duration> pauses = new LinkedBlockingQueue<>();
  private final Semaphore goOn = new Semaphore(0);
  private final BlockingQueue<String> log = new LinkedBlockingQueue<>();
  private Duration patience = Duration.ofSeconds(10);
  private @Nullable Webhook webhook;

  @BeforeEach
  void listen() throws IOException {
    receiver = new WebhookReceiver();
  }

  @AfterEach
  void end() throws IOException {
    if (webhook != null) {
      webhook.close();
    }
    receiver.close();
  }

  private WebhookTarget target() {
    return target(receiver.port());
  }

  private static WebhookTarget target(int port) {
    return new WebhookTarget(
        URI.create("http://127.0.0.1:" + port + "/hook?key=secret"),
        Map.of("Authorization", "Bearer abc"));
  }

  private Webhook start(WebhookTarget target, WebhookFormat format) {
    Webhook started =
        new Webhook(
            target,
            format,
            UpstreamEvent.kinds(),
            event -> "text of " + event.kind(),
            log::add,
            (lock, time, ended) -> {
              pauses.add(time);
              while (!goOn.tryAcquire()) {
                lock.wait(5); // releases the lock, like the real pause
              }
            },
            () -> NOW,
            patience);
    webhook = started;
    return started;
  }

  private JsonNode received() throws Exception {
    return JSON.readTree(receiver.bodies.poll(30, TimeUnit.SECONDS));
  }

  @Test
  void anEventIsAnObjectForPrograms() throws Exception {
    start(target(), WebhookFormat.JSON)
        .onEvent(new BackendUnhealthy("api", Endpoint.parse("10.0.0.1:80", 80), "reset"));

    assertThat(received())
        .isEqualTo(
            JSON.readTree(
                """
                {
                  "time": "2026-01-02T03:04:05Z", "kind": "backend_unhealthy", "upstream": "api",
                  "backend": "10.0.0.1:80", "text": "text of backend_unhealthy"
                }
                """));
    assertThat(receiver.heads.take())
        .startsWith("POST /hook?key=secret HTTP/1.1\r\n")
        .contains("Authorization: Bearer abc\r\n", "Content-Type: application/json");
  }

  @Test
  void chatServicesGetWhatTheyShow() throws Exception {
    Map<WebhookFormat, String> expected =
        Map.of(
            WebhookFormat.SLACK, "{'text': 'text of upstream_down'}",
            WebhookFormat.DINGTALK,
                "{'msgtype': 'text', 'text': {'content': 'text of upstream_down'}}",
            WebhookFormat.WECOM,
                "{'msgtype': 'text', 'text': {'content': 'text of upstream_down'}}",
            WebhookFormat.FEISHU,
                "{'msg_type': 'text', 'content': {'text': 'text of upstream_down'}}");
    for (Map.Entry<WebhookFormat, String> each : expected.entrySet()) {
      Webhook started = start(target(), each.getKey());
      started.onEvent(new UpstreamDown("api"));
      assertThat(received()).isEqualTo(JSON.readTree(each.getValue().replace('\'', '"')));
      started.close();
    }
  }

  @Test
  void aReceiverThatDripsItsAnswerHoldsUpNothingForLong() throws Exception {
    patience = Duration.ofMillis(300);
    try (ServerSocket dripping = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Void> dripped =
          CompletableFuture.runAsync(
              () -> {
                try (Socket socket = dripping.accept()) {
                  socket.getOutputStream().write("HTTP/1.1 204 -\r\nX: ".getBytes(US_ASCII));
                  while (true) { // until the connection is closed
                    socket.getOutputStream().write('H');
                    TimeUnit.MILLISECONDS.sleep(20);
                  }
                } catch (IOException e) {
                  // expected
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              },
              task -> new Thread(task, "dripping").start());
      Webhook started = start(target(dripping.getLocalPort()), WebhookFormat.JSON);
      started.onEvent(new UpstreamDown("a"));
      assertThat(log.poll(30, TimeUnit.SECONDS)).contains("Timeout").contains("; events wait");
      dripped.get(30, TimeUnit.SECONDS);
      started.target(target());
      goOn.release();
      assertThat(received().get("upstream").asText()).isEqualTo("a");
    }
  }

  @Test
  void eventsWaitInOrderWhileTheReceiverFails() throws Exception {
    receiver.answers.addAll(List.of(500, 503, 429));
    Webhook started = start(target(), WebhookFormat.JSON);
    started.onEvent(new UpstreamDown("a"));
    started.onEvent(new UpstreamDown("b"));
    for (int seconds : List.of(1, 2, 4)) {
      assertThat(pauses.poll(30, TimeUnit.SECONDS))
          .isBetween(Duration.ofMillis(seconds * 800L), Duration.ofSeconds(seconds));
      goOn.release();
    }

    assertThat(received().get("upstream").asText()).isEqualTo("a");
    assertThat(received().get("upstream").asText()).isEqualTo("b");
    String address = "http://127.0.0.1:" + receiver.port();
    assertThat(log)
        .containsExactly(
            "webhook " + address + ": answered 500; events wait, and it is asked again",
            "webhook " + address + " works again");
  }

  @Test
  void aReceiverThatIsAwayGetsThemOnceItIsBackAndElsewhereIfNeedBe() throws Exception {
    int closed;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      closed = free.getLocalPort();
    }
    Webhook started = start(target(closed), WebhookFormat.JSON);
    started.onEvent(new UpstreamDown("a"));
    assertThat(pauses.poll(30, TimeUnit.SECONDS)).isNotNull();

    started.target(target());
    goOn.release(10);

    assertThat(received().get("upstream").asText()).isEqualTo("a");
  }

  @Test
  void whatTheReceiverRefusesIsToldAndNotAskedAgain() throws Exception {
    receiver.answers.add(404);
    Webhook started = start(target(), WebhookFormat.JSON);
    started.onEvent(new ConfigRefused("x"));
    started.onEvent(new UpstreamDown("b"));

    assertThat(received().get("upstream").asText()).isEqualTo("b");
    assertThat(log.poll(30, TimeUnit.SECONDS))
        .contains(" answered 404, which is not asked again: text of config_refused")
        .doesNotContain("secret");
    assertThat(pauses).isEmpty();
  }

  @Test
  void whatTheClientCannotEvenTryIsAFailureAsAnyOther() throws Exception {
    Webhook started =
        start(
            new WebhookTarget(URI.create("http://127.0.0.1:99999/"), Map.of()), WebhookFormat.JSON);
    started.onEvent(new UpstreamDown("a"));
    assertThat(pauses.poll(30, TimeUnit.SECONDS)).isNotNull();

    started.target(target());
    goOn.release(10);

    assertThat(received().get("upstream").asText()).isEqualTo("a");
  }

  @Test
  void whatFindsNoRoomIsCountedForTheReceiver() throws Exception {
    receiver.answers.add(500);
    Webhook started = start(target(), WebhookFormat.JSON);
    started.onEvent(new UpstreamDown("first"));
    assertThat(pauses.poll(30, TimeUnit.SECONDS)).isNotNull(); // it is no longer queued
    for (int i = 0; i < Webhook.CAPACITY + 4; i++) {
      started.onEvent(new UpstreamDown("a" + i));
    }
    assertThat(started.undelivered()).isEqualTo(5);
    assertThat(log).hasSize(2).last().asString().contains("1000 events wait, and more are dropped");
    goOn.release();

    assertThat(received().get("upstream").asText()).isEqualTo("first");
    for (int i = 0; i < Webhook.CAPACITY - 1; i++) {
      assertThat(received().get("upstream").asText()).isEqualTo("a" + i);
    }
    assertThat(received().get("kind").asText()).isEqualTo("events_dropped");
  }

  @Test
  void aFileHasAUrlAndHeaders() throws Exception {
    Path file = folder.resolve("webhook");
    Files.writeString(file, "https://example.com/hook/secret\nX-Token: abc d\n");
    assertThat(WebhookTarget.read(file))
        .isEqualTo(
            new WebhookTarget(
                URI.create("https://example.com/hook/secret"), Map.of("X-Token", "abc d")))
        .hasToString("https://example.com");

    for (Map.Entry<String, String> wrong :
        Map.of(
                "", ":1: no URL",
                "ftp://example.com/", ":1: no URL of http or https",
                "https://secret example.com", ":1: no URL",
                "https://a.test/\nHost: b", ":2: header Host, which each request has anyhow",
                "https://example.com:99999/", ":1: port 99999, not one of 1 to 65535",
                "https://example.com:0/", ":1: port 0, not one of 1 to 65535",
                "https://user:secret@example.com/", ":1: a user, which is not sent",
                "https://example.com/\nsecret", ":2: no header",
                "https://example.com/\nA: b\nA: c", ":3: header A a second time")
            .entrySet()) {
      Files.writeString(file, wrong.getKey());
      assertThatThrownBy(() -> WebhookTarget.read(file))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith(file + wrong.getValue())
          .hasMessageContaining("(expected: a URL such as ")
          .hasMessageNotContaining("secret");
    }
    assertThatThrownBy(() -> WebhookTarget.read(folder.resolve("none")))
        .hasMessageContaining("no such file");
  }

  @Test
  void theDocumentationHasEveryKindOfEvent() throws Exception {
    String page = Files.readString(Path.of("..", "docs", "notifications.md"));
    assertThat(UpstreamEvent.kinds())
        .allSatisfy(kind -> assertThat(page).contains("`" + kind + "`"));
  }
}
