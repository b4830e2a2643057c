package io.upstream4j.core.connect;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Certificates for tests, made by openssl in PEM files. */
record Certificates(Path folder) {
  /** Makes an authority, or skips the test. */
  static Certificates in(Path folder) throws Exception {
    assumeTrue(new ProcessBuilder("openssl", "version").start().waitFor() == 0, "no openssl");
    Certificates made = new Certificates(folder);
    made.authority("ca");
    return made;
  }

  Path path(String name) {
    return folder.resolve(name);
  }

  void authority(String name) throws Exception {
    openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN="
            + name
            + " -keyout "
            + name
            + ".key -out "
            + name
            + ".pem");
  }

  /** Makes a key and a certificate of an authority, for a name, valid for that many days. */
  void issue(String name, String authority, String host, int days) throws Exception {
    Files.writeString(path(name + ".ext"), "subjectAltName=DNS:" + host + ",IP:127.0.0.1\n");
    openssl(
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN="
            + name
            + " -keyout "
            + name
            + ".key -out "
            + name
            + ".csr");
    openssl(
        "x509 -req -in "
            + name
            + ".csr -CA "
            + authority
            + ".pem -CAkey "
            + authority
            + ".key -CAcreateserial -days "
            + days
            + " -extfile "
            + name
            + ".ext -out "
            + name
            + ".pem");
  }

  private void openssl(String arguments) throws Exception {
    List<String> command = new java.util.ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments.split(" ")));
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(path("openssl.log").toFile())
            .start();
    if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new AssertionError(arguments + ": " + Files.readString(path("openssl.log")));
    }
  }
}
