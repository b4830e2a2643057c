package io.upstream4j.distribution.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests which backend receives a request, and what it receives, from HTTP/1.1 and HTTP/2 clients.
 */
class RoutingTest {
  private TestBackend admin;
  private TestBackend other;
  private TestGateway gateway;

  @BeforeEach
  void startBackends() throws IOException {
    admin = TestBackend.answering("admin");
    other = TestBackend.answering("other");
  }

  @AfterEach
  void stop() throws IOException {
    if (gateway != null) {
      gateway.close();
    }
    admin.close();
    other.close();
  }

  private void start(String rules, String host) throws InterruptedException {
    gateway =
        TestGateway.of(
            "upstreams:\n  admin: { health_check: none, addrs: ['"
                + admin.address()
                + "'] }\n  other: { health_check: none, addrs: ['"
                + other.address()
                + "'] }\n"
                + rules
                + "routes:\n  - { host: "
                + host
                + ", path: /admin, upstream: admin }\n  - { path: /, upstream: other }\n");
  }

  private RawClient.Response get(String target, String host) throws IOException {
    try (RawClient client = gateway.connect()) {
      return client.send("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n").receive();
    }
  }

  private static String forwarded(TestBackend backend) throws InterruptedException {
    return backend.nextHead().line().split(" ", -1)[1];
  }

  @ParameterizedTest
  @CsvSource({
    "/admin, admin",
    "/%61dmin?x=/../y, admin",
    "//admin/, admin",
    "/./admin, admin",
    "/x/../admin?, admin",
    "/%2e%2e/admin, admin",
    "/x/%2E%2e/admin/%2F, admin",
    "/admin/../y, other",
    "/admin%2Fx, other",
    "/admin;x, other",
    "/administrator, other",
    "/?/admin, other",
    "/Admin, other",
    "/100%25, other",
    "/a?%00&%zz&%2f, other",
  })
  void aPathIsMatchedNormalizedAndForwardedAsReceived(String target, String name) throws Exception {
    start("", "h.test");

    assertThat(get(target, "h.test").body()).isEqualTo(name);
    assertThat(forwarded(name.equals("admin") ? admin : other)).isEqualTo(target);

    assertThat(get("http://h.test" + target, "h.test").body()).isEqualTo(name);
    assertThat(forwarded(name.equals("admin") ? admin : other)).isEqualTo(target);

    assertThat(getOverHttp2(target)).isEqualTo(name);
    assertThat(forwarded(name.equals("admin") ? admin : other)).isEqualTo(target);
  }

