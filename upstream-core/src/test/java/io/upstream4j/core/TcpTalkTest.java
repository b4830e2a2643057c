package io.upstream4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.api.option.ConfigException;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.HealthCheck;
import io.upstream4j.api.spi.HealthCheck.Healthy;
import io.upstream4j.api.spi.HealthCheck.Unhealthy;
import io.upstream4j.api.spi.HealthChecker;
import io.upstream4j.api.spi.ProbeBytes;
import io.upstream4j.api.spi.ProbeReply;
import io.upstream4j.core.connect.Connector;
import io.upstream4j.core.health.ProbeConnections;
import io.upstream4j.core.peer.TlsOptions;
import io.upstream4j.core.probe.TcpChecker;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The check {@code tcp} with what is sent and expected, over real sockets. */
class TcpTalkTest {
  private static final Map<String, String> PING = Map.of("send", "PING\\r\\n", "expect", "+PONG");

  private final Connector connector = new Connector(1);
  private Talker server;

  @AfterEach
  void end() throws Exception {
    if (server != null) {
      server.close();
    }
    connector.close();
  }

  /** Does on each connection what a script says, and closes it. */
  private static final class Talker implements AutoCloseable {
    interface Script {
      void talk(InputStream in, OutputStream out) throws IOException;
    }

    final Semaphore closedByProbe = new Semaphore(0);
    private final ServerSocket socket;
    private final Script script;
    private final List<Socket> accepted = new CopyOnWriteArrayList<>();

    Talker(ServerSocket socket, Script script) {
      this.socket = socket;
      this.script = script;
      start(this::accept);
    }

    private static void start(Runnable task) {
      Thread thread = new Thread(task, "talker");
      thread.setDaemon(true);
      thread.start();
    }

    private void accept() {
      try {
        while (true) {
          Socket connection = socket.accept();
          accepted.add(connection);
          start(() -> talk(connection));
        }
      } catch (IOException e) {
        // closed
      }
    }

    private void talk(Socket connection) {
      try (connection) {
        script.talk(connection.getInputStream(), connection.getOutputStream());
      } catch (IOException e) {
        // the probe has closed it
      }
    }

    /** Waits until the probe has closed the connection. */
    void awaitEnd(InputStream in) {
      try {
        while (in.read() >= 0) {}
      } catch (IOException e) {
        // that is an end, too
      }
      closedByProbe.release();
    }

    Backend backend() {
      return Backend.of("127.0.0.1", socket.getLocalPort());
    }

    @Override
    public void close() throws IOException {
      socket.close();
      for (Socket connection : accepted) {
        connection.close();
      }
    }
  }

