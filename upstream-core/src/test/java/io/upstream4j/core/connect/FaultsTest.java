package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import java.net.ServerSocket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What peers do wrong. */
class FaultsTest {
  private final Connector connector = new Connector(2);

  @AfterEach
  void close() {
    connector.close();
  }

  private void nothingIsLeftOf(HttpPeer peer) {
    Await.until("closed, not pooled", () -> connector.open() == 0);
    assertThat(connector.stats(peer).idle()).isZero();
    assertThat(connector.stats(peer).inUse()).isZero();
  }

  @Test
  void aPortWithoutAServerIsAConnectFailureAndSafeToRetry() throws Exception {
    int port;
    try (ServerSocket unused = new ServerSocket(0)) {
      port = unused.getLocalPort();
    }
    HttpPeer peer = Peers.of(port);

    PeerException failure =
        (PeerException) connector.open(peer, Call.anyLoop(connector)).await().cause();

    assertThat(failure.failure()).isEqualTo(Failure.CONNECT);
    assertThat(failure.isSafeToRetry()).isTrue();
    assertThat(failure)
        .hasMessageEndingWith("connect to 127.0.0.1:" + port + ": connection refused");
    assertThat(connector.stats(peer).failed()).isEqualTo(1);
  }

  @Test
  void aResetInsteadOfAResponseIsAClosedConnection() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.reset();
            })) {
      HttpPeer peer = Peers.of(server.port());

      PeerException failure = Call.start(Call.open(connector, peer), Call.get("/")).failure();

      assertThat(failure.failure()).isEqualTo(Failure.CLOSED);
      assertThat(failure.isSafeToRetry()).isFalse();
      assertThat(failure.isStaleConnection()).isFalse();
      nothingIsLeftOf(peer);
    }
  }

  @Test
  void aConnectionThatIsResetBeforeTheRequestIsSafeToRetry() throws Exception {
    CountDownLatch opened = new CountDownLatch(1);
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              opened.await();
              connection.reset();
            })) {
      HttpPeer peer = Peers.of(server.port());
      HttpStream stream = Call.open(connector, peer);
      opened.countDown();
      Await.until("the reset", () -> connector.open() == 0);

      PeerException failure = Call.start(stream, Call.get("/")).failure();

      assertThat(failure.failure()).isEqualTo(Failure.CLOSED);
      assertThat(failure.isSafeToRetry()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTT"
      })
  void aResponseThatBreaksOffIsNotAResponse(String half) throws Exception {
    for (boolean reset : new boolean[] {false, true}) {
      try (ScriptedServer server =
          new ScriptedServer(
              connection -> {
                connection.readHead();
                connection.send(half);
                if (reset) {
                  connection.reset();
                }
              })) {
        HttpPeer peer = Peers.of(server.port());
        Call call = Call.start(Call.open(connector, peer), Call.get("/"));

        assertThat(call.failure().failure()).isEqualTo(Failure.CLOSED);
        assertThat(call.failure().isSafeToRetry()).isFalse();
        nothingIsLeftOf(peer);
        assertThat(call.partsAfterEnd).hasValue(0);
      }
    }
  }

  @Test
  void aResponseByteByByteIsTheSameResponse() throws Exception {
    String response =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "5\r\nhello\r\n6\r\n world\r\n0\r\nT: u\r\n\r\n";
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              while (!connection.readHead().isEmpty()) {
                for (int i = 0; i < response.length(); i++) {
                  connection.send(response.substring(i, i + 1));
                }
              }
            })) {
      HttpPeer peer = Peers.of(server.port());

      assertThat(Call.fetch(connector, peer, "/").text()).isEqualTo("hello world");
      Call.Response second = Call.fetch(connector, peer, "/");

      assertThat(second.text()).isEqualTo("hello world");
      assertThat(second.reused()).isTrue();
    }
  }

  @Test
  void anIdleConnectionThatThePeerClosesIsDroppedAtOnce() throws Exception {
    for (boolean reset : new boolean[] {false, true}) {
      CountDownLatch answered = new CountDownLatch(1);
      try (ScriptedServer server =
          new ScriptedServer(
              connection -> {
                connection.readHead();
                connection.ok("x");
                answered.await();
                if (reset) {
                  connection.reset();
                }
              })) {
        HttpPeer peer = Peers.of(server.port());
        Call.fetch(connector, peer, "/");
        assertThat(connector.stats(peer).idle()).isEqualTo(1);

        answered.countDown();

        nothingIsLeftOf(peer);
        assertThat(connector.stats(peer).closed()).isEqualTo(1);
      }
    }
  }

  @Test
  void aPooledConnectionThatClosesUnderTheRequestIsStaleNotAFailureOfThePeer() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.ok("x");
              connection.readHead();
            })) {
      HttpPeer peer = Peers.of(server.port());
      Call.fetch(connector, peer, "/");

      PeerException failure = Call.start(Call.open(connector, peer), Call.get("/")).failure();

      assertThat(failure.isStaleConnection()).isTrue();
      assertThat(failure.failure()).isEqualTo(Failure.CLOSED);
      assertThat(failure.isSafeToRetry()).isFalse();
      nothingIsLeftOf(peer);
    }
  }

  @Test
  void aPooledConnectionThatClosesBeforeTheRequestIsWrittenIsSafeToRetry() throws Exception {
    CountDownLatch leased = new CountDownLatch(1);
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.ok("x");
              leased.await();
            })) {
      HttpPeer peer = Peers.of(server.port());
      Call.fetch(connector, peer, "/");
      HttpStream stream = Call.open(connector, peer);
      leased.countDown();
      Await.until("the connection is closed", () -> connector.open() == 0);

      PeerException failure = Call.start(stream, Call.get("/")).failure();

      assertThat(failure.isStaleConnection()).isTrue();
      assertThat(failure.isSafeToRetry()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\r\n",
        "x",
        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen",
        "HTTP/1.1 200 OK\r\nContent-Le"
      })
  void bytesAfterTheResponseNeverReachAnotherRequest(String stray) throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine" + stray);
              connection.readToEnd();
            })) {
      HttpPeer peer = Peers.of(server.port());
      for (int i = 0; i < 5; i++) {
        Call.Response response = Call.fetch(connector, peer, "/");

        assertThat(response.text()).isEqualTo("mine");
        assertThat(response.reused()).isFalse();
      }
      nothingIsLeftOf(peer);
      assertThat(server.accepted).hasValue(5);
    }
  }

  @Test
  void bytesOnAnIdleConnectionCloseIt() throws Exception {
    CountDownLatch answered = new CountDownLatch(1);
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.ok("x");
              answered.await();
              connection.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
              connection.readToEnd();
            })) {
      HttpPeer peer = Peers.of(server.port());
      Call.fetch(connector, peer, "/");
      answered.countDown();

      nothingIsLeftOf(peer);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "length and chunked|HTTP/1.1 200 OK~Content-Length: 5~Transfer-Encoding: chunked~~0~~",
        "length and another coding|HTTP/1.1 200 OK~Content-Length: 2~Transfer-Encoding: gzip~~xx",
        "chunked not last|HTTP/1.1 200 OK~Transfer-Encoding: chunked, gzip~~0~~",
        "chunked twice|HTTP/1.1 200 OK~Transfer-Encoding: chunked~Transfer-Encoding: chunked~~0~~",
        "two lengths|HTTP/1.1 200 OK~Content-Length: 2~Content-Length: 3~~xxx",
        "two lengths of 1.0|HTTP/1.0 200 OK~Content-Length: 2~Content-Length: 3~~xxx",
        "two lengths that look alike|HTTP/1.1 200 OK~Content-Length: 2~Content-Length: 02~~xx",
        "half a list of lengths|HTTP/1.1 200 OK~Content-Length: 2,~~xx",
        "two lengths in one|HTTP/1.1 200 OK~Content-Length: 2, 3~~xxx",
        "signed length|HTTP/1.1 200 OK~Content-Length: +2~~xx",
        "negative length|HTTP/1.1 200 OK~Content-Length: -2~~xx",
        "hex length|HTTP/1.1 200 OK~Content-Length: 0x2~~xx",
        "folded line|HTTP/1.1 200 OK~A: b~ c~Content-Length: 2~~xx",
        "folded length|HTTP/1.1 200 OK~Content-Length: ~ 2~~xx",
        "space before the colon|HTTP/1.1 200 OK~Content-Length : 2~~xx",
        "1.0 with a coding|HTTP/1.0 200 OK~Transfer-Encoding: chunked~~0~~",
        "no colon|HTTP/1.1 200 OK~Content-Length~~",
        "bad name|HTTP/1.1 200 OK~A(b: c~Content-Length: 2~~xx",
        "not a status|HTTP/1.1 abc OK~Content-Length: 2~~xx",
        "not HTTP|SSH-2.0-OpenSSH_9.2~",
        "empty line first|~HTTP/1.1 200 OK~Content-Length: 2~~xx",
        "HTTP/2|HTTP/2.0 200 OK~Content-Length: 2~~xx",
        "HTTP/0.9|HTTP/0.9 200 OK~Content-Length: 2~~xx",
        "a version of two digits|HTTP/1.10 200 OK~Content-Length: 2~~xx",
        "a version of one digit|HTTP/1 200 OK~Content-Length: 2~~xx",
        "a version in lower case|Http/1.1 200 OK~Content-Length: 2~~xx",
        "no version|HTTP 200 OK~Content-Length: 2~~xx",
        "bad chunk size|HTTP/1.1 200 OK~Transfer-Encoding: chunked~~zz~xx~0~~",
        "chunk too long|HTTP/1.1 200 OK~Transfer-Encoding: chunked~~2~xxx~0~~",
        "switching|HTTP/1.1 101 Switching Protocols~Upgrade: websocket~Connection: upgrade~~"
      })
  void whatCanBeUnderstoodInTwoWaysIsRefused(String what, String response) throws Exception {
    refused(response.replace("~", "\r\n"));
  }

  @Test
  void interimResponsesWithoutEndAreRefused() throws Exception {
    refused("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1_000));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nA: b\r\r\nContent-Length: 2\r\n\r\nxx",
        "HTTP/1.1 200 OK\nA: b\rc\nContent-Length: 2\n\nxx",
        "HTTP/1.1 200 OK\nA: b\n c\nContent-Length: 2\n\nxx",
        "HTTP/1.1 200 OK\n\rContent-Length: 2\n\nxx",
        "HTTP/1.1 200 OK\r\nA: b\rContent-Length: 2\r\n\r\nxx",
        "HTTP/1.1 200 OK\r\nA: b\u0000c\r\nContent-Length: 2\r\n\r\nxx",
        "HTTP/1.1 200 O\rK\r\nContent-Length: 2\r\n\r\nxx",
      })
  void bareCarriageReturnsAndNulsAreRefused(String response) throws Exception {
    refused(response);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2\r;a\r\nxx\r\n0\r\n\r\n",
        "2\r\r\nxx\r\n0\r\n\r\n",
        "2;a\rb\r\nxx\r\n0\r\n\r\n",
        "2;a=b\u0000\r\nxx\r\n0\r\n\r\n",
        "2;a\nxx\r\n0\r\n\r\n",
        "2;a\nb\r\nxx\r\n0\r\n\r\n",
        "2 2\r\nxx\r\n0\r\n\r\n",
        "2\u000b\r\nxx\r\n0\r\n\r\n",
        " 2\r\nxx\r\n0\r\n\r\n",
        "2 \r;a\r\nxx\r\n0\r\n\r\n",
        " \r\n\r\n",
        "\r\n\r\n",
        "\n\n",
        "2\nxxx\n0\n\n",
        "2\nxx \n0\n\n",
        "2\nxx\r0\n\n",
        "0x2\r\nxx\r\n0\r\n\r\n",
        "-2\r\nxx\r\n0\r\n\r\n",
        "0\r\nT: a\r\n b\r\n\r\n",
        "0\r\nT: a\r\n\tb\r\n\r\n",
        "0\r\n T: a\r\n\r\n",
        "0\r\nTrailer: a\r\n b\r\n\r\n",
        "0\nT: a\n b\n\n",
        "0\nT: a\rb\n\n",
        "0\r\nT: a\rb\r\n\r\n",
        "0\r\nT: a\r\r\n\r\n",
        "0\r\nTrailer: a\rb\r\n\r\n",
        "0\r\nT: a\u0000b\r\n\r\n",
        "0\r\nT : a\r\n\r\n",
        "0\r\nT\t: a\r\n\r\n",
        "0\r\nContent-Length : a\r\n\r\n",
        "0\r\n: a\r\n\r\n",
        "0\r\nT(: a\r\n\r\n",
        "0\r\nT\r\n\r\n",
      })
  void chunksAndTrailersOfUnclearMeaningAreRefused(String body) throws Exception {
    refused("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "20 Odd",
        "20",
        "2 Odd",
        "099 Odd",
        "000 Odd",
        "012 Odd",
        "1000 Odd",
        "2000 Odd",
        "20a Odd",
        "+20 Odd",
        "-20 Odd",
        "0x1 Odd",
        "20\u0660 Odd",
        "Odd",
        ""
      })
  void aStatusOtherThanThreeDigitsIsRefusedAtOnce(String status) throws Exception {
    String head = "HTTP/1.1 " + status + "\r\n";
    for (String rest :
        new String[] {
          "Content-Length: 2\r\n\r\nxx",
          "Content-Length: 0\r\n\r\n",
          "Transfer-Encoding: chunked\r\n\r\n2\r\nxx\r\n0\r\n\r\n",
          "\r\nto the end",
          "" // and nothing more
        }) {
      for (HttpMethod method : new HttpMethod[] {HttpMethod.GET, HttpMethod.HEAD}) {
        assertThat(refused(method, head + rest)).hasMessageContaining("three digits, 100 to 999");
      }
    }
  }

  @Test
  void aWrongStatusOnAKeptConnectionIsAFailureOfThePeer() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.ok("x");
              connection.readHead();
              connection.send("HTTP/1.1 20 Odd\r\nContent-Length: 2\r\n\r\nxx");
              connection.readToEnd();
            })) {
      HttpPeer peer = Peers.of(server.port());
      Call.fetch(connector, peer, "/");

      PeerException failure = Call.start(Call.open(connector, peer), Call.get("/")).failure();

      assertThat(failure.failure()).isEqualTo(Failure.PROTOCOL);
      assertThat(failure.isStaleConnection()).isFalse();
      nothingIsLeftOf(peer);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"200", "200 ", "200 OK", "200\tOK", "200  a\tb", "200 \u00e9\u00ff"})
  void anyReasonOfTextIsAccepted(String status) throws Exception {
    accepted("HTTP/1.1 " + status + "\r\nContent-Length: 2\r\n\r\nxx");
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 299, 499, 599, 600, 700, 999})
  void anyStatusOfThreeDigitsIsAccepted(int status) throws Exception {
    accepted("HTTP/1.1 " + status + " Odd\r\nContent-Length: 2\r\n\r\nxx");
  }

  @ParameterizedTest
  @ValueSource(strings = {"O\u0001K", "O\u0000K", "\u001b[31mOK", "OK\u007f", "O\u000bK", "OK\r"})
  void aReasonWithControlCharactersIsRefused(String reason) throws Exception {
    assertThat(refused("HTTP/1.1 200 " + reason + "\r\nContent-Length: 2\r\n\r\nxx"))
        .hasMessageContaining("a control character in the status line");
  }

  @Test
  void moreFieldsThanTheLimitAreRefused() throws Exception {
    String head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n";
    accepted(head + "A: b\r\n".repeat(999) + "\r\nxx");
    assertThat(refused(head + "A: b\r\n".repeat(1_000)))
        .hasMessageContaining("more than 1000 fields in the head");
    accepted(head + ("A: " + "b".repeat(1_000) + "\r\n").repeat(62) + "\r\nxx");
    assertThat(refused(head + ("A: " + "b".repeat(1_000) + "\r\n").repeat(64)))
        .hasMessageContaining("more than 65536 bytes in the head");
  }

  @Test
  void moreTrailersThanTheLimitAreRefused() throws Exception {
    String body = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nxx\r\n0\r\n";
    accepted(body + "A: b\r\n".repeat(1_000) + "\r\n");
    assertThat(refused(body + "A: b\r\n".repeat(1_001)))
        .hasMessageContaining("more than 1000 fields in the trailers");
    assertThat(refused(body + "A: " + "b".repeat(70_000)))
        .hasMessageContaining("more than 65536 bytes in the trailers");
  }

  @Test
  void theFieldsOfAnInterimResponseHaveTheLimitToo() throws Exception {
    assertThat(refused("HTTP/1.1 103 Early Hints\r\n" + "A: b\r\n".repeat(1_001)))
        .hasMessageContaining("more than 1000 fields in the head");
  }

  @Test
  void chunkLinesAreBounded() throws Exception {
    String head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    accepted(head + "2;a=" + "b".repeat(1_000) + "\r\nxx\r\n0\r\n\r\n");
    assertThat(refused(head + "2;a=" + "b".repeat(5_000)))
        .hasMessageContaining("the first line of a chunk is longer than 4096 bytes");
    assertThat(refused(head + "0".repeat(5_000)))
        .hasMessageContaining("the first line of a chunk is longer than 4096 bytes");
    assertThat(refused(head + ("1;a=" + "b".repeat(1_000) + "\r\nx\r\n").repeat(30)))
        .hasMessageContaining("16384 bytes");
  }

  private void accepted(String response) throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.send(response);
              connection.readToEnd();
            })) {
      HttpPeer peer = Peers.of(server.port());
      assertThat(Call.fetch(connector, peer, "/").text()).isEqualTo("xx");
      assertThat(connector.stats(peer).idle()).isEqualTo(1);
    }
  }

  private PeerException refused(String response) throws Exception {
    return refused(HttpMethod.GET, response);
  }

  private PeerException refused(HttpMethod method, String response) throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.send(response);
              connection.readToEnd();
            })) {
      HttpPeer peer = Peers.of(server.port());
      Call call =
          Call.start(Call.open(connector, peer), Call.request(method, "/", Unpooled.EMPTY_BUFFER));

      PeerException failure = call.failure();

      assertThat(failure.failure()).as(failure.getMessage()).isEqualTo(Failure.PROTOCOL);
      assertThat(call.partsAfterEnd).hasValue(0);
      nothingIsLeftOf(peer);
      return failure;
    }
  }

  @Test
  void aHeadWithoutEndIsRefusedAtItsLimit() throws Exception {
    refused("HTTP/1.1 200 OK\r\n" + ("A: " + "b".repeat(1_000) + "\r\n").repeat(80));
    refused("HTTP/1.1 200 " + "O".repeat(10_000));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nxx",
        "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nxx",
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nxx"
      })
  void aConnectionThatThePeerWillCloseIsNotPooled(String response) throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.send(response);
              connection.readToEnd();
            })) {
      HttpPeer peer = Peers.of(server.port());

      assertThat(Call.fetch(connector, peer, "/").text()).isEqualTo("xx");
      nothingIsLeftOf(peer);
    }
  }

  @Test
  void http10WithKeepAliveIsPooled() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              while (!connection.readHead().isEmpty()) {
                connection.send(
                    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nxx");
              }
            })) {
      HttpPeer peer = Peers.of(server.port());
      Call.fetch(connector, peer, "/");

      assertThat(Call.fetch(connector, peer, "/").reused()).isTrue();
    }
  }

  @Test
  void aBodyWithoutALengthEndsWithTheConnection() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.send("HTTP/1.1 200 OK\r\n\r\nto the ");
              connection.send("end");
            })) {
      HttpPeer peer = Peers.of(server.port());

      assertThat(Call.fetch(connector, peer, "/").text()).isEqualTo("to the end");
      nothingIsLeftOf(peer);
    }
  }

  @Test
  void aBodyWithoutALengthThatEndsWithAResetIsNotComplete() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.send("HTTP/1.1 200 OK\r\n\r\nto the ");
              begun.await(20, TimeUnit.SECONDS);
              connection.reset();
            })) {
      HttpPeer peer = Peers.of(server.port());
      Call call = Call.start(Call.open(connector, peer), Call.get("/"));
      Await.until("the beginning", call::hasBegun);
      begun.countDown();

      assertThat(call.failure().failure()).isEqualTo(Failure.CLOSED);
    }
  }

  @Test
  void aResponseBeforeTheRequestIsCompleteIsDeliveredAndTheConnectionClosed() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
              connection.readToEnd();
            })) {
      HttpPeer peer = Peers.of(server.port());
      HttpStream stream = Call.open(connector, peer);
      Call call = new Call(stream);
      var head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/");
      head.headers().set("content-length", 1_000_000);
      stream.begin(head, call);
      stream.flush();
      stream.read();

      assertThat(call.response().status()).isEqualTo(413);
      // What the caller goes on to write has nowhere to go, and is released.
      var late = new DefaultHttpContent(Unpooled.buffer().writeZero(1_000));
      stream.write(late);
      stream.flush();
      Await.until("released", () -> late.refCnt() == 0);
      nothingIsLeftOf(peer);
    }
  }

  @Test
  void anAnswerIsReadThoughThePeerRefusesTheRestOfTheRequest() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
              // Closed with bytes of the request unread, which the kernel turns into a reset.
            })) {
      HttpPeer peer = Peers.of(server.port());
      HttpStream stream = Call.open(connector, peer);
      Call call = new Call(stream);
      DefaultHttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/");
      head.headers().set("transfer-encoding", "chunked");
      stream.begin(head, call);
      for (int i = 0; i < 100; i++) {
        stream.write(new DefaultHttpContent(Unpooled.buffer().writeZero(65_536)));
      }
      stream.flush();
      stream.read();

      assertThat(call.response().status()).isEqualTo(413);
      nothingIsLeftOf(peer);
    }
  }

  @Test
  void aHandlerThatThrowsHarmsOnlyItsOwnExchange() throws Exception {
    AtomicInteger failures = new AtomicInteger();
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = Peers.of(server.port());
      HttpStream stream = Call.open(connector, peer);
      Call broken =
          new Call(stream) {
            @Override
            public void onPart(HttpObject part) {
              ReferenceCountUtil.release(part);
              throw new IllegalStateException("a bug in a handler, as a test");
            }

            @Override
            public void onFailure(PeerException cause) {
              failures.incrementAndGet();
              super.onFailure(cause);
            }
          };
      stream.begin(Call.get("/"), broken);
      stream.flush();
      stream.read();

      assertThat(broken.failure()).hasMessageContaining("a bug in a handler");
      nothingIsLeftOf(peer);
      assertThat(failures).hasValue(1);
      assertThat(Call.fetch(connector, peer, "/").text()).isEqualTo("x");
    }
  }
}
