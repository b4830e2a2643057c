package io.upstream4j.distribution.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The program of docs/streaming.md, compiled and run. */
class StreamingExampleTest {
  private static final Path SOURCES =
      Path.of("..", "examples", "streaming", "src", "main", "java", "example", "streaming");
  private static final int LENGTH = 64 << 20; // as much as the heap of the program
  private static final String CLASS_PATH =
      System.getProperty("jdk.module.path", "")
          + File.pathSeparator
          + System.getProperty("java.class.path");

  @TempDir private Path folder;

  @Test
  @Timeout(120)
  void moreThanTheHeapIsStreamedBothWaysThoughTheFirstBackendIsDead() throws Exception {
    compile();
    CRC32 expected = new CRC32();
    expected.update(new byte[LENGTH]);
    try (TestBackend echo = new TestBackend(StreamingExampleTest::echo)) {
      assertThat(run(freePort(), echo.port()))
          .isEqualTo("http://%s: 200, CRC-32 %08x".formatted(echo.address(), expected.getValue()));
    }
  }

  private static boolean echo(TestBackend.Call call) throws IOException {
    call.send("HTTP/1.1 200 OK\r\nContent-Length: " + LENGTH + "\r\n\r\n");
    byte[] piece = new byte[64 * 1024];
    for (int left = LENGTH; left > 0; ) {
      int length = call.in.read(piece, 0, Math.min(left, piece.length));
      if (length < 0) {
        return false;
      }
      call.out.write(piece, 0, length);
      left -= length;
    }
    call.out.flush();
    return true;
  }

  private void compile() throws Exception {
    List<String> arguments =
        new ArrayList<>(List.of("-cp", CLASS_PATH, "-d", folder.toString(), "-implicit:none"));
    try (Stream<Path> files = Files.list(SOURCES)) {
      files.forEach(file -> arguments.add(file.toString()));
    }
    String[] all = arguments.toArray(String[]::new);
    ToolProvider javac = ToolProvider.findFirst("javac").orElseThrow();
    assertThat(javac.run(System.out, System.out, all)).isZero();
  }

  private String run(int dead, int living) throws Exception {
    Path config = folder.resolve("upstreams.yaml");
    Files.writeString(
        config,
        Files.readString(Path.of("..", "examples", "streaming", "upstreams.yaml"))
            .replace("8081", Integer.toString(dead))
            .replace("8082", Integer.toString(living)));
    Path output = folder.resolve("output");
    Process program =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-Xmx64m",
                "-cp",
                folder + File.pathSeparator + CLASS_PATH,
                "example.streaming.Main",
                config.toString(),
                Integer.toString(LENGTH))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(program.waitFor(90, TimeUnit.SECONDS)).isTrue();
    } finally {
      program.destroyForcibly();
    }
    return Files.readString(output).strip();
  }

  private static int freePort() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
