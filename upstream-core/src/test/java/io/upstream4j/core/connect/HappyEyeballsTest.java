package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.concurrent.Future;
import io.upstream4j.api.spi.AddressFilter;
import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.Network;
import io.upstream4j.core.connect.tls.TlsProviders;
import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.peer.Timeouts;
import io.upstream4j.core.peer.TlsOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A name with several addresses, of which some do not answer. */
@Timeout(60)
class HappyEyeballsTest {
  private static final String NAME = "both.example";
  private static final String V4 = "127.0.0.1";
  private static final String V6 = "::1";

  private InetAddress[] addresses = {};
  private final Connector connector =
      new Connector(1, TransportType.best(), TlsProviders::best, this::find);
  private long began;

  @AfterEach
  void close() {
    connector.close();
  }

  private InetAddress[] find(String host) throws UnknownHostException {
    if (host.equals(NAME)) {
      return addresses;
    }
    throw new UnknownHostException(host);
  }

  private static InetAddress[] addresses(String... literals) {
    return Stream.of(literals).map(HappyEyeballsTest::address).toArray(InetAddress[]::new);
  }

  private static InetAddress address(String literal) {
    try {
      return InetAddress.getByName(literal);
    } catch (UnknownHostException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static HttpPeer peer(int port, PeerOptions options) {
    return Peers.of(InetSocketAddress.createUnresolved(NAME, port), options);
  }

  private static PeerOptions connecting(int connectMillis, int totalMillis) {
    return Peers.with(
        t ->
            new Timeouts(
                Duration.ofMillis(connectMillis),
                Duration.ofMillis(totalMillis),
                t.read(),
                t.write(),
                t.idle()));
  }

  private static ScriptedServer answeringAt(InetSocketAddress address) throws IOException {
    ServerSocket listener = new ServerSocket();
    listener.bind(address, 200);
    return new ScriptedServer(
        connection -> {
          while (!connection.readHead().isEmpty()) {
            connection.ok("from " + address.getAddress().getHostAddress());
          }
        },
        listener);
  }

  private Future<HttpStream> open(HttpPeer peer) {
    began = System.nanoTime();
    return connector.open(peer, Call.anyLoop(connector));
  }

  private PeerException failure(HttpPeer peer) throws Exception {
    return (PeerException) open(peer).await().cause();
  }

  private long tookMillis() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
  }

  /** Linux's list of TCP sockets has the peer's port in its third column, and the state next. */
  private static long connectingTo(int port) {
    String end = String.format(":%04X", port);
    return Stream.of("tcp", "tcp6")
        .map(name -> Path.of("/proc/net", name))
        .flatMap(HappyEyeballsTest::lines)
        .map(line -> line.strip().split(" +"))
        .filter(columns -> columns[2].endsWith(end) && columns[3].equals("02"))
        .count();
  }

  private static Stream<String> lines(Path file) {
    try {
      return Files.readAllLines(file).stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void familiesTakeTurnsBeginningWithTheOneTheSystemPrefers() {
    assertThat(AddressRace.interleave(List.of(addresses("::1", "::2", "::3", "10.0.0.1"))))
        .containsExactly(addresses("::1", "10.0.0.1", "::2", "::3"));
    assertThat(AddressRace.interleave(List.of(addresses("10.0.0.1", "10.0.0.2", "::1", "::2"))))
        .containsExactly(addresses("10.0.0.1", "::1", "10.0.0.2", "::2"));
    assertThat(AddressRace.interleave(List.of(addresses("10.0.0.2", "10.0.0.1"))))
        .containsExactly(addresses("10.0.0.2", "10.0.0.1"));
  }

  @Test
  void whenOneFamilyIsSilentTheOtherServesAfterAMoment() throws Exception {
    try (SilentListener silent = new SilentListener(new InetSocketAddress(address(V6), 0));
        ScriptedServer server = answeringAt(new InetSocketAddress(address(V4), silent.port()))) {
      // The address that answers comes last, but its family is the other one.
      addresses = addresses(V6, "::1", "::1", V4);
      HttpPeer peer = peer(server.port(), Peers.PLAIN);

      HttpStream stream = open(peer).get();

      assertThat(tookMillis()).isBetween(AddressRace.DELAY_MILLIS - 5, 3_000L);
      assertThat(Call.start(stream, Call.get("/")).response().text()).isEqualTo("from 127.0.0.1");
      assertThat(connectingTo(server.port())).as("the slower ones are closed").isZero();
      assertThat(connector.stats(peer).opened()).isOne();
      assertThat(connector.open()).isOne();
    }
  }

  @Test
  void theFirstAddressIsTheOnlyOneTriedWhenItAnswers() throws Exception {
    try (ScriptedServer first = answeringAt(new InetSocketAddress(address(V6), 0));
        ScriptedServer second = answeringAt(new InetSocketAddress(address(V4), first.port()))) {
      addresses = addresses(V6, V4);

      String body = Call.fetch(connector, peer(first.port(), Peers.PLAIN), "/").text();

      assertThat(body).isEqualTo("from 0:0:0:0:0:0:0:1");
      assertThat(second.accepted).hasValue(0);
    }
  }

  @Test
  void anAddressThatRefusesIsFollowedByTheNextAtOnce() throws Exception {
    try (ScriptedServer server = answeringAt(new InetSocketAddress(address(V4), 0))) {
      addresses =
          addresses(
              Stream.concat(
                      IntStream.range(2, 34).mapToObj(last -> "127.0.0." + last), Stream.of(V4))
                  .toArray(String[]::new));

      open(peer(server.port(), Peers.PLAIN)).get();

      // One by one they would take eight seconds.
      assertThat(tookMillis()).isLessThan(6_000);
    }
  }

  @Test
  void theOneThatBeganFirstMayStillWin() throws Exception {
    try (SilentListener first = new SilentListener(new InetSocketAddress(address(V6), 0));
        SilentListener second =
            new SilentListener(new InetSocketAddress(address(V4), first.port()))) {
      addresses = addresses(V6, V4);
      Future<HttpStream> opening = open(peer(first.port(), Peers.PLAIN));
      Await.until("both are tried", () -> connectingTo(first.port()) == 2);

      first.makeRoom();

      assertThat(opening.get()).isNotNull();
      assertThat(connectingTo(second.port())).isZero();
    }
  }

  @Test
  void whenNoneCanBeConnectedToEachIsTold() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, address(V4))) {
      port = free.getLocalPort();
    }
    addresses = addresses(V6, V4);

    PeerException failure = failure(peer(port, Peers.PLAIN));

    assertThat(failure.failure()).isEqualTo(Failure.CONNECT);
    assertThat(failure.isSafeToRetry()).isTrue();
    assertThat(failure)
        .hasMessageContaining("connect to [::1]:" + port + ": connection refused")
        .hasMessageContaining("; connect to 127.0.0.1:" + port + ": connection refused")
        .hasMessageContaining("refused");
  }

