package io.upstream4j.distribution.acceptance;

import static io.upstream4j.distribution.acceptance.Waiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Compares the routing of nginx and HAProxy with that of the image after converting their
 * configurations.
 */
class ConversionIT {
  private static final List<String> HOSTS =
      List.of("shop.example.com", "api.example.com", "a.b.example.com", "example.org", "other");

  private static final List<String> PATHS =
      List.of(
          "/",
          "/index.html",
          "/api",
          "/api/",
          "/api/users?id=7",
          "/apix",
          "/api/v1/users",
          "/api/static/a.png",
          "/static",
          "/static/a.css",
          "/staticfile",
          "/img/a.PNG",
          "/img/a.png",
          "/img/png",
          "/admin",
          "/admin/secret",
          "/administrator",
          "/.git/config",
          "/x/.htaccess",
          "/health",
          "/health/",
          "/ws",
          "/ws/chat",
          "/old/page",
          "/files/a.php",
          "/files/a.php/b",
          "/legacy/a/b",
          "/private/a",
          "/v2/items",
          "/v2items",
          "/login",
          "/app/login",
          "/a/b/c/d/e",
          "/api/v2",
          "/api/v2/x.png",
          "/robots.txt",
          "/download/x.tar.gz",
          "/docs/intro",
          "/docs",
          "/metrics");

  /** Spellings of paths. */
  private static final List<String> SPELLINGS =
      List.of(
          "/%61",
          "/x//y",
          "/../x?a=/../b",
          "/x/../private/a",
          "/private",
          "/private/a",
          "/private%2Fa",
          "/private%2fa",
          "/%70rivate/a",
          "//private/a",
          "/x/..%2Fprivate/a",
          "/x%2F..%2Fprivate%2Fa",
          "/private/..%2Fx",
          "/x/..%2f..%2fy",
          "/%C3%BCber",
          "/%c3%bcber/x",
          "/x%C3%BCz",
          "/a%20b",
          "/a%20bc/d",
          "/%61%20b",
          "/x%3Az",
          "/api/users:reset",
          "/api/users%3Areset",
          "/api/users%3areset",
          "/api/users:reset/",
          "/strip/a//b",
          "/strip/%41/./c?d=%41",
          "/strip%2Fa",
          "/strip/a%2Fb",
          "/strip/a%20b",
          "/strip",
          "/strip/",
          "/same/a//b",
          "/same/../strip/c",
          "/same/%41",
          "/x%20z",
          "/static@2/a",
          "/static%402/a",
          "/x:z",
          "/x;y=/private/a");

  @TempDir Path folder;

  private final List<ServerSocket> backends = new ArrayList<>();

  @BeforeAll
  static void serversAreThere() {
    Nginx.assumeInstalled();
    Haproxy.assumeInstalled();
  }

  /** Starts four backends that answer with their name and the request they received. */
  @BeforeEach
  void startBackends() throws IOException {
    for (int i = 0; i < 4; i++) {
      ServerSocket backend = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
      String name = String.valueOf((char) ('A' + i));
      Thread thread = new Thread(() -> serve(backend, name), "backend-" + name);
      thread.setDaemon(true);
      thread.start();
      backends.add(backend);
    }
  }

  private static void serve(ServerSocket backend, String name) {
    while (!backend.isClosed()) {
      try (Socket socket = backend.accept()) {
        BufferedReader reader =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
        String first = reader.readLine();
        String line = first;
        while (line != null && !line.isEmpty()) {
          line = reader.readLine();
        }
        if (first != null && first.contains(" ")) { // a TCP check sends nothing
          String body = name + " " + first.split(" ")[1];
          String response =
              "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: "
                  + body.length()
                  + "\r\n\r\n"
                  + body;
          socket.getOutputStream().write(response.getBytes(StandardCharsets.US_ASCII));
        }
      } catch (IOException e) {
        // Continue with the next one.
      }
    }
  }

