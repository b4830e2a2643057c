package io.upstream4j.distribution.acceptance;

import static io.upstream4j.distribution.acceptance.Waiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the linked image as a user runs it, in front of nginx. */
class GatewayIT {
  private static final String ECHO_PORT = "location / { return 200 $server_port; }";

  @TempDir Path folder;

  @BeforeAll
  static void nginxIsThere() {
    Nginx.assumeInstalled();
  }

  @Test
  void twoBackendsShareALoadEquallyAndEveryConnectionIsReused() throws Exception {
    Command.assumeInstalled("wrk");
    try (Nginx one = Nginx.start(folder.resolve("one"), ECHO_PORT);
        Nginx two = Nginx.start(folder.resolve("two"), ECHO_PORT);
        Image image = Image.serve(folder, upstream(one.address(), two.address()), "")) {
      run("wrk", "-t2", "-c20", "-d2s", image.gateway() + "/");
      Set<String> open = connections(one, two);
      one.forgetRequests();
      two.forgetRequests();

      String report = run("wrk", "-t2", "-c20", "-d5s", image.gateway() + "/");
      assertThat(report).doesNotContain("Non-2xx").doesNotContain("Socket errors");
      assertThat(number(report, "(\\d+) requests in")).isGreaterThan(10_000);

      int first = one.requests().size();
      int second = two.requests().size();
      int all = first + second;
      assertThat(first).isCloseTo(all / 2, Offset.offset(all / 100));
      Set<String> opened = connections(one, two);
      opened.removeAll(open);
      assertThat(1 - (double) opened.size() / all).isGreaterThanOrEqualTo(0.999);
    }
  }

  @Test
  void curlGetsEveryAnswerOverOneConnection() throws Exception {
    Command.assumeInstalled("curl");
    try (Nginx one = Nginx.start(folder.resolve("one"), ECHO_PORT);
        Nginx two = Nginx.start(folder.resolve("two"), ECHO_PORT);
        Image image = Image.serve(folder, upstream(one.address(), two.address()), "")) {
      String codes =
          run(
              "curl",
              "-s",
              "-o",
              "/dev/null",
              "-w",
              "%{http_code}\n",
              image.gateway() + "/[1-10000]");
      assertThat(codes.lines()).hasSize(10_000).allMatch("200"::equals);
      until(() -> requests(one, two) == 10_000); // nginx writes its log after the response
      assertThat(one.requests()).hasSize(5_000);
      assertThat(two.requests()).hasSize(5_000);
    }
  }