  @Test
  void eachHasItsOwnTime() throws Exception {
    try (SilentListener first = new SilentListener(new InetSocketAddress(address(V6), 0));
        SilentListener second =
            new SilentListener(new InetSocketAddress(address(V4), first.port()))) {
      addresses = addresses(V6, V4);

      PeerException failure = failure(peer(second.port(), connecting(400, 10_000)));

      assertThat(tookMillis()).isBetween(AddressRace.DELAY_MILLIS + 400 - 5, 3_000L);
      assertThat(failure.failure()).isEqualTo(Failure.CONNECT_TIMEOUT);
      assertThat(failure)
          .hasMessageContaining(
              "connect to [::1]:" + first.port() + ": no connection within 400ms;")
          .hasMessageContaining(
              "connect to 127.0.0.1:" + first.port() + ": no connection within 400ms");
    }
  }

  @Test
  void allOfThemTogetherHaveTheTotalTime() throws Exception {
    try (SilentListener first = new SilentListener(new InetSocketAddress(address(V6), 0));
        SilentListener second =
            new SilentListener(new InetSocketAddress(address(V4), first.port()))) {
      addresses = addresses(V6, V4);

      PeerException failure = failure(peer(second.port(), connecting(10_000, 500)));

      assertThat(tookMillis()).isBetween(495L, 3_000L);
      assertThat(failure.failure()).isEqualTo(Failure.TOTAL_CONNECT_TIMEOUT);
      assertThat(connectingTo(first.port())).isZero();
    }
  }