  /** Returns the data frame of a response; the authority is {@code host}. */
  private String getOverHttp2(String target) throws Exception {
    gateway.close();
    start("", "host");
    try (RawHttp2 client = new RawHttp2(gateway.address).greet()) {
      client.get(1, target);
      return new String(
          client.next(RawHttp2.DATA).payload(), java.nio.charset.StandardCharsets.US_ASCII);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/%00", "/admin%00x", "/%", "/%4", "/%zz", "/a/%u002e/b"})
  void aPathThatIsNoneIsRefused(String target) throws Exception {
    start("", "host");

    assertThat(get(target, "host").status()).isEqualTo(400);
    assertThat(get("http://host" + target, "host").status()).isEqualTo(400);
    assertThat(getOverHttp2(target)).contains("the path holds");
    assertThat(admin.heads).isEmpty();
    assertThat(other.heads).isEmpty();
  }

  @Test
  void aPathIsCheckedWithoutRoutesToo() throws Exception {
    gateway = TestGateway.before(other);
    assertThat(get("/a%00", "h").status()).isEqualTo(400);
    assertThat(get("/a/../b%2f", "h").body()).isEqualTo("other");
    assertThat(forwarded(other)).isEqualTo("/a/../b%2f");
  }

  @Test
  void aConnectionGoesOnAfterAPathThatIsRefused() throws Exception {
    start("", "host");
    try (RawClient client = gateway.connect()) {
      String request = "GET %s HTTP/1.1\r\nHost: host\r\n\r\n";
      assertThat(client.send(String.format(request, "/%00")).receive().status()).isEqualTo(400);
      assertThat(client.send(String.format(request, "/admin")).receive().body()).isEqualTo("admin");
    }
  }

  @Test
  void escapedSlashesCanBeRefusedOrBeSlashes() throws Exception {
    start("gateway: { escaped_slashes: reject }\n", "h");
    assertThat(get("/x%2fadmin", "h").status()).isEqualTo(400);
    assertThat(get("/admin?%2f", "h").body()).isEqualTo("admin");
    gateway.close();

    start("gateway: { escaped_slashes: unescape }\n", "h");
    assertThat(get("/admin%2Fx", "h").body()).isEqualTo("admin");
    assertThat(get("/x%2f..%2fadmin", "h").body()).isEqualTo("admin");
    assertThat(get("/admin%2F..%2Fx", "h").body()).isEqualTo("other");
    assertThat(forwarded(other)).isEqualTo("/admin%2F..%2Fx");
  }

  @Test
  void pathsAboveTheRootCanBeRefused() throws Exception {
    start("gateway: { above_root: reject }\n", "h");
    assertThat(get("/../admin", "h").status()).isEqualTo(400);
    assertThat(get("/x/%2e%2e/..", "h").status()).isEqualTo(400);
    assertThat(get("/x/../admin?/../..", "h").body()).isEqualTo("admin");
  }

  @Test
  void theNormalizedPathIsForwardedWhereItIsConfigured() throws Exception {
    start("gateway: { escaped_slashes: unescape, forwarded_path: normalized }\n", "h");
    assertThat(get("/x/..//%61dmin%2fa%20b?q=%2f//..", "h").body()).isEqualTo("admin");
    assertThat(forwarded(admin)).isEqualTo("/admin/a%20b?q=%2f//..");
    assertThat(get("/a?", "h").body()).isEqualTo("other");
    assertThat(forwarded(other)).isEqualTo("/a?");
  }

  @Test
  void theTargetOfTheServerAsAWholeIsTheRoot() throws Exception {
    start("gateway: { forwarded_path: normalized }\n", "h");
    try (RawClient client = gateway.connect()) {
      client.send("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(client.receive().body()).isEqualTo("other");
      assertThat(forwarded(other)).isEqualTo("*");
      client.send("OPTIONS http://h HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(client.receive().body()).isEqualTo("other");
      assertThat(forwarded(other)).isEqualTo("*");
      client.send("CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n");
      assertThat(client.receive().status()).isEqualTo(501);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "*", "admin", "http://host/admin", "?", "/a b", "/a#b"})
  void whatIsNoPathOverHttp2IsRefusedAndTheConnectionGoesOn(String path) throws Exception {
    start("", "host");
    try (RawHttp2 client = new RawHttp2(gateway.address).greet()) {
      client.get(1, path).end(1);
      client.get(3, "/admin");
      RawHttp2.Frame answer = client.next(RawHttp2.DATA);
      assertThat(answer.stream()).isEqualTo(3);
      assertThat(answer.payload()).asString().isEqualTo("admin");
    }
    assertThat(admin.nextHead().line()).startsWith("GET /admin ");
    assertThat(admin.heads).isEmpty();
    assertThat(other.heads).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"api.test.", "API.test.:80", "api.test"})
  void aDotBehindTheHostMakesNoDifference(String host) throws Exception {
    start("", "api.test");
    assertThat(get("/admin", host).body()).isEqualTo("admin");
    TestBackend.Head head = admin.nextHead();
    assertThat(head.header("host")).as("as received").isEqualTo(host);
    assertThat(head.header("x-forwarded-host")).isEqualTo(host);

    assertThat(get("http://" + host + "/admin", "ignored").body()).isEqualTo("admin");
    assertThat(admin.nextHead().header("host")).isEqualTo(host);
  }

  @Test
  void aDotBehindTheHostMakesNoDifferenceToDomainsAndToHttp2() throws Exception {
    start("", "'*.test'");
    assertThat(get("/admin", "a.b.test.").body()).isEqualTo("admin");
    assertThat(get("/admin", "test.").body()).isEqualTo("other");
    try (RawHttp2 client = new RawHttp2(gateway.address).greet()) {
      client.frame(
          RawHttp2.HEADERS,
          RawHttp2.END_STREAM | RawHttp2.END_HEADERS,
          1,
          RawHttp2.fields(
              ":method", "GET", ":scheme", "http", ":authority", "x.test.", ":path", "/admin"));
      assertThat(client.next(RawHttp2.DATA).payload()).asString().isEqualTo("admin");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {".", "..", "a..", "a..b", ".:80"})
  void aHostWithAnEmptyPartIsNone(String host) throws Exception {
    start("", "api.test");
    assertThat(get("/", host).status()).isEqualTo(400);
  }
}
