package io.upstream4j.distribution.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.core.config.Config;
import io.upstream4j.core.config.ConfigLoader;
import io.upstream4j.core.connect.memory.MemoryBudget;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests that a configuration's limits apply to clients and backends. */
@Timeout(60)
class GatewayLimitsTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n";

  private TestBackend backend;

  @BeforeEach
  void start() throws IOException {
    backend = TestBackend.answering("ok");
  }

  @AfterEach
  void stop() throws IOException {
    backend.close();
  }

  private static RawClient.Response ask(TestGateway gateway, String bytes) throws IOException {
    try (RawClient client = gateway.connect()) {
      return client.send(bytes).receive();
    }
  }

  @Test
  void fieldsAndTheirBytesAreThoseOfTheConfiguration() throws Exception {
    String limits = "header_fields: 10, header_size: 1KiB, request_line_size: 512";
    try (TestGateway gateway = TestGateway.limiting(limits, backend)) {
      assertThat(ask(gateway, GET + "A: b\r\n".repeat(9) + "\r\n").status()).isEqualTo(200);
      RawClient.Response many = ask(gateway, GET + "A: b\r\n".repeat(10) + "\r\n");
      assertThat(many.status()).isEqualTo(431);
      assertThat(many.body()).contains("more than 10 fields");

      RawClient.Response large = ask(gateway, GET + "A: " + "b".repeat(1_024) + "\r\n\r\n");
      assertThat(large.status()).isEqualTo(431);
      assertThat(large.body()).contains("1024 bytes");

      String target = "/".repeat(600);
      assertThat(ask(gateway, "GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n").status())
          .isEqualTo(414);
    }
  }

  @Test
  void clientsOfHttp2AreToldTheLimitsAndHeldToThem() throws Exception {
    String limits =
        "h2_streams: 7, h2_stream_window: 4KiB, header_size: 2KiB, header_fields: 12,"
            + " request_line_size: 512";
    try (TestGateway gateway = TestGateway.limiting(limits, backend);
        RawHttp2 client = new RawHttp2(gateway.address).greet()) {
      Map<Integer, Integer> told = settings(client.next(RawHttp2.SETTINGS));
      assertThat(told).containsEntry(3, 7).containsEntry(4, 4_096).containsEntry(6, 2_048);

      String[] fields = new String[2 * 13];
      Arrays.fill(fields, "a");
      client.get(1, "/", fields);
      // The status is plain text, because it is not in HPACK's static table.
      assertThat(new String(client.next(RawHttp2.HEADERS).payload(), ISO_8859_1)).contains("431");
    }
  }

  private static Map<Integer, Integer> settings(RawHttp2.Frame frame) {
    Map<Integer, Integer> values = new HashMap<>();
    ByteBuffer payload = ByteBuffer.wrap(frame.payload());
    while (payload.hasRemaining()) {
      values.put((int) payload.getShort(), payload.getInt());
    }
    return values;
  }

  @Test
  void anotherConfigurationHasOtherLimitsForThoseThatConnectThen() throws Exception {
    try (TestGateway gateway = TestGateway.limiting("memory: 2MiB", backend)) {
      assertThat(gateway.gateway.stats().memoryLimit()).isEqualTo(2 << 20);
      try (RawClient before = gateway.connect()) {
        assertThat(before.send(GET + "\r\n").receive().status()).isEqualTo(200);
        String yaml = TestGateway.yaml("", backend);
        Config config =
            new ConfigLoader(gateway.upstreams.plugins())
                .load("b.yaml", yaml + "gateway: { limits: { header_fields: 10 } }\n");
        assertThat(gateway.upstreams.apply(config)).hasToString("gateway changed");

        String many = GET + "A: b\r\n".repeat(20) + "\r\n";
        assertThat(before.send(many).receive().status()).as("as it began").isEqualTo(200);
        assertThat(ask(gateway, many).status()).isEqualTo(431);
        assertThat(gateway.gateway.stats().memoryLimit()).isEqualTo(MemoryBudget.defaultLimit());
      }
    }
  }

  @Test
  void clientsMayConnectUntilThereAreAsManyAsConfigured() throws Exception {
    try (TestGateway gateway = TestGateway.limiting("connections: 1", backend);
        RawClient first = gateway.connect()) {
      assertThat(first.send(GET + "\r\n").receive().status()).isEqualTo(200);
      assertThat(ask(gateway, GET + "\r\n").status()).isEqualTo(200);
      assertThat(first.isClosedByPeer()).as("idle, it made room").isTrue();
    }
  }

  @Test
  void responsesBeyondTheirLimitsAreABadGateway() throws Exception {
    String few = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + "A: b\r\n".repeat(9) + "\r\n";
    String many = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + "A: b\r\n".repeat(10) + "\r\n";
    String large = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: " + "b".repeat(1_024) + "\r\n\r\n";
    try (TestBackend fields =
            new TestBackend(
                call -> {
                  String line = call.head.line();
                  call.send(line.contains("few") ? few : line.contains("many") ? many : large);
                  return true;
                });
        TestGateway gateway =
            TestGateway.with(
                "max_response_fields: 10\nmax_response_head: 1KiB\nretries: 0\n", fields)) {
      assertThat(ask(gateway, "GET /few HTTP/1.1\r\nHost: h\r\n\r\n").status()).isEqualTo(200);
      assertThat(ask(gateway, "GET /many HTTP/1.1\r\nHost: h\r\n\r\n").status()).isEqualTo(502);
      assertThat(ask(gateway, "GET /large HTTP/1.1\r\nHost: h\r\n\r\n").status()).isEqualTo(502);
    }
  }
}