  private void serve(Talker.Script script) throws IOException {
    server = new Talker(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), script);
  }

  /** A server that answers PING as Redis does, and anything else with an error. */
  private void servePingsAnd(String other) throws IOException {
    serve(
        (in, out) -> {
          StringBuilder line = new StringBuilder();
          while (line.indexOf("\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
              return;
            }
            line.append((char) next);
          }
          write(out, line.toString().equals("PING\r\n") ? "+PONG\r\n" : other);
          server.awaitEnd(in);
        });
  }

  private static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
  }

  private HealthCheck check(Setup setup, Map<String, String> options) {
    HealthChecker tcp = new TcpChecker();
    return tcp.create(
        Options.of(tcp.options(), Node.Mapping.of(options)),
        new UpstreamContext(
            "api",
            80,
            new io.upstream4j.testkit.FakeScheduler(),
            Runnable::run,
            new ProbeConnections(connector, setup.config())));
  }

  private static Setup setup() {
    return Setup.of("api", new FakeDiscovery(), new RotatingBalancer())
        .withChecker(new FakeChecker());
  }

  private HealthCheck.Result result(Map<String, String> options) throws Exception {
    return await(check(setup(), options).probe(server.backend()));
  }

  private String reason(Map<String, String> options) throws Exception {
    return ((Unhealthy) result(options)).reason();
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  @Test
  void aServerThatAnswersAsExpectedIsHealthyAndItsConnectionIsClosed() throws Exception {
    servePingsAnd("-ERR\r\n");
    for (int i = 0; i < 3; i++) {
      assertThat(result(PING)).isEqualTo(new Healthy());
    }
    assertThat(server.closedByProbe.tryAcquire(3, 30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aServerThatSpeaksFirstIsOnlyListenedTo() throws Exception {
    serve(
        (in, out) -> {
          write(out, "220 mail.internal ESMTP\r\n");
          server.awaitEnd(in);
        });
    assertThat(result(Map.of("expect", "220 "))).isEqualTo(new Healthy());
  }

  @Test
  void bytesMayBeWrittenInHexadecimalOnBothSides() throws Exception {
    serve(
        (in, out) -> {
          byte[] sent = in.readNBytes(3);
          out.write(sent[0] == 0 && sent[1] == (byte) 0xff && sent[2] == 'A' ? 0x80 : 0x01);
          out.flush();
          server.awaitEnd(in);
        });
    assertThat(result(Map.of("send", "hex:00Ff41", "expect", "hex:80"))).isEqualTo(new Healthy());
    assertThat(result(Map.of("send", "\\x00\\xffA", "expect", "\\x80"))).isEqualTo(new Healthy());
  }

  @Test
  void whatIsExpectedMayComeInPiecesAndBehindOtherBytes() throws Exception {
    serve(
        (in, out) -> {
          for (char each : "banner\r\n+PON+PONG\r\n".toCharArray()) {
            write(out, String.valueOf(each));
          }
          server.awaitEnd(in);
        });
    assertThat(result(PING)).isEqualTo(new Healthy());
  }

  @Test
  void anotherAnswerIsToldEscapedOnceTheTimeHasRunOut() throws Exception {
    servePingsAnd("-ERR \"no\" \\ such\tthing \u0007\r\n");
    assertThat(reason(Map.of("send", "PONG\\r\\n", "expect", "+PONG")))
        .isEqualTo(
            "answered \"-ERR \\x22no\\x22 \\\\ such\\tthing \\x07\\r\\n\" (expected: \"+PONG\")");
  }

  @Test
  void anAnswerThatEndsTooSoonIsToldAtOnce() throws Exception {
    serve((in, out) -> write(out, "-MAX clients\r\n"));
    assertThat(reason(Map.of("expect", "+PONG")))
        .isEqualTo(
            "answered \"-MAX clients\\r\\n\" and closed the connection (expected: \"+PONG\")");
  }

  @Test
  void noAnswerIsToldAsThat() throws Exception {
    serve((in, out) -> {});
    assertThat(reason(Map.of("expect", "+PONG")))
        .isEqualTo("closed the connection without an answer (expected: \"+PONG\")");
  }

  @Test
  void aSilentServerIsUnhealthyWhenTheTimeHasRunOut() throws Exception {
    serve((in, out) -> server.awaitEnd(in));
    assertThat(reason(PING)).isEqualTo("no answer in time (expected: \"+PONG\")");
    assertThat(server.closedByProbe.tryAcquire(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void anAnswerWithoutEndIsReadUpToItsBoundAndToldInPart() throws Exception {
    serve(
        (in, out) -> {
          while (true) {
            write(out, "x".repeat(1_000));
          }
        });
    assertThat(reason(PING))
        .isEqualTo("answered \"" + "x".repeat(80) + "\"... (4096 bytes) (expected: \"+PONG\")");
  }

  @Test
  void whatComesBehindTheFirst4KiBDoesNotCount() throws Exception {
    serve(
        (in, out) -> {
          write(out, "x".repeat(4_092) + "+PONG");
          server.awaitEnd(in);
        });
    assertThat(reason(PING)).contains("(4096 bytes)");
  }

  @Test
  void aRefusedConnectionFailsWithTheConnectorsReason() throws Exception {
    serve((in, out) -> {});
    server.close();
    assertThatThrownBy(() -> result(PING))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .hasMessageContaining(server.backend().endpoint().toString());
  }

  @Test
  void theTrafficsTlsIsSpokenAndNoVersionOfHttpAgreedUpon(@TempDir Path folder) throws Exception {
    SSLContext context = serverContext(folder);
    server =
        new Talker(
            context.getServerSocketFactory().createServerSocket(0),
            (in, out) -> {
              write(out, in.read() == 'P' ? "+PONG\r\n" : "-ERR\r\n");
              server.awaitEnd(in);
            });
    HealthCheck check =
        check(setup().withTls(new TlsOptions("redis.internal", false, false)), PING);
    assertThat(await(check.probe(server.backend()))).isEqualTo(new Healthy());
    assertThat(server.closedByProbe.tryAcquire(30, TimeUnit.SECONDS)).isTrue();

    HealthCheck verified =
        check(setup().withTls(new TlsOptions("redis.internal", true, true)), PING);
    assertThatThrownBy(() -> await(verified.probe(server.backend())))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .hasMessageContaining("TLS handshake");
  }

  private static SSLContext serverContext(Path folder) throws Exception {
    Path file = folder.resolve("server.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-dname",
                "CN=redis.internal",
                "-storetype",
                "PKCS12",
                "-storepass",
                "changeit",
                "-keystore",
                file.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("keytool.log").toFile())
            .start();
    assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      keys.load(in, "changeit".toCharArray());
    }
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(keys, "changeit".toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), null, null);
    return context;
  }

  @Test
  void aThirdPartysJudgementThatThrowsFailsTheProbeAlone() throws Exception {
    serve(
        (in, out) -> {
          write(out, "hello");
          server.awaitEnd(in);
        });
    ProbeConnections probes = new ProbeConnections(connector, setup().config());
    ByteBuffer nothing = ByteBuffer.allocate(0);
    ProbeBytes broken =
        new ProbeBytes(
            nothing,
            10,
            answer -> {
              throw new IllegalStateException("no idea");
            });
    assertThatThrownBy(() -> await(probes.talk(server.backend(), broken)))
        .isInstanceOf(ExecutionException.class)
        .hasRootCauseMessage("no idea");
    assertThat(server.closedByProbe.tryAcquire(30, TimeUnit.SECONDS)).isTrue();

    ProbeBytes greedy = new ProbeBytes(nothing, 3, answer -> false);
    assertThat(await(probes.talk(server.backend(), greedy)))
        .isEqualTo(
            new ProbeReply(ByteBuffer.wrap(new byte[] {'h', 'e', 'l'}), ProbeReply.End.FULL));
  }

  @Test
  void bytesThatAreNoneAreRefusedWithWhatIsWrong() {
    Stream.of(
            Map.entry("PING\\q", "\"PING\\q\" has an unknown escape, \\q (expected: text with"),
            Map.entry("PING\\", "has an unknown escape, \\ (expected: text with"),
            Map.entry("\\x4", "has an unknown escape, \\x4 (expected: text with"),
            Map.entry("\\xzz", "has an unknown escape, \\xzz (expected: text with"),
            Map.entry("hex:5", "is not hexadecimal behind hex: (expected: text with"),
            Map.entry("hex:", "is not hexadecimal behind hex:"),
            Map.entry("", "nothing (expected: text with"),
            Map.entry("x".repeat(4_097), "has 4097 bytes (expected: at most 4096)"))
        .forEach(
            wrong ->
                assertThatThrownBy(() -> check(setup(), Map.of("expect", wrong.getKey())))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining(wrong.getValue()));
    assertThatThrownBy(() -> check(setup(), Map.of("send", "PING")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("send without expect (expected: what the server answers to it, too)");
  }
}
