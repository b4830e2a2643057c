package io.upstream4j.distribution.acceptance;

import static io.upstream4j.distribution.acceptance.Waiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.testserver.DockerEngine;
import java.io.IOException;
import java.io.InputStream;
import java.net.Proxy;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the container image, built by a Docker engine without network access and run as nobody. */
class ContainerIT {
  private static final String BASE = "local/base:1";
  private static final String OURS = "local/upstream4j:1";

  @TempDir Path folder;

  @Test
  void theImageServesReadOnlyAndEndsWell() throws Exception {
    try (DockerEngine engine = DockerEngine.start(Files.createDirectory(folder.resolve("e")))) {
      Path packages = folder.resolve("packages");
      Command.run("src/package/build", packages.toString());
      importBase(engine);
      engine.docker(
          "build",
          "--network",
          "none",
          "--build-arg",
          "BASE=" + BASE,
          "-t",
          OURS,
          packages.resolve("container").toString());
      // In one network, because the machine's own engine may block packets between containers.
      engine.runContainer("web", "-e", "PORT=8083");
      String address =
          engine.docker("inspect", "-f", "{{.NetworkSettings.Networks.bridge.IPAddress}}", "web");
      until(() -> body(address, 8083).equals("web"));
      Path config = folder.resolve("upstreams.yaml");
      Files.writeString(config, "upstreams: { web: { addrs: [\"127.0.0.1:8083\"] } }");

      engine.docker(
          "run",
          "-d",
          "--name",
          "gateway",
          "--network",
          "container:web",
          "--read-only",
          "-v",
          config + ":/etc/upstream4j/upstreams.yaml:ro",
          OURS);

      until(() -> body(address, 8080).equals("web"));
      assertThat(body(address, 8081, "/readyz")).isEqualTo("ok");
      assertThat(body(address, 8081, "/metrics"))
          .contains("upstream4j_backend_up{upstream=\"web\"");
      assertThat(body(address, 8081, "/upstreams")).contains("FileNotFoundException");
      assertThat(engine.logs("gateway")).contains("(epoll)");
      assertThat(engine.docker("exec", "gateway", "/opt/upstream/bin/upstream", "--version"))
          .startsWith("upstream ");
      assertThat(engine.docker("top", "gateway", "-o", "pid,uid,args")).contains("65534");
      engine.docker("stop", "-t", "60", "gateway");
      assertThat(engine.docker("inspect", "-f", "{{.State.ExitCode}}", "gateway")).isEqualTo("0");
      assertThat(engine.logs("gateway")).contains("listening on", "stopping");
    }
  }

  private static String body(String host, int port) {
    return body(host, port, "/");
  }

  private static String body(String host, int port, String path) {
    try (InputStream body =
        URI.create("http://" + host + ":" + port + path)
            .toURL()
            .openConnection(Proxy.NO_PROXY)
            .getInputStream()) {
      return new String(body.readAllBytes()).strip();
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Creates a minimal base: a shell and the parts of this machine's C library that Java needs. */
  private void importBase(DockerEngine engine) throws IOException, InterruptedException {
    Path root = Files.createDirectory(folder.resolve("base"));
    for (String directory : List.of("bin", "tmp", "etc/upstream4j", "proc", "sys", "dev", "opt")) {
      Files.createDirectories(root.resolve(directory));
    }
    Files.copy(Path.of("/bin/busybox").toRealPath(), root.resolve("bin/busybox"));
    for (String tool : List.of("sh", "dirname", "readlink")) {
      Files.createSymbolicLink(root.resolve("bin").resolve(tool), Path.of("busybox"));
    }
    Files.writeString(root.resolve("etc/passwd"), "nobody:x:65534:65534:nobody:/:/bin/sh\n");
    for (String library : libraries()) {
      Path copy = root.resolve(library.substring(1));
      Files.createDirectories(copy.getParent());
      Files.copy(Path.of(library), copy);
    }
    Path archive = folder.resolve("base.tar");
    Command.run("tar", "-C", root.toString(), "-cf", archive.toString(), ".");
    engine.docker("import", "-c", "ENV PATH=/bin", archive.toString(), BASE);
  }

  /** Returns the files outside the image that its binaries are linked with. */
  private static Set<String> libraries() throws IOException, InterruptedException {
    Set<String> libraries = new TreeSet<>();
    try (Stream<Path> files = Files.walk(Path.of("target/upstream"))) {
      for (Path file : files.filter(ContainerIT::isBinary).toList()) {
        for (String line : Command.run("ldd", file.toString()).lines().toList()) {
          for (String word : line.strip().split("\\s+")) {
            if (word.startsWith("/") && !word.contains("/target/")) {
              libraries.add(word);
            }
          }
        }
      }
    }
    return libraries;
  }

  private static boolean isBinary(Path file) {
    return file.endsWith("bin/java") || file.toString().endsWith(".so");
  }
}
