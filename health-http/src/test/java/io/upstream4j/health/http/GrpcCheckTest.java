package io.upstream4j.health.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.HealthCheck;
import io.upstream4j.api.spi.HealthCheck.Healthy;
import io.upstream4j.api.spi.HealthCheck.Unhealthy;
import io.upstream4j.api.spi.ProbeRequest;
import io.upstream4j.api.spi.ProbeRequest.Protocol;
import io.upstream4j.api.spi.ProbeRequest.Security;
import io.upstream4j.api.spi.ProbeResponse;
import io.upstream4j.testkit.FakePluginContext;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GrpcCheckTest {
  private static final Backend BACKEND = Backend.of("10.0.0.1", 50_051);

  private final FakePluginContext context = new FakePluginContext();

  private HealthCheck.Result probe(Map<String, ?> options) {
    GrpcChecker checker = new GrpcChecker();
    return checker
        .create(Options.of(checker.options(), Node.Mapping.of(options)), context)
        .probe(BACKEND)
        .toCompletableFuture()
        .join();
  }

  private HealthCheck.Result judged(CompletionStage<ProbeResponse> answer) {
    context.probes().answers((backend, request) -> answer);
    return probe(Map.of());
  }

  private ProbeRequest sent() {
    return context.probes().sent().get(0).request();
  }

  @Test
  void theServerAsAWholeIsAskedUnlessAServiceIsNamed() {
    judged(GrpcAnswers.state(1));
    assertThat(sent())
        .isEqualTo(
            new ProbeRequest(
                "POST",
                "/grpc.health.v1.Health/Check",
                Map.of("content-type", "application/grpc", "te", "trailers"),
                Security.AS_TRAFFIC,
                Protocol.HTTP_2,
                ByteBuffer.wrap(new byte[5]),
                1024));
  }

  @Test
  void aServiceIsNamedInTheMessage() {
    context.probes().answers((backend, request) -> GrpcAnswers.state(1));
    String service = "é".repeat(100);
    probe(Map.of("service", service, "host", "search.internal", "port", 9000, "tls", true));
    ByteBuffer message = sent().content();
    assertThat(message.get()).isZero();
    assertThat(message.getInt()).isEqualTo(203);
    assertThat(new int[] {message.get(), message.get() & 0xff, message.get()})
        .containsExactly(0x0a, 200, 1); // varint of 200: 72 with the continuation bit, 1 * 128
    assertThat(UTF_8.decode(message).toString()).isEqualTo(service);
    assertThat(sent().headers()).containsEntry("host", "search.internal");
    assertThat(sent().security()).isEqualTo(Security.TLS);
    assertThat(context.probes().sent().get(0).backend().endpoint())
        .isEqualTo(new Endpoint("10.0.0.1", 9000));
  }

  @ParameterizedTest
  @CsvSource({
    "0, UNKNOWN (expected: SERVING)",
    "2, NOT_SERVING (expected: SERVING)",
    "3, SERVICE_UNKNOWN (expected: SERVING)",
    "9, state 9 (expected: SERVING)"
  })
  void everyStateButServingIsBadAndNamed(int state, String reason) {
    assertThat(judged(GrpcAnswers.state(state))).isEqualTo(new Unhealthy(reason));
  }

  @Test
  void aMessageOfALaterVersionIsUnderstood() {
    assertThat(
            judged(
                GrpcAnswers.message(
                    0, 0, 0, 0, 20, 0x12, 2, 'h', 'i', 0x18, 0x80, 1, 0x25, 1, 2, 3, 4, 0x29, 1, 2,
                    3, 4, 5, 6, 7, 8)))
        .as("a state that is not there")
        .isInstanceOf(Unhealthy.class);
    assertThat(judged(GrpcAnswers.message(0, 0, 0, 0, 6, 0x12, 2, 'h', 'i', 8, 1)))
        .isEqualTo(new Healthy());
  }

  @Test
  void anEmptyMessageIsTheStateUnknown() {
    assertThat(judged(GrpcAnswers.message(0, 0, 0, 0, 0)))
        .isEqualTo(new Unhealthy("UNKNOWN (expected: SERVING)"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "0000000009",
        "00000000020880",
        "000000000308",
        "00ffffffff",
        "0000000001ff"
      })
  void whatIsNoMessageIsBad(String hex) {
    byte[] bytes = java.util.HexFormat.of().parseHex(hex);
    int[] numbers = new int[bytes.length];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = bytes[i];
    }
    assertThat(judged(GrpcAnswers.message(numbers)))
        .isEqualTo(new Unhealthy("an answer that is no grpc.health.v1.HealthCheckResponse"));
  }

  @Test
  void aFailedCallIsNamedByItsCodeAndMessageWhereverTheyStand() {
    Map<String, List<String>> unknown =
        Map.of("grpc-status", List.of("5"), "grpc-message", List.of("unknown service a+b%21"));
    Unhealthy reason = new Unhealthy("NOT_FOUND: unknown service a+b!");
    assertThat(judged(GrpcAnswers.onlyTrailers(unknown))).isEqualTo(reason);
    assertThat(judged(GrpcAnswers.trailers(unknown))).isEqualTo(reason);
    assertThat(judged(GrpcAnswers.trailers(Map.of("grpc-status", List.of("12")))))
        .isEqualTo(new Unhealthy("UNIMPLEMENTED"));
    assertThat(judged(GrpcAnswers.trailers(Map.of("grpc-status", List.of("4711")))))
        .isEqualTo(new Unhealthy("grpc-status 4711"));
  }

  @Test
  void aServerThatSpeaksNoGrpcIsBad() {
    context.probes().answers(200, "hello");
    assertThat(probe(Map.of()))
        .isEqualTo(
            new Unhealthy("a response without grpc-status (expected: that of a gRPC server)"));
    context.probes().answers(404, "");
    assertThat(probe(Map.of())).isEqualTo(new Unhealthy("status 404 (expected: 200, as gRPC has)"));
  }
}
