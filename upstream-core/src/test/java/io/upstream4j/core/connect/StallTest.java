package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.Future;
import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.peer.PoolLimits;
import io.upstream4j.core.peer.SocketOptions;
import io.upstream4j.core.peer.Timeouts;
import io.upstream4j.core.peer.TlsOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each timeout before a server that stalls at that very point: not before 90 % of its time, for its
 * own reason, and nothing is left. Each is looked at thirty-two times in its time, so that it comes
 * before 110 % of it; the bound here is for a busy machine.
 */
class StallTest {
  private static final Duration LIMIT = Duration.ofSeconds(1);
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final long LATE = TimeUnit.SECONDS.toNanos(20);

  private final Connector connector = new Connector(1);

  @AfterEach
  void close() {
    connector.close();
  }

  /** Where a server stalls. */
  enum Point {
    TCP(Failure.CONNECT_TIMEOUT),
    TLS(Failure.TOTAL_CONNECT_TIMEOUT),
    HTTP2_SETTINGS(Failure.TOTAL_CONNECT_TIMEOUT),
    ALL_CONNECTIONS(Failure.PENDING_TIMEOUT),
    HEAD(Failure.READ_TIMEOUT),
    MIDDLE_OF_HEAD(Failure.READ_TIMEOUT),
    BODY(Failure.READ_TIMEOUT),
    REQUEST(Failure.WRITE_TIMEOUT),
    HTTP2_HEAD(Failure.READ_TIMEOUT),
    HTTP2_BODY(Failure.READ_TIMEOUT),
    HTTP2_REQUEST(Failure.WRITE_TIMEOUT);

    final Failure failure;

    Point(Failure failure) {
      this.failure = failure;
    }

    boolean isHttp2() {
      return name().startsWith("HTTP2");
    }

    Duration limit(Failure kind) {
      return failure == kind ? LIMIT : LONG;
    }

    HttpPeer peer(int port) {
      return Peers.of(
          port,
          new PeerOptions(
              isHttp2() ? Alpn.H2 : Alpn.H1,
              this == TLS
                  ? Optional.of(new TlsOptions("localhost", false, false))
                  : Optional.empty(),
              new Timeouts(
                  limit(Failure.CONNECT_TIMEOUT),
                  limit(Failure.TOTAL_CONNECT_TIMEOUT),
                  limit(Failure.READ_TIMEOUT),
                  limit(Failure.WRITE_TIMEOUT),
                  LONG),
              new PoolLimits(1, 10, limit(Failure.PENDING_TIMEOUT)),
              SocketOptions.SYSTEM));
    }

    ScriptedServer server() {
      if (isHttp2() && this != HTTP2_SETTINGS) {
        return Http2FaultsTest.server(
            (connection, stream) -> {
              if (this == HTTP2_BODY) {
                connection.send(
                    Http2FaultsTest.frame(
                        Http2FaultsTest.HEADERS,
                        Http2FaultsTest.END_HEADERS,
                        stream,
                        Http2FaultsTest.STATUS_200));
              }
              connection.stall();
            });
      }
      return new ScriptedServer(
          connection -> {
            if (this == TLS || this == HTTP2_SETTINGS) {
              connection.stall();
            }
            connection.readHead();
            if (this == MIDDLE_OF_HEAD) {
              connection.send("HTTP/1.1 200 OK\r\nContent-");
            } else if (this == BODY) {
              connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
            }
            connection.stall();
          },
          16_384);
    }
  }

  private EventLoop loop() {
    return Call.anyLoop(connector);
  }

  @ParameterizedTest
  @EnumSource(Point.class)
  void theTimeoutOfThatPointFires(Point point) throws Exception {
    if (point == Point.TCP) {
      aFullQueue(point);
      return;
    }
    try (ScriptedServer server = point.server()) {
      HttpPeer peer = point.peer(server.port());
      long began;
      PeerException failure;
      switch (point.failure) {
        case TOTAL_CONNECT_TIMEOUT -> {
          began = System.nanoTime();
          failure = notOpened(peer);
        }
        case PENDING_TIMEOUT -> {
          HttpStream taken = Call.open(connector, peer);
          began = System.nanoTime();
          failure = notOpened(peer);
          taken.cancel();
          assertThat(connector.stats(peer).pending()).isZero();
          connector.retire(peer);
        }
        case WRITE_TIMEOUT -> {
          HttpStream stream = Call.open(connector, peer);
          began = System.nanoTime();
          failure = post(stream).failure();
        }
        default -> {
          HttpStream stream = Call.open(connector, peer);
          began = System.nanoTime();
          failure = Call.start(stream, Call.get("/")).failure();
        }
      }
      check(point, failure, System.nanoTime() - began);
      if (point.isHttp2()) {
        connector.retire(peer); // another stream might be well
      }
      Await.until("nothing is left", () -> connector.open() == 0 && stats(peer) == 0);
    }
  }

  private int stats(HttpPeer peer) {
    return connector.stats(peer).inUse() + connector.stats(peer).pending();
  }

  private static void check(Point point, PeerException failure, long took) {
    assertThat(failure.failure()).isEqualTo(point.failure);
    assertThat(took).isBetween(LIMIT.toNanos() * 9 / 10, LATE);
  }

  private PeerException notOpened(HttpPeer peer) throws Exception {
    Future<HttpStream> opening = connector.open(peer, loop());
    assertThat(opening.await(60, TimeUnit.SECONDS)).isTrue();
    return (PeerException) opening.cause();
  }

  /** More than the socket and the peer's window take. */
  private static Call post(HttpStream stream) {
    Call call = new Call(stream);
    HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/");
    head.headers().set("host", "localhost").set("transfer-encoding", "chunked");
    stream.begin(head, call);
    for (int i = 0; i < 200; i++) {
      stream.write(new DefaultHttpContent(Unpooled.buffer(65_536).writeZero(65_536)));
    }
    stream.flush();
    stream.read();
    return call;
  }

  private void aFullQueue(Point point) throws Exception {
    List<Socket> fillers = new ArrayList<>();
    try (ServerSocket full = new ServerSocket()) {
      full.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
      fill(full, fillers);
      HttpPeer peer = point.peer(full.getLocalPort());
      long began = System.nanoTime();
      check(point, notOpened(peer), System.nanoTime() - began);
      assertThat(connector.stats(peer).failed()).isEqualTo(1);
      assertThat(connector.open() + stats(peer)).isZero();
    } finally {
      for (Socket socket : fillers) {
        socket.close();
      }
    }
  }

  /** Until the listener does not answer any more. */
  private static void fill(ServerSocket full, List<Socket> fillers) throws Exception {
    while (true) {
      Socket socket = new Socket();
      fillers.add(socket);
      try {
        socket.connect(full.getLocalSocketAddress(), 1_000);
      } catch (SocketTimeoutException e) {
        return;
      }
    }
  }
}
