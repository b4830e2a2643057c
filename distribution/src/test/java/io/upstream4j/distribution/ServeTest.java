package io.upstream4j.distribution;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.distribution.Orders.Order;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramSocket;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ServeTest {
  private final Captured captured = new Captured();
  private final Orders orders = Orders.byHand();
  private final TestBackends backends = new TestBackends();
  private Path config;

  @BeforeEach
  void nameTheFile(@TempDir Path folder) {
    config = folder.resolve("upstreams.yaml");
  }

  @AfterEach
  void close() {
    orders.give(Order.STOP);
    backends.close();
  }

  private CompletableFuture<Integer> serve(String... more) {
    String[] arguments = {
      "serve", "--config", config.toString(), "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"
    };
    return CompletableFuture.supplyAsync(
        () -> {
          String[] all = new String[arguments.length + more.length];
          System.arraycopy(arguments, 0, all, 0, arguments.length);
          System.arraycopy(more, 0, all, arguments.length, more.length);
          return UpstreamCommand.run(captured.terminal(), orders, all);
        },
        task -> new Thread(task, "serve").start());
  }

  private URI gateway() throws InterruptedException {
    return URI.create(captured.out().await("listening on (http://\\S+) \\((?:epoll|nio)\\)\n"));
  }

  private static String get(URI address, String path) throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection) address.resolve(path).toURL().openConnection();
    try (InputStream body = connection.getInputStream()) {
      return new String(body.readAllBytes(), UTF_8);
    }
  }

  @Test
  void requestsReachTheBackendUntilItIsToldToStop() throws Exception {
    Files.writeString(config, TestBackends.yaml(backends.start("one")));
    CompletableFuture<Integer> status = serve();
    assertThat(get(gateway(), "/")).isEqualTo("hello from backend one\n");
    URI admin = URI.create(captured.out().await("admin on (http://\\S+)\n"));
    assertThat(get(admin, "/upstreams")).contains("\"web\"");
    orders.give(Order.STOP);
    assertThat(status.get(30, TimeUnit.SECONDS)).isZero();
    assertThat(captured.err().toString()).doesNotContain("removed");
  }

  @Test
  void aReloadTakesTheNewFile() throws Exception {
    DemoBackend before = backends.start("before");
    DemoBackend after = backends.start("after");
    Files.writeString(config, TestBackends.yaml(before));
    serve();
    URI gateway = gateway();
    assertThat(get(gateway, "/")).contains("before");
    Files.writeString(config, TestBackends.yaml(after));
    orders.give(Order.RELOAD);
    captured.err().await("upstream=web backend=" + before.address() + " removed\n");
    assertThat(get(gateway, "/")).contains("after");
  }

  @Test
  void aChangedFileIsReadWithoutAnOrder() throws Exception {
    DemoBackend before = backends.start("before");
    DemoBackend after = backends.start("after");
    Files.writeString(config, TestBackends.yaml(before));
    serve();
    URI gateway = gateway();
    Files.writeString(config, TestBackends.yaml(after));
    captured.err().await("upstream=web backend=" + before.address() + " removed\n");
    assertThat(get(gateway, "/")).contains("after");
  }

  @Test
  void aReloadOfAWrongFileTellsEveryProblemAndKeepsServing() throws Exception {
    String right = TestBackends.yaml(backends.start("one"));
    Files.writeString(config, right);
    serve();
    URI gateway = gateway();
    Files.writeString(config, right + "    sin: api\n    read_timeout: soon\n");
    orders.give(Order.RELOAD);
    captured.err().await("\\(2 of 2\\): .*\n");
    assertThat(captured.err().toString())
        .contains("ERROR configuration refused, the running one stays (1 of 2): " + config + ":5:")
        .contains("upstreams.web.sin: ")
        .contains(":6:")
        .contains("upstreams.web.read_timeout: ");
    assertThat(get(gateway, "/")).contains("one");
  }

  @Test
  void aFileThatIsRenamedIntoPlaceTakesEffectAndWhatChangedIsLogged() throws Exception {
    DemoBackend before = backends.start("before");
    DemoBackend after = backends.start("after");
    Files.writeString(config, TestBackends.yaml(before));
    serve();
    URI gateway = gateway();
    Path next = config.resolveSibling("upstreams.yaml.new");
    Files.writeString(next, TestBackends.yaml(after));
    Files.move(next, config, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    captured.err().await("configuration applied: 1 upstream, 1 updated \\(web\\)\n");
    assertThat(get(gateway, "/")).contains("after");
  }

  @Test
  void aHalfWrittenFileChangesNothingAndItsOtherHalfDoes() throws Exception {
    DemoBackend before = backends.start("before");
    DemoBackend after = backends.start("after");
    Files.writeString(config, TestBackends.yaml(before));
    serve();
    URI gateway = gateway();
    String whole = TestBackends.yaml(after);
    Files.writeString(config, whole.substring(0, whole.indexOf("127") + 3));
    captured.err().await("configuration refused, the running one stays");
    assertThat(get(gateway, "/")).contains("before");
    Files.writeString(config, whole);
    captured.err().await("upstream=web backend=" + before.address() + " removed\n");
    assertThat(get(gateway, "/")).contains("after");
  }

  @Test
  void aFileThatIsDeletedIsReportedAndTheConfigurationStaysInUse() throws Exception {
    DemoBackend one = backends.start("one");
    Files.writeString(config, TestBackends.yaml(one));
    serve();
    URI gateway = gateway();
    Files.delete(config);
    captured.err().await("upstreams.yaml:1:1: no such file");
    assertThat(get(gateway, "/")).contains("one");

    DemoBackend two = backends.start("two");
    Files.writeString(config, TestBackends.yaml(two));
    captured.err().await("upstream=web backend=" + one.address() + " removed\n");
    assertThat(get(gateway, "/")).contains("two");
  }

  @Test
  void anIncludedFileThatIsDeletedIsReported() throws Exception {
    Path part = Files.writeString(config.resolveSibling("part.yaml"), "health_check: none\n");
    Files.writeString(
        config,
        "upstreams: { web: { includes: [part.yaml], addrs: [\""
            + backends.start("one").address()
            + "\"] } }\n");
    serve();
    URI gateway = gateway();
    Files.delete(part);
    captured.err().await("part.yaml: no such file");
    assertThat(get(gateway, "/")).contains("one");
  }

  /** A name server that never answers delays neither the start nor, beyond its limit, readiness. */
  @Test
  void aNameThatCannotBeLookedUpDelaysNobodyElse() throws Exception {
    try (DatagramSocket silent = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      Files.writeString(
          config,
          TestBackends.yaml(backends.start("one"))
              + "  bad:\n    health_check: none\n    discovery: { dns: { name: nowhere.invalid,"
              + " timeout: 1m, dns_server: \"127.0.0.1:"
              + silent.getLocalPort()
              + "\" } }\nroutes:\n  - { path: /bad, upstream: bad }\n  - { upstream: web }\n");
      serve("--health", "127.0.0.1:0");
      URI gateway = gateway();
      URI health = URI.create(captured.out().await("health on (http://\\S+)\n"));
      assertThat(get(gateway, "/")).contains("one");
      assertThat(statusOf(health, "/readyz/upstreams/web")).isEqualTo(200);
      assertThat(statusOf(health, "/readyz/upstreams/bad")).isEqualTo(503);
      assertThat(get(health, "/readyz/upstreams"))
          .contains("\"reason\" : \"no answer of its discovery yet\"");
      while (statusOf(health, "/readyz") != 200) {} // after five seconds; see @Timeout
      assertThat(get(health, "/healthz")).isEqualTo("ok\n");
    }
  }

  @Test
  void upstreamsWithoutRoutesAreRefusedAtTheStartAndOnReload() throws Exception {
    String one = TestBackends.yaml(backends.start("one"));
    String other = "  other: { addrs: [\"127.0.0.1:1\"], health_check: none }\n";
    Files.writeString(config, one + other);
    assertThat(serve().get(30, TimeUnit.SECONDS)).isEqualTo(2);
    assertThat(captured.err().toString())
        .contains("routes: missing, so that requests find none of the 2 upstreams, \"web\"")
        .contains("(expected: a list such as [{ path: /, upstream: web }]");

    Files.writeString(config, one);
    serve();
    URI gateway = gateway();
    Files.writeString(config, one + other);
    captured.err().await("routes: missing(?s).*routes: missing");
    assertThat(get(gateway, "/")).contains("one");
  }

  @Test
  void theHealthAddressTellsWhatOrchestratorsAskAndNothingElse() throws Exception {
    Files.writeString(config, TestBackends.yaml(backends.start("one")));
    Path token = Files.writeString(config.resolveSibling("token"), "a-token-for-the-admin\n");
    serve("--health", "0.0.0.0:0", "--admin-token-file", token.toString());
    URI health =
        URI.create("http://127.0.0.1" + captured.out().await("health on http://0.0.0.0(:\\d+)\n"));
    URI admin = URI.create(captured.out().await("admin on (http://\\S+)\n"));

    for (URI address : new URI[] {health, admin}) {
      for (String path : new String[] {"/livez", "/readyz", "/healthz"}) {
        assertThat(get(address, path)).as(path).isEqualTo("ok\n");
      }
    }
    assertThat(get(health, "/metrics")).contains("upstream4j_backend_up{upstream=\"web\"");
    assertThat(get(health, "/readyz/upstreams")).contains("\"name\" : \"web\"");
    assertThat(statusOf(health, "/readyz/upstreams/web")).isEqualTo(200);
    assertThat(statusOf(health, "/readyz/upstreams/wen")).isEqualTo(404);
    for (String path : new String[] {"/", "/upstreams", "/upstreams/web", "/events"}) {
      assertThat(statusOf(health, path)).as(path).isEqualTo(404);
    }
    assertThat(statusOf(admin, "/metrics")).isEqualTo(401);
    assertThat(statusOf(admin, "/readyz/upstreams")).isEqualTo(401);
  }

  private static int statusOf(URI address, String path) throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection) address.resolve(path).toURL().openConnection();
    try {
      return connection.getResponseCode();
    } finally {
      connection.disconnect();
    }
  }

  @Test
  void whileItDelaysItsDrainItListensButIsNotReady() throws Exception {
    Files.writeString(config, TestBackends.yaml(backends.start("one")));
    CompletableFuture<Integer> status = serve("--health", "127.0.0.1:0", "--drain-delay", "1h");
    URI gateway = gateway();
    URI health = URI.create(captured.out().await("health on (http://\\S+)\n"));
    orders.give(Order.STOP);
    captured.err().await("stopping\n");

    while (statusOf(health, "/readyz") == 200) {} // the class has a time limit
    HttpURLConnection ready =
        (HttpURLConnection) health.resolve("/readyz").toURL().openConnection();
    assertThat(ready.getResponseCode()).isEqualTo(503);
    assertThat(new String(ready.getErrorStream().readAllBytes(), UTF_8)).isEqualTo("draining\n");
    assertThat(get(health, "/livez")).isEqualTo("ok\n");
    HttpURLConnection request = (HttpURLConnection) gateway.toURL().openConnection();
    assertThat(request.getResponseCode()).isEqualTo(200);
    assertThat(request.getHeaderField("Connection")).isEqualTo("close");
    assertThat(status).isNotDone();

    orders.give(Order.STOP);
    assertThat(status.get(30, TimeUnit.SECONDS)).isZero();
  }

  @Test
  void anAdminAddressThatOthersReachNeedsAToken() throws Exception {
    Files.writeString(config, TestBackends.yaml(backends.start("one")));
    assertThat(
            captured.run(
                "serve",
                "-c",
                config.toString(),
                "--listen",
                "127.0.0.1:0",
                "--admin",
                "0.0.0.0:0"))
        .isEqualTo(2);
    assertThat(captured.err().toString())
        .contains("--admin 0.0.0.0:0: no loopback address")
        .contains("expected: one, or --admin-token-file as well");
    assertThat(captured.out().toString()).isEmpty();
  }

  @Test
  void aTokenFileThatIsNoneIsRefusedAtTheStart() throws Exception {
    Files.writeString(config, TestBackends.yaml(backends.start("one")));
    Path token = config.resolveSibling("token");
    assertThat(serve("--admin-token-file", token.toString()).get(30, TimeUnit.SECONDS))
        .isEqualTo(2);
    assertThat(captured.err().toString())
        .contains("--admin-token-file " + token + ": no such file (expected: ");
  }

  @Test
  void aNewTokenIsReadWithoutARestartAndAWrongOneIsNot() throws Exception {
    Files.writeString(config, TestBackends.yaml(backends.start("one")));
    Path token = Files.writeString(config.resolveSibling("token"), "the-first-of-the-tokens\n");
    serve("--admin-token-file", token.toString());
    URI admin = URI.create(captured.out().await("admin on (http://\\S+)\n"));
    assertThat(status(admin, "the-first-of-the-tokens")).isEqualTo(200);
    assertThat(status(admin, "the-second-of-the-tokens")).isEqualTo(401);

    Files.writeString(token, "short\n");
    captured.err().await("ERROR admin token refused, the one before stays in use: ");
    assertThat(status(admin, "the-first-of-the-tokens")).isEqualTo(200);

    Files.writeString(token, "the-second-of-the-tokens\n");
    captured.err().await("the admin token was read again\n");
    assertThat(status(admin, "the-first-of-the-tokens")).isEqualTo(401);
    assertThat(status(admin, "the-second-of-the-tokens")).isEqualTo(200);
  }

  private static int status(URI admin, String token) throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection) admin.resolve("/upstreams").toURL().openConnection();
    connection.setRequestProperty("Authorization", "Bearer " + token);
    return connection.getResponseCode();
  }

  @Test
  void aRequestUnderWayIsAnsweredBeforeItStops() throws Exception {
    try (ServerSocket slow = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      Files.writeString(
          config,
          "upstreams: { slow: { addrs: [\"127.0.0.1:"
              + slow.getLocalPort()
              + "\"], health_check: none } }\n");
      CompletableFuture<Integer> status = serve();
      URI gateway = gateway();
      CompletableFuture<String> answer =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return get(gateway, "/");
                } catch (IOException e) {
                  return e.toString();
                }
              });
      try (Socket request = slow.accept()) {
        awaitHead(request);
        orders.give(Order.STOP);
        captured.err().await("stopping\n");
        assertThat(status).isNotDone();
        request
            .getOutputStream()
            .write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone".getBytes(US_ASCII));
        assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo("done");
        assertThat(status.get(30, TimeUnit.SECONDS)).isZero();
        assertThat(captured.err().toString()).doesNotContain("cut off");
      }
    }
  }

  @Test
  void aRequestThatOutlastsTheGraceIsCutOff() throws Exception {
    try (ServerSocket never = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      Files.writeString(
          config,
          "upstreams: { slow: { addrs: [\"127.0.0.1:"
              + never.getLocalPort()
              + "\"], health_check: none } }\n");
      CompletableFuture<Integer> status = serve("--grace", "50ms");
      URI gateway = gateway();
      try (Socket client = new Socket(gateway.getHost(), gateway.getPort())) {
        client.getOutputStream().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(US_ASCII));
        try (Socket request = never.accept()) {
          awaitHead(request);
          orders.give(Order.STOP);
          assertThat(status.get(30, TimeUnit.SECONDS)).isZero();
          assertThat(captured.err().toString()).contains("cut off after 50 ms: 1 request");
        }
      }
    }
  }

  private static void awaitHead(Socket request) throws IOException {
    InputStream in = request.getInputStream();
    for (String head = ""; !head.endsWith("\r\n\r\n"); head += (char) in.read()) {
      assertThat(head.length()).isLessThan(10_000);
    }
  }

  @Test
  void anAddressInUseIsSaidPlainly() throws Exception {
    Files.writeString(config, TestBackends.yaml(backends.start("one")));
    try (ServerSocket taken = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      assertThat(
              captured.run(
                  "serve", "-c", config.toString(), "--listen", address, "--admin", "127.0.0.1:0"))
          .isEqualTo(1);
      assertThat(captured.err().toString())
          .contains("cannot listen on " + address + ": another program does")
          .contains("--listen");
    }
    assertThat(captured.out().toString()).isEmpty();
  }

  @Test
  void aWrongFileIsRefusedBeforeAnythingListens() throws Exception {
    Files.writeString(config, "upstreams: { web: { addrs: [] } }\n");
    assertThat(serve().get(30, TimeUnit.SECONDS)).isEqualTo(2);
    assertThat(captured.err().toString()).contains("upstreams.web.addrs");
    assertThat(captured.out().toString()).isEmpty();
  }
}
