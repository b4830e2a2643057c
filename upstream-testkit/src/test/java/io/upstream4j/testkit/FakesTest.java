package io.upstream4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.ProbeBytes;
import io.upstream4j.api.spi.ProbeReply;
import io.upstream4j.api.spi.ProbeRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class FakesTest {
  @Test
  void tasksRunAtTheirTimeAndInTheirOrder() {
    FakeScheduler scheduler = new FakeScheduler();
    List<String> ran = new ArrayList<>();
    scheduler.schedule(Duration.ofSeconds(2), () -> ran.add("2 s at " + scheduler.nanoTime()));
    scheduler.schedule(Duration.ofSeconds(1), () -> ran.add("first of 1 s"));
    scheduler.schedule(Duration.ofSeconds(1), () -> ran.add("second of 1 s"));
    scheduler.schedule(Duration.ofSeconds(1), () -> ran.add("cancelled")).cancel();
    scheduler.advance(Duration.ofMillis(999));
    assertThat(ran).isEmpty();
    scheduler.advance(Duration.ofSeconds(5));
    assertThat(ran).containsExactly("first of 1 s", "second of 1 s", "2 s at 2000000000");
    assertThat(scheduler.nanoTime()).isEqualTo(Duration.ofMillis(5_999).toNanos());
  }

  @Test
  void blockingWorkAndScheduledWorkTakeTurnsAsTimeGoesOn() {
    FakePluginContext context = new FakePluginContext();
    List<String> ran = new ArrayList<>();
    Runnable later = () -> ran.add("answer at " + context.scheduler().nanoTime() / 1_000_000_000);
    context
        .scheduler()
        .schedule(
            Duration.ofSeconds(3),
            () -> context.blocking().execute(() -> context.scheduler().execute(later)));
    context.advance(Duration.ofSeconds(2));
    assertThat(ran).isEmpty();
    context.advance(Duration.ofSeconds(60));
    assertThat(ran).containsExactly("answer at 3");
  }

  @Test
  void aRequestKnowsItsHeadersInAnyCase() {
    FakeRequest request =
        FakeRequest.get("/a").withHeader("X-User", "1", "2").withCookie("sid", "3").withHost(null);
    assertThat(request.header("x-user")).isEqualTo("1");
    assertThat(request.header("X-USER", 1)).isEqualTo("2");
    assertThat(request.header("x-user", 2)).isNull();
    assertThat(request.header("other")).isNull();
    assertThat(request.cookie("sid")).isEqualTo("3");
    assertThat(request.cookie("SID")).as("as nginx has it").isEqualTo("3");
    assertThat(request.host()).isNull();
  }

  @Test
  void probesAreAnsweredByScriptAndRemembered() {
    FakeProbeClient probes = new FakeProbeClient().answers(503, "closed");
    Backend backend = Backend.of("10.0.0.1", 80);
    ProbeRequest request = new ProbeRequest("GET", "/", Map.of(), ProbeRequest.Security.CLEAR, 10);
    assertThat(probes.send(backend, request).toCompletableFuture().join().status()).isEqualTo(503);
    assertThat(probes.sent()).containsExactly(new FakeProbeClient.Sent(backend, request));
    probes.fails(new IOException("refused"));
    assertThatThrownBy(() -> probes.connect(backend).toCompletableFuture().join())
        .isInstanceOf(CompletionException.class)
        .hasRootCauseMessage("refused");
    assertThat(probes.connected()).containsExactly(backend);
  }

  @Test
  void whatIsNotHttpIsAnsweredWithTheBodyUpToItsBound() {
    FakeProbeClient probes = new FakeProbeClient().answers(200, "+PONG\r\n");
    Backend backend = Backend.of("10.0.0.1", 80);
    ByteBuffer ping = ByteBuffer.wrap(new byte[] {'P'});
    assertThat(talk(probes, backend, new ProbeBytes(ping, 99, answer -> true)).end())
        .isEqualTo(ProbeReply.End.ENOUGH);
    assertThat(talk(probes, backend, new ProbeBytes(ping, 99, answer -> false)).end())
        .isEqualTo(ProbeReply.End.CLOSED);
    assertThat(talk(probes, backend, new ProbeBytes(ping, 2, answer -> false)))
        .isEqualTo(new ProbeReply(ByteBuffer.wrap(new byte[] {'+', 'P'}), ProbeReply.End.FULL));
    assertThat(probes.said()).containsExactly(ping, ping, ping);
  }

  private static ProbeReply talk(FakeProbeClient probes, Backend backend, ProbeBytes bytes) {
    return probes.talk(backend, bytes).toCompletableFuture().join();
  }

  @Test
  void waitingForWhatDoesNotHappenEndsAndSaysWhatWasHeard() {
    RecordingListener listener = new RecordingListener();
    listener.failed(new IOException("no route"));
    assertThatThrownBy(() -> listener.await("an answer", Duration.ofMillis(20), () -> false))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("an answer")
        .hasMessageContaining("no route");
  }
}
