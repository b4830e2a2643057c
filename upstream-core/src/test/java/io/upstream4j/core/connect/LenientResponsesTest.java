package io.upstream4j.core.connect;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.HttpVersion;
import io.upstream4j.core.peer.HttpPeer;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Responses that are not as RFC 9112 has them, which all readers understand alike. */
class LenientResponsesTest {
  private static final String CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

  private final Connector connector = new Connector(1);

  @AfterEach
  void close() {
    connector.close();
  }

  /** All of them have the body "hello world". */
  static Stream<String> hello() {
    String length = "Content-Length: 11";
    return Stream.of(
        "HTTP/1.1 200 OK\nA: b\nContent-Length: 11\n\nhello world",
        "HTTP/1.1 200 OK\n" + length + "\r\n\r\nhello world",
        "HTTP/1.1 200 OK\r\n" + length + "\n\r\nhello world",
        "HTTP/1.1 200 OK\r\n" + length + "\r\n\nhello world",
        "HTTP/1.1 200\n" + length + "\n\nhello world",
        "HTTP/1.1 103 Early Hints\nLink: </a>\n\nHTTP/1.1 200 OK\n" + length + "\n\nhello world",
        "HTTP/1.1 200 OK\r\n" + length + "\r\n" + length + "\r\n\r\nhello world",
        "HTTP/1.1 200 OK\r\nContent-Length: 11, 11\r\n\r\nhello world",
        "HTTP/1.1 200 OK\r\nContent-Length: 11,11\r\n" + length + "\r\n\r\nhello world",
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
            + (length + "\r\n").repeat(3)
            + "\r\nhello world",
        "HTTP/1.0 200 OK\nConnection: keep-alive\nContent-Length: 11, 11\n\nhello world",
        "HTTP/1.2 200 OK\r\n" + length + "\r\n\r\nhello world",
        CHUNKED + "5 \r\nhello\r\n6\t \r\n world\r\n0\r\n\r\n",
        CHUNKED + "5   ;a=b\r\nhello\r\n006  \r\n world\r\n0  \r\n\r\n",
        CHUNKED + "5\nhello\r\n6\r\n world\n0\r\n\r\n",
        CHUNKED + "5\nhello\n6\n world\n0\n\n",
        CHUNKED + "5 \nhello\n6;a=b\r\n world\n0\n\r\n",
        CHUNKED + "5\r\nhello\r\n6\r\n world\r\n0\r\n\n",
        CHUNKED + "5\r\nhello\r\n6\r\n world\r\n0\nA: b\nC: d\n\n",
        CHUNKED + "5\r\nhello\r\n6\r\n world\r\n0\r\nA: b\nC: d\r\n\r\n",
        CHUNKED + "1\nh\n1\ne\n3\nllo\n6\n world\n0\n\n");
  }

  @ParameterizedTest
  @MethodSource("hello")
  void aResponseThatAllReadersUnderstandAlikeIsOne(String response) throws Exception {
    for (int part : new int[] {response.length(), 1, 2, 3}) {
      try (ScriptedServer server =
          new ScriptedServer(
              connection -> {
                while (!connection.readHead().isEmpty()) {
                  for (int i = 0; i < response.length(); i += part) {
                    connection.send(response.substring(i, Math.min(i + part, response.length())));
                  }
                }
              })) {
        HttpPeer peer = Peers.of(server.port());
        for (int i = 0; i < 3; i++) {
          Call.Response got = Call.fetch(connector, peer, "/");
          assertThat(got.status()).isEqualTo(200);
          assertThat(got.text()).isEqualTo("hello world");
          assertThat(got.head().headers().getAll("content-length"))
              .isSubsetOf("11")
              .hasSizeLessThan(2);
          assertThat(got.head().headers().get("a")).isIn(null, "b");
          if (response.contains("C: d")) {
            assertThat(got.trailers().get("A")).isEqualTo("b");
            assertThat(got.trailers().get("C")).isEqualTo("d");
          }
          assertThat(got.reused()).as("the end was found").isEqualTo(i > 0);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", " \r\n", "\r\n"})
  void largeChunksArriveWhole(String lineEnd) throws Exception {
    byte[] body = new byte[1_000_000];
    long seed = System.nanoTime();
    new Random(seed).nextBytes(body);
    String text = new String(body, ISO_8859_1);
    StringBuilder response = new StringBuilder(CHUNKED);
    int at = 0;
    for (int size = 1; at < body.length; size = size * 3 + 1) {
      int end = Math.min(body.length, at + size);
      response.append(Integer.toHexString(end - at)).append(lineEnd);
      response.append(text, at, end).append(lineEnd.equals("\n") ? "\n" : "\r\n");
      at = end;
    }
    response.append("0\r\n\r\n");
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              while (!connection.readHead().isEmpty()) {
                connection.send(response.toString());
              }
            })) {
      assertThat(Call.fetch(connector, Peers.of(server.port()), "/").body())
          .as("seed " + seed)
          .isEqualTo(body);
    }
  }

  @Test
  void theVersionIsTheServers() throws Exception {
    for (String version : new String[] {"HTTP/1.0", "HTTP/1.1", "HTTP/1.2", "HTTP/1.9"}) {
      try (ScriptedServer server =
          new ScriptedServer(
              connection -> {
                connection.readHead();
                connection.send(version + " 200 OK\r\nContent-Length: 0\r\n\r\n");
              })) {
        assertThat(Call.fetch(connector, Peers.of(server.port()), "/").head().protocolVersion())
            .isEqualTo(HttpVersion.valueOf(version));
      }
    }
  }
}
