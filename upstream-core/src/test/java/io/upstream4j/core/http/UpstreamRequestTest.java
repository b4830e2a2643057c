package io.upstream4j.core.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UpstreamRequestTest {
  @Test
  void strategiesSeeWhatIsSent() {
    UpstreamRequest request =
        UpstreamRequest.get("/a?b=c?d")
            .withHeader("Host", "API.example:8443")
            .withHeader("X-User", "7")
            .withHeader("x-user", "8")
            .withHeader("cookie", "a=1")
            .withHeader("Cookie", "b=2; c=\"3\"")
            .withClient(InetSocketAddress.createUnresolved("10.0.0.7", 1));
    assertThat(request.method()).isEqualTo("GET");
    assertThat(request.path()).isEqualTo("/a");
    assertThat(request.query()).isEqualTo("b=c?d");
    assertThat(request.host()).isEqualTo("api.example");
    assertThat(request.port()).isEqualTo(8443);
    assertThat(request.header("X-USER")).isEqualTo("7");
    assertThat(request.header("x-user", 1)).isEqualTo("8");
    assertThat(request.header("x-user", 2)).isNull();
    assertThat(request.cookie("c")).as("quotes are part of it").isEqualTo("\"3\"");
    assertThat(request.cookie("d")).isNull();
    assertThat(request.client()).isNotNull();
    assertThat(UpstreamRequest.of("OPTIONS", "*").path()).isEqualTo("/");
    assertThat(UpstreamRequest.get("/").host()).isNull();
  }

  @Test
  void eachWithLeavesTheRequestBeforeAsItWas() {
    UpstreamRequest first = UpstreamRequest.post("/", "one");
    UpstreamRequest second = first.withBody("three").withHeader("a", "b").withMaxBodyBytes(7);
    assertThat(first.headers()).isEmpty();
    assertThat(first.body().remaining()).isEqualTo(3);
    assertThat(first.maxBodyBytes()).isEqualTo(UpstreamRequest.DEFAULT_MAX_BODY_BYTES);
    assertThat(StandardCharsets.UTF_8.decode(second.body()).toString()).isEqualTo("three");
    assertThat(StandardCharsets.UTF_8.decode(second.body()).toString())
        .as("again")
        .isEqualTo("three");
    assertThat(second).hasToString("POST /");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "http://a/", "/a b", "/a\r\nx: y", "/ä", "/a#b", "?a"})
  void whatIsNoTargetIsRefused(String target) {
    assertThatThrownBy(() -> UpstreamRequest.get(target))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("target: ")
        .hasMessageNotContaining("\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "CONNECT", "GET /", "G\nT"})
  void whatIsNoMethodIsRefused(String method) {
    assertThatThrownBy(() -> UpstreamRequest.of(method, "/"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("method: ")
        .hasMessageNotContaining("\n");
  }

  @ParameterizedTest
  @CsvSource({
    "'', a",
    "a b, c",
    "a:, c",
    "a, 'b\r\nc: d'",
    "a, 'b\0'",
    "a, \u20ac",
    "Content-Length, 7",
    "transfer-encoding, chunked",
    "connection, close",
    "upgrade, h2c",
    "expect, 100-continue",
    "te, gzip",
    "host, a/b",
    "host, ''"
  })
  void whatCannotBeAHeaderIsRefused(String name, String value) {
    UpstreamRequest request = UpstreamRequest.get("/");
    assertThatThrownBy(() -> request.withHeader(name, value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("header")
        .hasMessageContaining("expected: ")
        .hasMessageNotContaining("\n");
  }

  @Test
  void aSecondHostAndABoundBelowZeroAreRefused() {
    UpstreamRequest request = UpstreamRequest.get("/").withHeader("host", "a");
    assertThatThrownBy(() -> request.withHeader("Host", "a")).hasMessageContaining("a second one");
    assertThatThrownBy(() -> request.withMaxBodyBytes(-1)).hasMessageContaining("from 0");
    assertThat(request.withHeader("te", "trailers").header("te")).isEqualTo("trailers");
  }
}
