package io.upstream4j.core.connect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PoolLimits;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OpenFilesTest {
  @Test
  void theLimitIsTheSoftOne() {
    assertThat(
            OpenFiles.limit(
                List.of(
                    "Limit                     Soft Limit           Hard Limit           Units",
                    "Max processes             unlimited            unlimited            processes",
                    "Max open files            1024                 524288               files")))
        .hasValue(1024);
    assertThat(OpenFiles.limit(List.of("Max open files            unlimited   unlimited   files")))
        .isEmpty();
    assertThat(OpenFiles.limit(List.of())).isEqualTo(OptionalLong.empty());
  }

  @Test
  void otherFailuresAreNoLackOfDescriptors() {
    assertThat(OpenFiles.ranOut(new IOException("Connection refused"))).isFalse();
    assertThat(OpenFiles.ranOut(new IOException((String) null))).isFalse();
    assertThat(OpenFiles.ranOut(new IllegalStateException(new IOException("Too many open files"))))
        .isTrue();
  }

  @ParameterizedTest
  @EnumSource(TransportType.class)
  @EnabledOnOs(OS.LINUX)
  void aConnectionForWhichThereIsNoDescriptorIsNoFaultOfThePeer(TransportType type)
      throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("hello")) {
      Process process =
          new ProcessBuilder(
                  "bash",
                  "-c",
                  "ulimit -n 200; exec \"$@\"",
                  "bash",
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  classPath(),
                  Main.class.getName(),
                  type.name(),
                  String.valueOf(server.port()))
              .redirectErrorStream(true)
              .start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), UTF_8);

      assertThat(output)
          .contains("OUT_OF_DESCRIPTORS on its loop: ")
          .contains("this process has no file descriptor left, of 200 (expected: fewer")
          .contains("then: hello")
          .contains("failed: 1");
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

  /** A process of its own, which has no descriptors left. */
  static final class Main {
    private Main() {}

    public static void main(String[] args) throws Exception {
      try (Connector connector = new Connector(1, TransportType.valueOf(args[0]))) {
        int port = Integer.parseInt(args[1]);
        // What a connection and a failure need of classes is loaded before.
        PoolLimits other = new PoolLimits(1, 1, Duration.ofSeconds(1));
        Call.fetch(connector, Peers.of(port, Peers.with(other)), "/");
        connector.open(Peers.of(1), Call.anyLoop(connector)).await();
        HttpPeer peer = Peers.of(port);
        List<InputStream> files = fill();
        var opening = connector.open(peer, Call.anyLoop(connector));
        opening.await();
        PeerException failure = (PeerException) opening.cause();
        for (InputStream file : files) {
          file.close();
        }
        System.out.println(failure.failure() + " on its loop: " + failure.getMessage());
        System.out.println("then: " + Call.fetch(connector, peer, "/").text());
        System.out.println("failed: " + connector.stats(peer).failed());
      }
    }

    private static List<InputStream> fill() {
      List<InputStream> files = new ArrayList<>();
      try {
        while (true) {
          files.add(new FileInputStream("/dev/null"));
        }
      } catch (IOException e) {
        return files;
      }
    }
  }
}