  @Test
  void weightsFiveAndOneFollowTheOrderOfNginx() throws Exception {
    try (Nginx heavy = Nginx.start(folder.resolve("heavy"), ECHO_PORT);
        Nginx light = Nginx.start(folder.resolve("light"), ECHO_PORT);
        Nginx proxy =
            Nginx.start(
                folder.resolve("proxy"),
                """
                location / { proxy_pass http://backends; }
                }
                upstream backends {
                  server %s weight=5;
                  server %s;
                """
                    .formatted(heavy.address(), light.address()));
        Image image = Image.serve(folder, upstream(heavy.address() + " 5", light.address()), "")) {
      List<String> expected = new ArrayList<>();
      List<String> answered = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        expected.add(get(URI.create("http://" + proxy.address() + "/")).body());
        answered.add(get(image.gateway()).body());
      }
      assertThat(answered).isEqualTo(expected);
    }
  }

  @Test
  void aBackendThatDiesUnderLoadCostsNoIdempotentRequestAndComesBack() throws Exception {
    try (Nginx one = Nginx.start(folder.resolve("one"), ECHO_PORT);
        Nginx two = Nginx.start(folder.resolve("two"), ECHO_PORT);
        Image image = Image.serve(folder, upstream(one.address(), two.address()), "");
        Load load = Load.start(image.gateway(), 8)) {
      until(() -> load.answers(one.port()) > 500 && load.answers(two.port()) > 500);
      one.kill();
      long before = load.answers(two.port());
      until(() -> load.answers(two.port()) > before + 2_000);
      one.start();
      long dead = load.answers(one.port());
      // The check runs every second and needs one success, so five seconds are ample.
      until(() -> load.answers(one.port()) > dead + 500);
      load.stop();
      assertThat(load.failures()).isEmpty();
      List<String> answered = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        answered.add(get(image.gateway()).body());
      }
      assertThat(Collections.frequency(answered, Integer.toString(one.port()))).isEqualTo(50);
      assertThat(Collections.frequency(answered, Integer.toString(two.port()))).isEqualTo(50);
    }
  }

  @Test
  void aGibibyteUpAndAGibibyteDownPassAHeapOf64Mebibytes() throws Exception {
    Command.assumeInstalled("curl");
    String server =
        "location /up { proxy_pass http://127.0.0.1:$server_port/sink; }"
            + " location /sink { return 200; }";
    try (Nginx nginx = Nginx.start(folder.resolve("one"), server);
        Image image = Image.serve(folder, upstream(nginx.address()), "-Xmx64m")) {
      long gibibyte = 1L << 30;
      Path file = nginx.html().resolve("gibibyte");
      try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
        sparse.setLength(gibibyte);
      }
      String down =
          run(
              "curl",
              "-s",
              "-o",
              "/dev/null",
              "-w",
              "%{http_code} %{size_download}",
              image.gateway() + "/gibibyte");
      assertThat(down).isEqualTo("200 " + gibibyte);
      String up =
          run(
              "curl",
              "-s",
              "-T",
              file.toString(),
              "-X",
              "POST",
              "-H",
              "Expect:",
              "-o",
              "/dev/null",
              "-w",
              "%{http_code} %{size_upload}",
              image.gateway() + "/up");
      assertThat(up).isEqualTo("200 " + gibibyte);
      until(() -> hasUpload(nginx, gibibyte));
      assertThat(image.residentBytes()).isLessThan(300L << 20);
      assertThat(image.output()).doesNotContain("OutOfMemory").doesNotContain("LEAK");
    }
  }

  private static boolean hasUpload(Nginx nginx, long bytes) {
    try {
      return nginx.requests().stream()
          .anyMatch(line -> line[1].equals("/up") && Long.parseLong(line[3]) > bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aSlowReaderSlowsTheBackendAndNotTheMemory() throws Exception {
    try (Nginx nginx = Nginx.start(folder.resolve("one"), ECHO_PORT.replace("/", "/port"));
        Image image = Image.serve(folder, upstream(nginx.address()), "-Xmx64m")) {
      try (var sparse = new RandomAccessFile(nginx.html().resolve("large").toFile(), "rw")) {
        sparse.setLength(256L << 20);
      }
      List<Socket> readers = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(16 << 10);
        socket.connect(new InetSocketAddress("127.0.0.1", image.gateway().getPort()));
        socket
            .getOutputStream()
            .write("GET /large HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        readers.add(socket);
      }
      // Each response has begun, and no client continues to read. 20 × 256 MiB would be visible.
      for (Socket socket : readers) {
        assertThat(socket.getInputStream().readNBytes(4_096)).hasSize(4_096);
      }
      assertThat(get(image.gateway().resolve("/port")).status()).isEqualTo(200);
      assertThat(image.residentBytes()).isLessThan(300L << 20);
      for (Socket socket : readers) {
        socket.close();
      }
    }
  }

  @Test
  void tenThousandIdleClientsCostUnderTwoHundredMebibytes() throws Exception {
    try (Nginx nginx = Nginx.start(folder.resolve("one"), ECHO_PORT);
        Image image = Image.serve(folder, upstream(nginx.address()), "")) {
      List<SocketChannel> clients = new ArrayList<>();
      InetSocketAddress address =
          new InetSocketAddress(InetAddress.getLoopbackAddress(), image.gateway().getPort());
      byte[] request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
      try {
        for (int i = 0; i < 10_000; i++) {
          SocketChannel client = SocketChannel.open(address);
          clients.add(client);
          client.write(ByteBuffer.wrap(request));
          assertThat(client.read(ByteBuffer.allocate(1_024))).isPositive();
        }
        assertThat(image.residentBytes()).isLessThan(200L << 20);
        assertThat(get(image.gateway()).status()).isEqualTo(200);
      } finally {
        for (SocketChannel client : clients) {
          client.close();
        }
      }
    }
  }

  @Test
  void fiveMistakesGetFiveMessagesAndARunningGatewayKeepsServing() throws Exception {
    String wrong =
        """
        upstreams:
          api:
            adrs: ["127.0.0.1:1"]
            algo: round_robbin
            read_timeout: 5 parsecs
            health_check: { http: { path: /x, expect: abc } }
        routes:
          - { path: /, upstream: apy }
        """;
    Path file = folder.resolve("wrong.yaml");
    Files.writeString(file, wrong);
    Image.Finished check = Image.run(folder, "check", "--config", file.toString());
    assertThat(check.status()).isEqualTo(2);
    for (int line : new int[] {3, 4, 5, 6, 8}) {
      assertThat(check.err()).containsPattern("wrong\\.yaml:" + line + ":\\d+: ");
    }
    assertThat(check.err()).endsWith("5 configuration problems\n").contains("\"addrs\"?");

    try (Nginx nginx = Nginx.start(folder.resolve("one"), ECHO_PORT);
        Image image = Image.serve(folder, upstream(nginx.address()), "")) {
      Files.writeString(folder.resolve("upstreams.yaml"), wrong);
      image.signal("HUP");
      image.await(Pattern.compile("upstreams\\.yaml:8:\\d+: "));
      assertThat(get(image.gateway()).body()).isEqualTo(Integer.toString(nginx.port()));

      Files.writeString(folder.resolve("upstreams.yaml"), upstream("127.0.0.1:1"));
      image.signal("HUP");
      until(() -> quietStatus(image.gateway()) == 503 || quietStatus(image.gateway()) == 502);
      image.signal("TERM");
      assertThat(image.awaitExit()).isZero();
    }
  }

  private static String upstream(String... addresses) {
    return """
    upstreams:
      api:
        addrs: ["%s"]
        health_check: tcp://api?check_frequency=1s&success=1&failure=2
    """
        .formatted(String.join("\", \"", addresses));
  }

  private static int requests(Nginx one, Nginx two) {
    try {
      return one.requests().size() + two.requests().size();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Set<String> connections(Nginx... servers) throws IOException {
    Set<String> distinct = new HashSet<>();
    for (Nginx server : servers) {
      server.requests().forEach(request -> distinct.add(server.port() + " " + request[4]));
    }
    return distinct;
  }

  private record Answer(int status, String body) {}

  private static Answer get(URI uri) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
    int status = connection.getResponseCode();
    try (InputStream in =
        status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
      return new Answer(status, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  private static int quietStatus(URI uri) {
    try {
      return get(uri).status();
    } catch (IOException e) {
      return -1;
    }
  }

  private static long number(String text, String pattern) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    assertThat(matcher.find()).as(text).isTrue();
    return Long.parseLong(matcher.group(1));
  }

  private String run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String printed;
    try (InputStream output = process.getInputStream()) {
      printed = new String(output.readAllBytes(), StandardCharsets.UTF_8);
    }
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).as(String.join(" ", command)).isTrue();
    return printed;
  }

  private static void until(BooleanSupplier condition) throws InterruptedException {
    for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60); !condition.getAsBoolean(); ) {
      assertThat(System.nanoTime()).isLessThan(end);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }
}
