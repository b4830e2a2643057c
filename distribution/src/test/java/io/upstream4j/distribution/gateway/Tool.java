package io.upstream4j.distribution.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs an installed client, such as curl. */
final class Tool {
  private Tool() {}

  /** The output and exit status of a program. */
  record Output(String text, int status) {}

  /**
   * Requests a path with curl over clear-text HTTP/2, and returns the output with the response's
   * heads.
   */
  static Output curlHttp2(TestGateway gateway, String path, String... options)
      throws IOException, InterruptedException {
    return curlHttp2(gateway.address, path, options);
  }

  static Output curlHttp2(InetSocketAddress gateway, String path, String... options)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of("curl", "-sS", "-i", "-m", "20", "--http2-prior-knowledge"));
    command.addAll(List.of(options));
    command.add("http://127.0.0.1:" + gateway.getPort() + path);
    return run(command.toArray(String[]::new));
  }

  /** Skips the test when the program is not installed. */
  static Output run(String... command) throws IOException, InterruptedException {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      assumeTrue(false, command[0] + " is not installed");
      throw e;
    }
    String output = new String(process.getInputStream().readAllBytes(), ISO_8859_1);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(output).isTrue();
    return new Output(output, process.exitValue());
  }
}