  @AfterEach
  void stopBackends() throws IOException {
    for (ServerSocket backend : backends) {
      backend.close();
    }
  }

  /** Replaces the names of backends with their addresses. */
  private String located(String text, int port) {
    String located = text.replace("@LISTEN", "127.0.0.1:" + port);
    for (int i = 0; i < backends.size(); i++) {
      located =
          located.replace("@" + (char) ('A' + i), "127.0.0.1:" + backends.get(i).getLocalPort());
    }
    return located;
  }

  /** Returns the backend and the request that it received; a dash when there was none. */
  private static String answer(int port, String host, String target) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(20_000);
      String request =
          "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      String response = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return response.startsWith("HTTP/1.1 200 ")
          ? response.substring(response.indexOf("\r\n\r\n") + 4)
          : "-";
    }
  }

  private static TreeMap<String, String> answers(int port, List<String> paths) throws IOException {
    TreeMap<String, String> answers = new TreeMap<>();
    for (String host : HOSTS) {
      for (String path : paths) {
        answers.put(host + path, answer(port, host, path));
      }
    }
    assertThat(answers).hasSize(200);
    return answers;
  }

  private TreeMap<String, String> convertedAnswers(String from, Path config, List<String> paths)
      throws Exception {
    Path yaml = folder.resolve("converted.yaml");
    Image.Finished converted =
        Image.run(folder, "convert", "--from", from, config.toString(), "-o", yaml.toString());
    assertThat(converted.status()).as(converted.err()).isLessThan(2);
    Path at = Files.createDirectory(folder.resolve("image"));
    try (Image image = Image.serve(at, Files.readString(yaml), "")) {
      return answers(image.gateway().getPort(), paths);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"site", "hosts", "prefixes", "guards", "names", "nested", "idioms", "spellings"})
  void requestsGoWhereNginxSendsThem(String name) throws Exception {
    List<String> paths = name.equals("spellings") ? SPELLINGS : PATHS;
    int port = Nginx.freePort();
    Path config = folder.resolve("nginx.conf");
    Files.createDirectories(folder.resolve("html"));
    Files.createDirectories(folder.resolve("tmp"));
    String text =
        Files.readString(Path.of("src/test/convert/" + name + ".conf"))
            .replace("@FOLDER", folder.toString());
    Files.writeString(config, located(text, port));
    Process nginx =
        new ProcessBuilder(
                "nginx",
                "-p",
                folder.toString(),
                "-c",
                config.toString(),
                "-e",
                folder + "/e.log",
                "-g",
                "daemon off; pid " + folder + "/nginx.pid;")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("out.log").toFile())
            .start();
    TreeMap<String, String> there;
    try {
      until(() -> Files.exists(folder.resolve("nginx.pid")) || !nginx.isAlive());
      assertThat(nginx.isAlive()).as(Files.readString(folder.resolve("out.log"))).isTrue();
      there = answers(port, paths);
    } finally {
      nginx.destroy();
      nginx.waitFor();
    }
    assertThat(there.values()).as("of those that are passed on").anyMatch(it -> !it.equals("-"));
    assertThat(convertedAnswers("nginx", config, paths)).isEqualTo(there);
  }

  @Test
  void requestsGoWhereHaproxySendsThem() throws Exception {
    int port = Nginx.freePort();
    String text = located(Files.readString(Path.of("src/test/convert/rules.cfg")), port);
    TreeMap<String, String> there;
    Path at = folder.resolve("haproxy");
    try (Haproxy haproxy = Haproxy.start(at, port, text)) {
      assertThat(haproxy.isAlive()).isTrue();
      there = answers(port, PATHS);
    }
    assertThat(there.values()).anyMatch(it -> !it.equals("-"));
    assertThat(convertedAnswers("haproxy", at.resolve("haproxy.cfg"), PATHS)).isEqualTo(there);
  }
}
