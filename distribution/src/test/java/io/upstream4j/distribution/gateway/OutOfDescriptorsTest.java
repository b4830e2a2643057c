package io.upstream4j.distribution.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.core.Upstreams;
import io.upstream4j.core.connect.TransportType;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests a gateway in a separate process with fewer descriptors than clients. */
@Timeout(60)
class OutOfDescriptorsTest {
  private static final int FILES = 200;
  private static final int CLIENTS = 400;

  @ParameterizedTest
  @EnumSource(TransportType.class)
  @EnabledOnOs(OS.LINUX)
  void idleClientsMakeRoomAndEveryRequestIsAnswered(TransportType type) throws Exception {
    List<RawClient> clients = new ArrayList<>();
    Process process = null;
    try (TestBackend backend = TestBackend.answering("hello")) {
      process =
          new ProcessBuilder(
                  "bash",
                  "-c",
                  "ulimit -n " + FILES + "; exec \"$@\"",
                  "bash",
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Dio.netty.iouring.acceptMultiShotEnabled=false", // as in the image
                  "-cp",
                  classPath(),
                  Main.class.getName(),
                  type.name(),
                  backend.address())
              .redirectErrorStream(true)
              .start();
      BufferedReader output =
          new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
      String line = output.readLine();
      while (line != null && !line.startsWith("port ")) {
        line = output.readLine();
      }
      assertThat(line).isNotNull();
      InetSocketAddress address =
          new InetSocketAddress("127.0.0.1", Integer.parseInt(line.substring(5)));
      for (int i = 0; i < CLIENTS; i++) {
        RawClient client = new RawClient(address);
        clients.add(client);
        client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        assertThat(client.receive().body()).as("client " + i).isEqualTo("hello");
      }
      process.getOutputStream().close();
      String rest = output.lines().collect(Collectors.joining("\n"));

      assertThat(rest).containsPattern("paused [1-9]").doesNotContain("Exception");
      assertThat(rest.lines().filter(each -> each.startsWith("told: ")))
          .as("once")
          .singleElement()
          .asString()
          .contains("no client can be accepted: this process has no file descriptor left, of 200");
    } finally {
      for (RawClient client : clients) {
        client.close();
      }
      if (process != null) {
        process.destroy();
      }
    }
  }

  private static String classPath() {
    return Stream.of(
            "target/test-classes",
            "target/classes",
            System.getProperty("jdk.module.path"),
            System.getProperty("java.class.path"))
        .filter(each -> each != null)
        .collect(Collectors.joining(File.pathSeparator));
  }

  static final class Main {
    private Main() {}

    public static void main(String[] args) throws Exception {
      loadClasses();
      String yaml =
          "upstreams:\n  api:\n    health_check: none\n    addrs: [\"" + args[1] + "\"]\n";
      ConnectionLimit room = ConnectionLimit.of(1_000_000);
      try (Upstreams upstreams =
              Upstreams.builder()
                  .threads(2)
                  .transport(TransportType.valueOf(args[0]))
                  .load("test.yaml", yaml);
          Gateway gateway = new Gateway(upstreams, ClientTimeouts.DEFAULT, room)) {
        gateway.warnTo(text -> System.out.println("told: " + text));
        upstreams.awaitReady(Duration.ofSeconds(20));
        System.out.println("port " + gateway.start("127.0.0.1", 0).getPort());
        while (System.in.read() >= 0) {}
        GatewayStats stats = gateway.stats();
        System.out.println("paused " + stats.acceptPauses() + ", evicted " + stats.evicted());
      }
    }

    /** Loads classes from folders in advance, because loading them needs a descriptor. */
    private static void loadClasses() throws IOException, ClassNotFoundException {
      for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
        Path folder = Path.of(entry);
        if (!Files.isDirectory(folder) || entry.contains("test-classes")) {
          continue;
        }
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder)) {
          files = all.filter(each -> each.toString().endsWith(".class")).toList();
        }
        for (Path file : files) {
          String name = folder.relativize(file).toString().replace(File.separatorChar, '.');
          if (!name.contains("-info")) {
            Class.forName(name.substring(0, name.length() - ".class".length()));
          }
        }
      }
    }
  }
}
