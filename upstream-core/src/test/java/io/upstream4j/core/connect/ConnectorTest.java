package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.upstream4j.api.spi.AddressFilter;
import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.Network;
import io.upstream4j.core.peer.ConnectionStats;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.peer.SocketOptions;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

@ParameterizedClass
@MethodSource("io.upstream4j.core.connect.TransportTypeTest#available")
class ConnectorTest {
  private final Connector connector;

  ConnectorTest(TransportType transport) {
    connector = new Connector(2, transport);
  }

  @AfterEach
  void close() {
    connector.close();
  }

  @Test
  void aRequestGetsItsResponseAndTheNextUsesTheSameConnection() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("hello")) {
      HttpPeer peer = Peers.of(server.port());

      Call.Response first = Call.fetch(connector, peer, "/");
      Call.Response second = Call.fetch(connector, peer, "/");

      assertThat(first.status()).isEqualTo(200);
      assertThat(first.text()).isEqualTo("hello");
      assertThat(first.reused()).isFalse();
      assertThat(second.text()).isEqualTo("hello");
      assertThat(second.reused()).isTrue();
      assertThat(server.accepted).hasValue(1);
      assertThat(connector.stats(peer)).isEqualTo(new ConnectionStats(1, 0, 1, Map.of(), 1, 0, 0));
    }
  }

  @Test
  void aFreshConnectionIsOneThatNobodyUsed() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("hello")) {
      HttpPeer peer = Peers.of(server.port());
      Call.fetch(connector, peer, "/");

      HttpStream stream =
          connector.openFresh(peer, Call.anyLoop(connector)).get(20, TimeUnit.SECONDS);

      assertThat(Call.start(stream, Call.get("/")).response().reused()).isFalse();
      assertThat(server.accepted).hasValue(2);
    }
  }

  @Test
  void theRequestArrivesAsItWasWritten() throws Exception {
    CompletableFuture<String> received = new CompletableFuture<>();
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              received.complete(connection.readHead());
              connection.ok("");
            })) {
      FullHttpRequest request = Call.get("/a/b?c=d");
      request.headers().set("X-Test", "value");

      Call.fetch(connector, Peers.of(server.port()), request);

      assertThat(received.get())
          .isEqualTo("GET /a/b?c=d HTTP/1.1\r\nhost: localhost\r\nX-Test: value\r\n\r\n");
    }
  }

  @Test
  void aBodyIsSentInPartsFromAnyThread() throws Exception {
    CompletableFuture<String> received = new CompletableFuture<>();
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              received.complete(connection.readLine() + "|" + connection.readLine());
              connection.readHead();
              connection.ok("");
              connection.readToEnd();
            })) {
      HttpPeer peer = Peers.of(server.port());
      HttpStream stream = Call.open(connector, peer);
      Call call = new Call(stream);
      HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/upload");
      head.headers().set("transfer-encoding", "chunked");
      stream.begin(head, call);
      stream.write(new DefaultHttpContent(text("hello")));
      stream.write(new DefaultLastHttpContent(text("")));
      stream.flush();
      stream.read();

      assertThat(call.response().status()).isEqualTo(200);
      assertThat(received.get()).isEqualTo("5|hello");
      Await.until("pooled", () -> connector.stats(peer).idle() == 1);
    }
  }

  @Test
  void aRequestWithoutABodyMayEndWithAPartOfItsOwn() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = Peers.of(server.port());
      for (int i = 0; i < 3; i++) {
        HttpStream stream = Call.open(connector, peer);
        Call call = new Call(stream);
        stream.begin(new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/"), call);
        stream.write(LastHttpContent.EMPTY_LAST_CONTENT);
        stream.flush();
        stream.read();
        assertThat(call.response().text()).isEqualTo("x");
      }
      assertThat(server.accepted).hasValue(1);
    }
  }

  @Test
  void responsesWithoutBodiesEndWhereTheyShould() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              for (String head = connection.readHead(); !head.isEmpty(); ) {
                if (head.startsWith("HEAD")) {
                  connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
                } else if (head.startsWith("GET /204")) {
                  connection.send("HTTP/1.1 204 No Content\r\n\r\n");
                } else {
                  connection.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n");
                }
                head = connection.readHead();
              }
            })) {
      HttpPeer peer = Peers.of(server.port());

      Call.Response head =
          Call.fetch(connector, peer, Call.request(HttpMethod.HEAD, "/", Unpooled.EMPTY_BUFFER));
      Call.Response noContent = Call.fetch(connector, peer, "/204");
      Call.Response notModified = Call.fetch(connector, peer, "/304");

      assertThat(head.head().headers().get("content-length")).isEqualTo("1000");
      assertThat(head.body()).isEmpty();
      assertThat(noContent.status()).isEqualTo(204);
      assertThat(notModified.status()).isEqualTo(304);
      assertThat(server.accepted).hasValue(1);
    }
  }

  @Test
  void interimResponsesComeBeforeTheFinalOne() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              while (!connection.readHead().isEmpty()) {
                connection.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
                connection.send("HTTP/1.1 100 Continue\r\n\r\n");
                connection.ok("done");
              }
            })) {
      HttpPeer peer = Peers.of(server.port());
      Call call = Call.start(Call.open(connector, peer), Call.get("/"));

      assertThat(call.response().text()).isEqualTo("done");
      assertThat(call.interim)
          .extracting(response -> response.status().code())
          .containsExactly(103);

      FullHttpRequest expecting = Call.get("/");
      expecting.headers().set("expect", "100-continue");
      Call second = Call.start(Call.open(connector, peer), expecting);

      assertThat(second.response().reused()).isTrue();
      assertThat(second.interim)
          .extracting(response -> response.status().code())
          .containsExactly(103, 100);
    }
  }

  @Test
  void aResponseThatNobodyReadsIsKeptUntilItIsAskedFor() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("kept")) {
      HttpPeer peer = Peers.of(server.port());
      Call.fetch(connector, peer, "/");
      HttpStream stream = Call.open(connector, peer);
      Call call = new Call(stream);
      stream.begin(Call.get("/"), call);
      stream.flush();
      // A second connection's exchange gives the first response the time to arrive.
      Call.start(
              connector.openFresh(peer, stream.eventLoop()).get(20, TimeUnit.SECONDS),
              Call.get("/"))
          .response();
      assertThat(call.done).isNotDone();

      stream.read();

      assertThat(call.response().text()).isEqualTo("kept");
      Await.until("pooled", () -> connector.stats(peer).idle() == 2);
    }
  }

  @Test
  void aCancelledExchangeIsTheEndOfItsConnectionAndOfItsCalls() throws Exception {
    CompletableFuture<Long> ended = new CompletableFuture<>();
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              connection.readHead();
              connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc");
              ended.complete(connection.readToEnd());
            })) {
      HttpPeer peer = Peers.of(server.port());
      Call call = Call.start(Call.open(connector, peer), Call.get("/"));
      Await.until("the beginning of the response", call::hasBegun);

      call.stream().cancel();

      assertThat(ended.get(20, TimeUnit.SECONDS)).isZero();
      assertThat(call.done).isNotDone();
      Await.until("closed", () -> connector.stats(peer).closed() == 1);
      assertThat(connector.stats(peer).inUse()).isZero();
    }
  }

  @Test
  void aStreamThatIsCancelledBeforeItBeganGivesItsConnectionBack() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = Peers.of(server.port());

      Call.open(connector, peer).cancel();
      Await.until("idle", () -> connector.stats(peer).idle() == 1);

      assertThat(Call.fetch(connector, peer, "/").reused()).isFalse();
      assertThat(server.accepted).hasValue(1);
    }
  }

  @Test
  void aHostNameIsLookedUpAndAllItsAddressesAreTried() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer =
          Peers.of(InetSocketAddress.createUnresolved("localhost", server.port()), Peers.PLAIN);

      assertThat(Call.fetch(connector, peer, "/").text()).isEqualTo("x");
    }
  }

  @Test
  void anAddressThatItsFilterRefusesIsNotConnectedToWhetherNamedOrLookedUp() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      for (String host : List.of("localhost", "127.0.0.1", "127.1", "2130706433")) {
        InetSocketAddress address =
            host.equals("127.0.0.1")
                ? new InetSocketAddress(host, server.port())
                : InetSocketAddress.createUnresolved(host, server.port());
        assertThatThrownBy(
                () -> Call.open(connector, filtered(host, address, new AddressFilter(List.of()))))
            .as(host)
            .cause()
            .isInstanceOfSatisfying(
                PeerException.class,
                e -> assertThat(e.failure()).isEqualTo(Failure.FORBIDDEN_ADDRESS))
            .hasMessageContaining("is not public");
      }
      assertThat(server.accepted).hasValue(0);
    }
  }

  @Test
  void aConnectionIsNotSharedWithAPeerOfAnotherFilter() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      InetSocketAddress address = InetSocketAddress.createUnresolved("localhost", server.port());
      AddressFilter loopback =
          new AddressFilter(List.of(Network.parse("127.0.0.0/8"), Network.parse("::1")));
      HttpPeer allowed = filtered("localhost", address, loopback);

      assertThat(Call.fetch(connector, allowed, "/").text()).isEqualTo("x");
      assertThat(Call.fetch(connector, allowed, "/").reused()).isTrue();
      HttpPeer refused = filtered("localhost", address, new AddressFilter(List.of()));
      assertThat(refused).isNotEqualTo(allowed);
      assertThatThrownBy(() -> Call.open(connector, refused))
          .cause()
          .hasMessageContaining("is not public");
    }
  }

  private static HttpPeer filtered(String host, InetSocketAddress address, AddressFilter filter) {
    Attributes attributes = Attributes.none().with(Attributes.ADDRESS_FILTER, filter);
    Backend backend = new Backend(new Endpoint(host, address.getPort()), 1, attributes);
    return new HttpPeer("test", backend, address, Peers.PLAIN);
  }

  @Test
  void anUnknownHostNameSaysSo() {
    HttpPeer peer =
        Peers.of(InetSocketAddress.createUnresolved("no-such-host.invalid", 80), Peers.PLAIN);

    assertThatThrownBy(() -> Call.open(connector, peer))
        .cause()
        .isInstanceOfSatisfying(
            PeerException.class,
            e -> {
              assertThat(e.failure()).isEqualTo(Failure.RESOLVE);
              assertThat(e.isSafeToRetry()).isTrue();
            })
        .hasMessageContaining("no-such-host.invalid");
  }

  @Test
  void aLoopOfSomebodyElseIsRefused() {
    EventLoop foreign = new DefaultEventLoop();
    try {
      assertThatThrownBy(() -> connector.open(Peers.of(1), foreign))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("expected: one of the connector's eventLoops()");
    } finally {
      foreign.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
  }

  @Test
  void requestsThatWouldEndElsewhereThanTheySayAreRefused() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = Peers.of(server.port());
      FullHttpRequest noLength =
          Call.request(HttpMethod.POST, "/", Unpooled.copiedBuffer("body", StandardCharsets.UTF_8));
      noLength.headers().remove("content-length");
      refused(peer, noLength, "content-length: 0 (expected: 4");

      FullHttpRequest both =
          Call.request(HttpMethod.POST, "/", Unpooled.copiedBuffer("body", StandardCharsets.UTF_8));
      both.headers().set("transfer-encoding", "chunked");
      refused(peer, both, "content-length: 4 (expected: none beside a transfer-encoding)");

      FullHttpRequest twice = Call.get("/");
      twice.headers().add("content-length", "0").add("content-length", "1");
      refused(peer, twice, "content-length: [0, 1] (expected: one number)");

      // Nothing was sent for any of them, so the connection still serves.
      assertThat(Call.fetch(connector, peer, "/").text()).isEqualTo("x");
      assertThat(server.accepted).hasValue(1);
    }
  }

  @Test
  void lineBreaksInTheTargetAreRefused() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = Peers.of(server.port());
      for (String bad : new String[] {"/a\r\nX: y", "/a b", "/\u0000", "/a\n", ""}) {
        FullHttpRequest request = Call.get("/");
        HttpRequest unchecked = new UncheckedTarget(request, bad);
        refused(peer, unchecked, "uri: ");
        request.release();
      }
    }
  }

  private void refused(HttpPeer peer, HttpRequest request, String message) throws Exception {
    HttpStream stream = Call.open(connector, peer);
    assertThatThrownBy(() -> stream.begin(request, new Call(stream)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
    Await.until("given back", () -> connector.stats(peer).idle() == 1);
  }

  @Test
  void aBodyLongerThanItsLengthNeverReachesTheNextRequest() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = Peers.of(server.port());
      HttpStream stream = Call.open(connector, peer);
      Call call = new Call(stream);
      HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/");
      head.headers().set("content-length", 4);
      stream.begin(head, call);
      stream.write(new DefaultLastHttpContent(text("body and GET / HTTP/1.1")));
      stream.flush();
      stream.read();

      PeerException failure = call.failure();

      assertThat(failure).hasMessageContaining("not as long as its content-length");
      Await.until("closed", () -> connector.stats(peer).closed() == 1);
    }
  }

  @Test
  void socketOptionsReachTheSocket() throws Exception {
    SocketOptions options =
        new SocketOptions(
            Optional.of(Duration.ofSeconds(61)),
            Optional.of(Duration.ofSeconds(7)),
            Optional.of(5),
            Optional.of(Duration.ofMillis(12_345)),
            Optional.of(65_536),
            true);
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = Peers.of(server.port(), Peers.with(options));

      HttpStream stream = Call.open(connector, peer);
      Channel channel = ((Http1Exchange) stream).channel();

      assertThat(optionNames(channel)).contains("TCP_NODELAY=true", "SO_KEEPALIVE=true");
      assertThat(optionNames(channel))
          .anyMatch("TCP_KEEPIDLE=61"::equals)
          .anyMatch(option -> option.matches("TCP_KEEPINT(VL|ERVAL)=7"))
          .anyMatch(option -> option.matches("TCP_KEEPC(NT|OUNT)=5"));
      if (connector.transport() != TransportType.NIO) { // which has neither of them
        NativeOptions names =
            connector.transport() == TransportType.EPOLL
                ? NativeOptions.epoll()
                : NativeOptions.ioUring();
        assertThat(channel.config().getOption(names.userTimeout())).isEqualTo(12_345);
        assertThat(channel.config().getOption(ChannelOption.TCP_FASTOPEN_CONNECT)).isTrue();
      }
      // Linux gives twice what is asked for, the rest being for its own use.
      assertThat(channel.config().getOption(ChannelOption.SO_RCVBUF)).isIn(65_536, 131_072);
      assertThat(Call.start(stream, Call.get("/")).response().text()).isEqualTo("x");
    }
  }

  private static List<String> optionNames(Channel channel) {
    return channel.config().getOptions().entrySet().stream()
        .map(option -> option.getKey().name().replaceFirst(".*#", "") + "=" + option.getValue())
        .toList();
  }

  @Test
  void aRetiredPeerKeepsNoConnections() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      HttpPeer peer = Peers.of(server.port());
      Call.fetch(connector, peer, "/");
      HttpStream inUse =
          connector.openFresh(peer, Call.anyLoop(connector)).get(20, TimeUnit.SECONDS);

      connector.retire(peer);

      assertThat(Call.start(inUse, Call.get("/")).response().text()).isEqualTo("x");
      Await.until("both are closed", () -> connector.open() == 0);
      Await.until("no pool is left", () -> connector.pools() == 0);
      // It may be used again, as when a backend comes back.
      assertThat(Call.fetch(connector, peer, "/").reused()).isFalse();
      assertThat(Call.fetch(connector, peer, "/").reused()).isTrue();
    }
  }

  private static ByteBuf text(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
  }
}
