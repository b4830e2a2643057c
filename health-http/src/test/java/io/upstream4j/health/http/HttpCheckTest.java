package io.upstream4j.health.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.HealthCheck;
import io.upstream4j.api.spi.HealthCheck.Healthy;
import io.upstream4j.api.spi.HealthCheck.Unhealthy;
import io.upstream4j.api.spi.ProbeRequest;
import io.upstream4j.api.spi.ProbeRequest.Security;
import io.upstream4j.testkit.FakePluginContext;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpCheckTest {
  private static final Backend BACKEND =
      new Backend(
          new Endpoint("10.0.0.1", 8080), 3, Attributes.none().with(Attributes.SERVER, "api"));

  private final FakePluginContext context = new FakePluginContext();

  @Test
  void withoutOptionsTheRootIsAskedForAsTheTrafficWould() {
    probe(Map.of());
    assertThat(sent()).isEqualTo(new ProbeRequest("GET", "/", Map.of(), Security.AS_TRAFFIC, 0));
    assertThat(context.probes().sent().get(0).backend()).isEqualTo(BACKEND);
  }

  @Test
  void theRequestIsAsTheOptionsSay() {
    probe(
        Map.of(
            "path", "/healthz?full=1",
            "method", "HEAD",
            "host", "api.internal:8443",
            "headers", Map.of("X-Probe", "upstream", "Accept", "*/*"),
            "tls", true));
    assertThat(sent())
        .isEqualTo(
            new ProbeRequest(
                "HEAD",
                "/healthz?full=1",
                Map.of("host", "api.internal:8443", "X-Probe", "upstream", "Accept", "*/*"),
                Security.TLS,
                0));
  }

  @Test
  void aProbeInClearTextCanBeAskedFor() {
    probe(Map.of("tls", false));
    assertThat(sent().security()).isEqualTo(Security.CLEAR);
  }

  @Test
  void anotherPortIsAskedOfTheSameServer() {
    probe(Map.of("port", 9000));
    assertThat(context.probes().sent().get(0).backend())
        .isEqualTo(new Backend(new Endpoint("10.0.0.1", 9000), 3, BACKEND.attributes()));
  }

  @ParameterizedTest
  @CsvSource({"200", "204", "299"})
  void withoutOptionsEveryStatusOf2xxIsGood(int status) {
    context.probes().answers(status, "");
    assertThat(probe(Map.of())).isEqualTo(new Healthy());
  }

  @ParameterizedTest
  @CsvSource({"301", "404", "500", "503"})
  void withoutOptionsEveryOtherStatusIsBad(int status) {
    context.probes().answers(status, "");
    assertThat(probe(Map.of()))
        .isEqualTo(new Unhealthy("status " + status + " (expected: 200-299)"));
  }

  @Test
  void onlyTheExpectedStatusesAreGood() {
    Map<String, ?> options = Map.of("expect", List.of("200-204", "401"));
    context.probes().answers(401, "");
    assertThat(probe(options)).isEqualTo(new Healthy());
    context.probes().answers(205, "");
    assertThat(probe(options)).isEqualTo(new Unhealthy("status 205 (expected: 200-204, 401)"));
  }

  @Test
  void theBodyMustContainTheText() {
    Map<String, ?> options = Map.of("body", "\"status\":\"up\"");
    context.probes().answers(200, "{\"status\":\"up\"}");
    assertThat(probe(options)).isEqualTo(new Healthy());
    assertThat(sent().maxBodyBytes()).isEqualTo(65_536);
    context.probes().answers(200, "{\"status\":\"down\"}");
    assertThat(probe(options))
        .isEqualTo(new Unhealthy("body does not contain \"\"status\":\"up\"\""));
    context.probes().answers(500, "{\"status\":\"up\"}");
    assertThat(probe(options)).isEqualTo(new Unhealthy("status 500 (expected: 200-299)"));
  }

  @Test
  void somethingInTheBodyMustMatchThePattern() {
    Map<String, ?> options = Map.of("body_pattern", "\"status\"\\s*:\\s*\"(up|ok)\"");
    context.probes().answers(200, "{\"status\" : \"ok\"}");
    assertThat(probe(options)).isEqualTo(new Healthy());
    assertThat(sent().maxBodyBytes()).isEqualTo(65_536);
    context.probes().answers(200, "{\"status\":\"down\"}");
    assertThat(probe(options))
        .isEqualTo(
            new Unhealthy("body has nothing that matches \"\"status\"\\s*:\\s*\"(up|ok)\"\""));
  }

  @Test
  void aPatternThatIsNoneIsRefused() {
    assertThatThrownBy(() -> probe(Map.of("body_pattern", "up|(ok")))
        .hasMessageContaining("body_pattern: \"up|(ok\" Unclosed group")
        .hasMessageContaining("(expected: a regular expression of Java)");
  }

  @Test
  void aFailureIsHandedOnToTheCore() {
    IOException cause = new IOException("connection reset");
    context.probes().fails(cause);
    assertThatThrownBy(() -> probe(Map.of())).hasCause(cause);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "healthz",
        "",
        "/a b",
        "/a\r\nX: 1",
        "/a\n",
        "/\u0000",
        "/ä",
        "/a#b",
        "http://a/b",
        "/\u007f"
      })
  void aPathThatWouldBreakTheRequestIsRefused(String path) {
    assertThatThrownBy(() -> probe(Map.of("path", path)))
        .hasMessageContaining(path.isEmpty() ? ": path: nothing" : ": path: \"")
        .hasMessageContaining("(expected: a slash and visible characters");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", "a\r\nX: 1", "a/b", "user@a", "", "a:", "a:99999", "::1", "ä"})
  void aHostThatWouldBreakTheRequestIsRefused(String host) {
    assertThatThrownBy(() -> probe(Map.of("host", host)))
        .hasMessageContaining(": host: ")
        .hasMessageContaining("(expected: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"get", "GET ", "GET /\r\n", "CONNECT", ""})
  void aMethodThatWouldBreakTheRequestIsRefused(String method) {
    assertThatThrownBy(() -> probe(Map.of("method", method)))
        .hasMessageContaining("(expected: a method in capitals");
  }

  @Test
  void everyHeaderThatWouldBreakTheRequestIsReported() {
    assertThatThrownBy(
            () ->
                probe(
                    Map.of(
                        "headers",
                        Map.of(
                            "X-A", "1\r\nX-B: 2",
                            "X C", "1",
                            "Transfer-Encoding", "chunked",
                            "Host", "a",
                            "X-List", List.of("a")))))
        .hasMessageContaining("5 configuration problems")
        .hasMessageContaining("headers.X-A: control characters (expected: visible text)")
        .hasMessageContaining("headers.X C: not a header name (expected: ")
        .hasMessageContaining("headers.Transfer-Encoding: is set by the connection (expected: ")
        .hasMessageContaining("headers.Host: is not set here (expected: the option host)")
        .hasMessageContaining("headers.X-List: a list (expected: text)");
  }

  @Test
  void headersHaveBounds() {
    Map<String, String> many = new HashMap<>();
    for (int i = 0; i <= HttpText.MAX_HEADERS; i++) {
      many.put("X-" + i, "1");
    }
    assertThatThrownBy(() -> probe(Map.of("headers", many)))
        .hasMessageContaining("headers: 101 headers (expected: at most 100)");
    assertThatThrownBy(() -> probe(Map.of("headers", Map.of("X".repeat(257), "1"))))
        .hasMessageContaining("not a header name (expected: ");
    assertThatThrownBy(() -> probe(Map.of("headers", Map.of("X", "1".repeat(8_193)))))
        .hasMessageContaining("headers.X: 8193 characters (expected: at most 8192)");
  }

  @Test
  void aHeaderInTwoSpellingsIsRefused() {
    assertThatThrownBy(() -> probe(Map.of("headers", Map.of("X-A", "1", "x-a", "2"))))
        .hasMessageContaining("there already in other letters (expected: once)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "99", "100", "600", "200-", "-200", "2xx", "200 - 299", "200,204"})
  void aStatusThatIsNoneIsRefused(String status) {
    assertThatThrownBy(() -> probe(Map.of("expect", status)))
        .hasMessageContaining(status.isEmpty() ? "nothing" : "\"" + status + "\"")
        .hasMessageContaining("(expected: a status or a range of 200 to 599");
  }

  @Test
  void aRangeThatEndsBeforeItBeginsIsRefused() {
    assertThatThrownBy(() -> probe(Map.of("expect", "299-200")))
        .hasMessageContaining("\"299-200\" ends before it begins (expected: ");
  }

  @Test
  void atLeastOneStatusMustBeExpected() {
    assertThatThrownBy(() -> probe(Map.of("expect", List.of())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("expect: an empty list (expected: at least one status)");
  }

  @Test
  void aBodyCannotBeExpectedOfHead() {
    assertThatThrownBy(() -> probe(Map.of("method", "HEAD", "body", "ok")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a response to HEAD has none (expected: method GET, or no body)");
  }

  private ProbeRequest sent() {
    return context.probes().sent().get(0).request();
  }

  private HealthCheck.Result probe(Map<String, ?> values) {
    HttpChecker checker = new HttpChecker();
    Options options = Options.of(checker.options(), Node.Mapping.of(values));
    try (HealthCheck check = checker.create(options, context)) {
      CompletableFuture<HealthCheck.Result> probe = check.probe(BACKEND).toCompletableFuture();
      return probe.join();
    }
  }
}
