package io.upstream4j.distribution.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Runs programs of the machine. */
final class Command {
  private Command() {}

  /** Skips the test when one of the programs is not on the path. */
  static void assumeInstalled(String... programs) {
    for (String program : programs) {
      boolean found =
          Stream.of((System.getenv("PATH") + ":/usr/sbin:/sbin").split(":", -1))
              .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
      assumeTrue(found, program + " is not installed");
    }
  }

  /**
   * Issues a self-signed certificate for localhost and 127.0.0.1: {@code name.pem} and {@code
   * name.key}.
   */
  static void selfSigned(Path folder, String name) throws IOException, InterruptedException {
    run(
        ("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN="
                + name
                + " -addext subjectAltName=IP:127.0.0.1,DNS:localhost -keyout "
                + folder.resolve(name + ".key")
                + " -out "
                + folder.resolve(name + ".pem"))
            .split(" "));
  }

  /** Runs a program that must succeed. Returns its standard output and errors. */
  static String run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