  @Test
  void whatIsBeingConnectedEndsWithTheConnector() throws Exception {
    try (SilentListener first = new SilentListener(new InetSocketAddress(address(V6), 0));
        SilentListener second =
            new SilentListener(new InetSocketAddress(address(V4), first.port()))) {
      addresses = addresses(V6, V4);
      Future<HttpStream> opening = open(peer(second.port(), Peers.PLAIN));
      Await.until("both are tried", () -> connectingTo(first.port()) == 2);

      connector.close();

      assertThat(opening.await().cause())
          .isInstanceOfSatisfying(
              PeerException.class, e -> assertThat(e.failure()).isEqualTo(Failure.SHUTDOWN));
      assertThat(connectingTo(first.port())).isZero();
    }
  }

  @Test
  void theFilterAppliesBeforeAnyIsTried() throws Exception {
    try (ScriptedServer first = answeringAt(new InetSocketAddress(address(V6), 0));
        ScriptedServer second = answeringAt(new InetSocketAddress(address(V4), first.port()))) {
      addresses = addresses(V6, V4);
      AddressFilter onlyV4 = new AddressFilter(List.of(Network.parse("127.0.0.0/8")));
      Backend backend =
          new Backend(
              new Endpoint(NAME, first.port()),
              1,
              Attributes.none().with(Attributes.ADDRESS_FILTER, onlyV4));
      HttpPeer peer =
          new HttpPeer(
              "test", backend, InetSocketAddress.createUnresolved(NAME, first.port()), Peers.PLAIN);

      assertThat(Call.fetch(connector, peer, "/").text()).isEqualTo("from 127.0.0.1");
      assertThat(first.accepted).hasValue(0);
      assertThat(second.accepted).hasValue(1);
    }
  }

  @Test
  void http2AndTlsGoOnWithTheWinner(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("hello"), "hello");
    Certificates certificates = Certificates.in(folder);
    certificates.issue("server", "ca", NAME, 30);
    try (Nghttpd server =
            Nghttpd.secure(
                folder, certificates.path("server.key"), certificates.path("server.pem"));
        SilentListener silent =
            new SilentListener(new InetSocketAddress(address(V6), server.port()))) {
      addresses = addresses(V6, V4);
      for (Alpn alpn : List.of(Alpn.H2, Alpn.H2H1)) {
        PeerOptions options =
            new PeerOptions(
                alpn,
                Optional.of(new TlsOptions(NAME, false, false)),
                Peers.TIMEOUTS,
                Peers.LIMITS,
                Peers.PLAIN.socket());
        HttpPeer peer = peer(server.port(), options);

        assertThat(Call.fetch(connector, peer, "/hello").text()).isEqualTo("hello");
        assertThat(connector.stats(peer).opened()).isOne();
      }
      assertThat(connectingTo(silent.port())).isZero();
    }
  }

  @Test
  void cleartextHttp2GoesOnWithTheWinner(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("hello"), "hello");
    try (Nghttpd server = Nghttpd.clear(folder);
        SilentListener silent =
            new SilentListener(new InetSocketAddress(address(V6), server.port()))) {
      addresses = addresses(V6, V4);
      PeerOptions options =
          new PeerOptions(
              Alpn.H2, Optional.empty(), Peers.TIMEOUTS, Peers.LIMITS, Peers.PLAIN.socket());
      HttpPeer peer = peer(silent.port(), options);

      assertThat(Call.fetch(connector, peer, "/hello").text()).isEqualTo("hello");
      assertThat(connector.open()).isOne();
    }
  }
}
