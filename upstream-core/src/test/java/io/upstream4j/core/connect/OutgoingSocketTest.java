package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.Http2Options;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.peer.ResponseLimits;
import io.upstream4j.core.peer.SocketOptions;
import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where connections come from and what they ask of the network, as the other side sees it. */
@Timeout(60)
class OutgoingSocketTest {
  // Prints the type of service of the first TCP packet with data to a port.
  private static final String CAPTURE =
      """
      import socket, struct, sys
      port = int(sys.argv[1])
      packets = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
      packets.bind(("lo", 0x0800))
      print("ready", flush=True)
      while True:
          packet = packets.recv(65535)
          head = (packet[0] & 15) * 4
          if packet[9] == 6 and struct.unpack("!H", packet[head + 2:head + 4])[0] == port:
              data = head + (packet[head + 12] >> 4) * 4
              if struct.unpack("!H", packet[2:4])[0] > data:
                  print(packet[1], flush=True)
                  break
      """;

  private final Connector connector = new Connector(1);

  @AfterEach
  void close() {
    connector.close();
  }

  private static SocketOptions socket(Optional<InetAddress> bindTo, Optional<Integer> dscp) {
    return new SocketOptions(
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        false,
        bindTo,
        dscp);
  }

  private static PeerOptions from(String address) throws UnknownHostException {
    return Peers.with(socket(Optional.of(InetAddress.getByName(address)), Optional.empty()));
  }

  private PeerException failure(HttpPeer peer) throws Exception {
    return (PeerException) connector.open(peer, Call.anyLoop(connector)).await().cause();
  }

  @Test
  void connectionsComeFromTheAddressThatTheyAreBoundTo() throws Exception {
    BlockingQueue<InetAddress> seen = new LinkedBlockingQueue<>();
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              seen.add(connection.socket.getInetAddress());
              connection.readHead();
              connection.ok("x");
            })) {
      Call.fetch(connector, Peers.of(server.port(), from("127.0.0.9")), "/");
      Call.fetch(connector, Peers.of(server.port()), "/");
      assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo(InetAddress.getByName("127.0.0.9"));
      assertThat(seen.poll(10, TimeUnit.SECONDS)).isEqualTo(InetAddress.getByName("127.0.0.1"));
    }
  }

  @Test
  void anAddressThatIsNotThisMachinesIsToldWithTheFailure() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      PeerException failure = failure(Peers.of(server.port(), from("192.0.2.77")));
      assertThat(failure.failure()).isEqualTo(Failure.LOCAL_ADDRESS);
      assertThat(failure)
          .hasMessageContaining("connect to 127.0.0.1:" + server.port() + " from 192.0.2.77: ");
      assertThat(failure.isSafeToRetry()).isTrue();
    }
  }

  @Test
  void aPeerOfTheOtherFamilyIsToldWithBothAddresses() throws Exception {
    PeerException failure =
        failure(
            Peers.of(new InetSocketAddress(InetAddress.getByName("::1"), 1), from("127.0.0.1")));
    assertThat(failure.failure()).isEqualTo(Failure.LOCAL_ADDRESS);
    assertThat(failure)
        .hasMessageContaining(
            "address 0:0:0:0:0:0:0:1 cannot be reached from 127.0.0.1, the address of bind_to"
                + " (expected: both of IPv4 or both of IPv6)");
  }

  @Test
  void theClassOfServiceIsOnEveryPacket() throws Exception {
    assumeTrue(
        new ProcessBuilder("id", "-u").start().inputReader().readLine().equals("0"),
        "not root (expected: to capture packets needs that)");
    try (ScriptedServer server = ScriptedServer.answering("x")) {
      Process capture =
          new ProcessBuilder("python3", "-c", CAPTURE, Integer.toString(server.port()))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      try (BufferedReader says = capture.inputReader()) {
        assertThat(says.readLine()).isEqualTo("ready");
        SocketOptions expedited = socket(Optional.empty(), Optional.of(46));
        Call.fetch(connector, Peers.of(server.port(), Peers.with(expedited)), "/");
        assertThat(says.readLine()).isEqualTo(Integer.toString(46 << 2));
      } finally {
        capture.destroyForcibly();
      }
    }
  }

  @Test
  void theWindowsOfHttp2AreThoseOfTheOptions() throws Exception {
    CompletableFuture<Windows> told = new CompletableFuture<>();
    try (ScriptedServer server =
        new ScriptedServer(
            connection -> {
              byte[] settings = {0, 0, 0, 4, 0, 0, 0, 0, 0};
              connection.send(settings);
              told.complete(Windows.read(new DataInputStream(connection.socket.getInputStream())));
              connection.stall();
            })) {
      PeerOptions options =
          new PeerOptions(
              Alpn.H2,
              Optional.empty(),
              Peers.TIMEOUTS,
              Peers.LIMITS,
              SocketOptions.SYSTEM,
              new Http2Options(100, Optional.empty(), 20_000, 1_000_000),
              ResponseLimits.DEFAULT);
      Call.start(Call.open(connector, Peers.of(server.port(), options)), Call.get("/"));
      Windows windows = told.get(20, TimeUnit.SECONDS);
      assertThat(windows.stream()).isEqualTo(20_000);
      assertThat(windows.connection()).isEqualTo(1_000_000);
    }
  }

  /** What a client says of its windows: RFC 9113, 6.5 and 6.9. */
  private record Windows(int stream, int connection) {
    private static final int SETTINGS = 4;
    private static final int WINDOW_UPDATE = 8;
    private static final int INITIAL_WINDOW_SIZE = 4;

    /** Reads until the connection's window is told, which is after the streams'. */
    static Windows read(DataInputStream in) throws IOException {
      in.skipNBytes(24); // the preface
      int stream = 65_535;
      while (true) {
        int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
        int type = in.readUnsignedByte();
        in.skipNBytes(1);
        int id = in.readInt();
        ByteBuffer payload = ByteBuffer.wrap(in.readNBytes(length));
        while (type == SETTINGS && payload.hasRemaining()) {
          int name = payload.getShort();
          int value = payload.getInt();
          stream = name == INITIAL_WINDOW_SIZE ? value : stream;
        }
        if (type == WINDOW_UPDATE && id == 0) {
          return new Windows(stream, 65_535 + payload.getInt());
        }
      }
    }
  }
}
