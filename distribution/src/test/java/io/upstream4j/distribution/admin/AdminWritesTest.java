package io.upstream4j.distribution.admin;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.upstream4j.core.Upstreams;
import io.upstream4j.distribution.gateway.Gateway;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests changes through the admin address over real sockets. */
@Timeout(60)
class AdminWritesTest {
  private static final String TOKEN = "correct-horse-battery";
  private static final String YAML = "Content-Type: application/yaml\r\n";
  private static final String JSON = "Content-Type: application/json\r\n";

  @TempDir Path folder;
  private ServerSocket backend;
  private Path file;
  private Upstreams upstreams;
  private Gateway gateway;
  private Admin admin;
  private InetSocketAddress address;

  private record Response(int status, String head, String body) {
    JsonNode json() throws IOException {
      return new ObjectMapper().readTree(body);
    }

    String error() throws IOException {
      return json().get("error").asText();
    }
  }

  @BeforeEach
  void start() throws Exception {
    backend = new ServerSocket(0);
    file =
        Files.writeString(
            folder.resolve("upstreams.yaml"),
            """
            upstreams:
              api: { addrs: ["%s", "[::1]:7"], health_check: none }
              spare: { addrs: ["127.0.0.1:1"], health_check: none }
            routes: [{ path: /, upstream: api }]
            """
                .formatted(here()));
    upstreams = Upstreams.load(file);
    gateway = new Gateway(upstreams);
    listen(Optional.empty());
  }

  private String here() {
    return "127.0.0.1:" + backend.getLocalPort();
  }

  private void listen(Optional<AdminToken> token) {
    admin = new Admin(upstreams, gateway, token, new EventLog(Object::toString), Optional.empty());
    address = admin.start("127.0.0.1", 0);
  }

  @AfterEach
  void stop() throws IOException {
    admin.close();
    gateway.close();
    upstreams.close();
    backend.close();
  }

  private Response ask(String method, String path) throws IOException {
    return ask(method, path, "", "");
  }

  private Response ask(String method, String path, String headers, String body) throws IOException {
    return send(method, path, "Host: localhost:" + address.getPort() + "\r\n" + headers, body);
  }

  private Response send(String method, String path, String headers, String body)
      throws IOException {
    byte[] bytes = body.getBytes(UTF_8);
    String length = bytes.length == 0 ? "" : "Content-Length: " + bytes.length + "\r\n";
    try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
      String head = method + " " + path + " HTTP/1.1\r\nConnection: close\r\n";
      socket.getOutputStream().write((head + headers + length + "\r\n").getBytes(ISO_8859_1));
      socket.getOutputStream().write(bytes);
      return response(new String(socket.getInputStream().readAllBytes(), UTF_8));
    }
  }

  private static Response response(String text) {
    int end = text.indexOf("\r\n\r\n");
    assertThat(text).startsWith("HTTP/1.1 ");
    return new Response(
        Integer.parseInt(text.substring(9, 12)), text.substring(0, end), text.substring(end + 4));
  }

  private static JsonNode backend(JsonNode upstream, String address) {
    for (JsonNode backend : upstream.get("backends")) {
      if (backend.get("address").asText().equals(address)) {
        return backend;
      }
    }
    throw new AssertionError("no backend " + address + " in " + upstream);
  }

  @Test
  void aBackendIsDrainedDisabledAndEnabled() throws Exception {
    String path = "/upstreams/api/backends/" + here();
    for (List<String> step :
        List.of(
            List.of("drain", "draining"),
            List.of("disable", "disabled"),
            List.of("enable", "enabled"))) {
      Response done = ask("POST", path + "/" + step.get(0));
      assertThat(done.status()).as(done.body()).isEqualTo(200);
      assertThat(done.json().get("state").asText()).isEqualTo(step.get(1));
      JsonNode api = ask("GET", "/upstreams/api").json();
      assertThat(backend(api, here()).get("state").asText()).isEqualTo(step.get(1));
      String metrics = ask("GET", "/metrics").body();
      String enabled = step.get(0).equals("enable") ? "1" : "0";
      assertThat(metrics)
          .contains(
              "upstream4j_backend_enabled{upstream=\"api\",backend=\""
                  + here()
                  + "\"} "
                  + enabled
                  + "\n");
    }
  }

  @Test
  void anAddressOfIpv6IsMeantWithItsBracketsEncodedOrNot() throws Exception {
    for (String written : List.of("[::1]:7", "%5B::1%5D:7", "%5b%3A%3a1%5d%3A7")) {
      Response done = ask("POST", "/upstreams/api/backends/" + written + "/drain");
      assertThat(done.status()).as(done.body()).isEqualTo(200);
      assertThat(done.json().get("address").asText()).isEqualTo("[::1]:7");
    }
  }

  @Test
  void aBackendGetsAnotherWeightAndItsOwnBack() throws Exception {
    String path = "/upstreams/api/backends/" + here() + "/weight";
    Response three = ask("POST", path, JSON, "{\"weight\": 3}");
    assertThat(three.status()).isEqualTo(200);
    assertThat(three.json().get("weight").asInt()).isEqualTo(3);
    assertThat(three.json().get("weight_override").asInt()).isEqualTo(3);

    Response own = ask("POST", path, JSON, "{\"weight\": null}");
    assertThat(own.json().get("weight").asInt()).isEqualTo(1);
    assertThat(own.json().get("weight_override").isNull()).isTrue();
  }

  @Test
  void aWrongWeightIsRefusedWithWhatWouldBeRight() throws Exception {
    String path = "/upstreams/api/backends/" + here() + "/weight";
    for (String body :
        List.of(
            "",
            "3",
            "{}",
            "{\"weight\": -1}",
            "{\"weight\": 65536}",
            "{\"weight\": 99999999999999999999}",
            "{\"weight\": 1.5}",
            "{\"weight\": \"3\"}",
            "{\"weight\": 3, \"weight\": 4}",
            "{\"weight\": 3} {}",
            "{\"weight\": 3",
            "weight")) {
      Response refused = ask("POST", path, JSON, body);
      assertThat(refused.status()).as(body).isEqualTo(400);
      assertThat(refused.error()).as(body).contains("expected: {\"weight\": 3}");
    }
    Response plain =
        ask("POST", path, "Content-Type: application/x-www-form-urlencoded\r\n", "weight=3");
    assertThat(plain.status()).isEqualTo(415);
    JsonNode api = ask("GET", "/upstreams/api").json();
    assertThat(backend(api, here()).get("weight_override").isNull()).isTrue();
  }

  @Test
  void whatIsNotThereIsAnsweredWithWhatIs() throws Exception {
    Response backend = ask("POST", "/upstreams/api/backends/127.0.0.1:9/drain");
    assertThat(backend.status()).isEqualTo(404);
    assertThat(backend.error()).startsWith("upstream \"api\": no backend 127.0.0.1:9 (known: ");

    Response upstream = ask("POST", "/upstreams/apo/backends/127.0.0.1:9/drain");
    assertThat(upstream.status()).isEqualTo(404);
    assertThat(upstream.error()).contains("did you mean \"api\"?");

    assertThat(ask("GET", "/upstreams/apo").status()).isEqualTo(404);
    assertThat(ask("DELETE", "/upstreams/apo").status()).isEqualTo(404);
    Response path = ask("GET", "/upstreams/api/backend");
    assertThat(path.status()).isEqualTo(404);
    assertThat(path.error()).contains("/upstreams/<name>/backends/<host:port>/drain");
    assertThat(ask("POST", "/upstreams/api/backends/" + here() + "/stop").status()).isEqualTo(404);
  }

  @Test
  void whatIsMalformedIsRefused() throws Exception {
    assertThat(ask("POST", "/upstreams/api/backends/127.0.0.1/drain").status()).isEqualTo(400);
    assertThat(ask("POST", "/upstreams/api/backends/::1:7/drain").status()).isEqualTo(400);
    assertThat(ask("GET", "/upstreams/%zz").status()).isEqualTo(400);
    assertThat(ask("GET", "upstreams").status()).isEqualTo(400);
  }

  @Test
  void wrongMethodsAreAnsweredWithTheRightOnes() throws Exception {
    Response get = ask("GET", "/upstreams/api/backends/" + here() + "/drain");
    assertThat(get.status()).isEqualTo(405);
    assertThat(get.head()).containsIgnoringCase("allow: POST");
    Response post = ask("POST", "/upstreams/api");
    assertThat(post.status()).isEqualTo(405);
    assertThat(post.head()).containsIgnoringCase("allow: GET, HEAD, PUT, DELETE");
  }

  @Test
  void anUpstreamIsPutAsYamlAndAsJsonAndRemoved() throws Exception {
    Response added =
        ask("PUT", "/upstreams/more", YAML, "addrs: [\"127.0.0.1:3\"]\nhealth_check: none\n");
    assertThat(added.status()).as(added.body()).isEqualTo(201);
    assertThat(added.json().get("change").asText()).isEqualTo("added");

    String json = "{\n\t\"addrs\": [\"127.0.0.1:4\"],\n\t\"health_check\": \"none\"\n}\n";
    Response updated =
        ask("PUT", "/upstreams/more", "Content-Type: application/json; charset=utf-8\r\n", json);
    assertThat(updated.status()).as(updated.body()).isEqualTo(200);
    assertThat(updated.json().get("change").asText()).isEqualTo("updated");
    assertThat(ask("PUT", "/upstreams/more", JSON, json).json().get("change").asText())
        .isEqualTo("unchanged");
    assertThat(ask("GET", "/upstreams/more").json().at("/backends/0/address").asText())
        .isEqualTo("127.0.0.1:4");

    Response removed = ask("DELETE", "/upstreams/more");
    assertThat(removed.status()).isEqualTo(200);
    assertThat(removed.json().get("change").asText()).isEqualTo("removed");
    assertThat(ask("GET", "/upstreams/more").status()).isEqualTo(404);
  }

  @Test
  void theFileWinsWhenItIsReadAgain() throws Exception {
    ask("PUT", "/upstreams/more", YAML, "addrs: [\"127.0.0.1:3\"]");
    ask("DELETE", "/upstreams/spare");
    ask("POST", "/upstreams/api/backends/" + here() + "/drain");

    upstreams.reload();

    assertThat(ask("GET", "/upstreams/more").status()).isEqualTo(404);
    assertThat(ask("GET", "/upstreams/spare").status()).isEqualTo(200);
    JsonNode api = ask("GET", "/upstreams/api").json();
    assertThat(backend(api, here()).get("state").asText())
        .as("what no file says stays")
        .isEqualTo("draining");
  }

  @Test
  void aWrongUpstreamIsRefusedWithEveryProblemAndItsPlace() throws Exception {
    Response refused =
        ask("PUT", "/upstreams/api", YAML, "adrs: [x]\nread_timeout: soon\nhealth_check: none\n");
    assertThat(refused.status()).isEqualTo(422);
    assertThat(refused.json().get("problems")).hasSizeGreaterThanOrEqualTo(2);
    JsonNode first = refused.json().at("/problems/0");
    assertThat(first.get("line").asInt()).isEqualTo(1);
    assertThat(first.get("path").asText()).isEqualTo("upstreams.api.adrs");
    assertThat(refused.error()).contains("body:2:15: upstreams.api.read_timeout: \"soon\"");
    assertThat(ask("GET", "/upstreams/api").json().get("backends")).hasSize(2);

    assertThat(ask("PUT", "/upstreams/a%20b", YAML, "addrs: [\"a:1\"]").status()).isEqualTo(422);
    assertThat(ask("PUT", "/upstreams/b", YAML, "").status()).isEqualTo(422);
    assertThat(ask("PUT", "/upstreams/b", YAML, "addrs: [\"${HOME}:1\"]").status()).isEqualTo(422);
  }

  @Test
  void ofThousandsOfMistakesAHundredAreAnswered() throws Exception {
    StringBuilder body = new StringBuilder("addrs: [\"127.0.0.1:3\"]\n");
    for (int i = 0; i < 19_000; i++) {
      body.append("key").append(i).append(": 1\n");
    }
    Response refused = ask("PUT", "/upstreams/more", YAML, body.toString());
    assertThat(refused.status()).isEqualTo(422);
    assertThat(refused.json().get("problems")).hasSize(100);
    assertThat(refused.error()).endsWith("more than 100 configuration problems");
    assertThat(refused.body().length()).isLessThan(50_000);

    for (int i = 19_000; i < 100_000; i++) {
      body.append("k").append(i).append(":\n");
    }
    Response more = ask("PUT", "/upstreams/more", YAML, body.toString());
    assertThat(more.status()).isEqualTo(422);
    assertThat(more.error()).contains("more than 20000 keys (expected: at most that many)");
  }

  @Test
  void anotherTypeOfBodyIsNotTaken() throws Exception {
    String body = "addrs: [\"127.0.0.1:3\"]";
    for (String headers :
        List.of(
            "",
            "Content-Type: text/plain\r\n",
            "Content-Type: application/yaml; charset=latin1\r\n",
            YAML + "Content-Encoding: gzip\r\n")) {
      Response refused = ask("PUT", "/upstreams/more", headers, body);
      assertThat(refused.status()).as(headers).isEqualTo(415);
      assertThat(refused.error()).contains("expected: application/yaml or application/json");
    }
  }

  @Test
  void anUpstreamThatARouteLeadsToAndTheLastOneAreNotRemoved() throws Exception {
    Response routed = ask("DELETE", "/upstreams/api");
    assertThat(routed.status()).isEqualTo(409);
    assertThat(routed.error()).contains("the route / leads to it");

    Files.writeString(file, "upstreams: { only: { addrs: [\"127.0.0.1:1\"] } }\n");
    upstreams.reload();
    Response last = ask("DELETE", "/upstreams/only");
    assertThat(last.status()).isEqualTo(409);
    Response second = ask("PUT", "/upstreams/second", YAML, "addrs: [\"127.0.0.1:3\"]");
    assertThat(second.status()).isEqualTo(409);
    assertThat(second.error()).contains("routes in the configuration file first");
  }

  @Test
  void aLargeBodyIsRefusedAndTheReasonTold() throws Exception {
    try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
      socket
          .getOutputStream()
          .write(
              ("PUT /upstreams/more HTTP/1.1\r\nHost: localhost\r\n"
                      + YAML
                      + "Content-Length: 1048577\r\n\r\n")
                  .getBytes(ISO_8859_1));
      Response refused = response(new String(socket.getInputStream().readAllBytes(), UTF_8));
      assertThat(refused.status()).isEqualTo(413);
      assertThat(refused.error()).contains("at most 1048576 bytes");
    }
  }

  @Test
  void requestsThatAreSentAtOnceAreAnsweredInTheirOrder() throws Exception {
    StringBuilder requests = new StringBuilder();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 20; i++) { // created by a worker, the loop, a worker
      for (String path : List.of("/upstreams/api", "/livez", "/upstreams/spare", "/nowhere")) {
        requests.append("GET ").append(path).append(" HTTP/1.1\r\nHost: localhost\r\n\r\n");
      }
      expected.addAll(List.of("\"name\" : \"api\"", "\nok\n", "\"name\" : \"spare\"", " 404 "));
    }
    requests.append("GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
      socket.getOutputStream().write(requests.toString().getBytes(ISO_8859_1));
      String answers = new String(socket.getInputStream().readAllBytes(), UTF_8);
      assertThat(answers.split("HTTP/1\\.1 ", -1)).hasSize(82);
      assertThat(answers).containsSubsequence(expected);
    }
  }

  @Test
  void onLoopbackNoOtherNameAndNoOtherSiteIsAnswered() throws Exception {
    for (String host : List.of("evil.example", "127.0.0.1.evil.example", "192.0.2.1", "[::2]:1")) {
      Response refused = send("GET", "/upstreams", "Host: " + host + "\r\n", "");
      assertThat(refused.status()).as(host).isEqualTo(403);
      assertThat(refused.error()).contains("expected: localhost or a loopback address");
    }
    for (String host : List.of("localhost", "LOCALHOST:9", "127.0.0.1:9", "[::1]:9", "127.1.2.3")) {
      assertThat(send("GET", "/upstreams", "Host: " + host + "\r\n", "").status())
          .as(host)
          .isEqualTo(200);
    }
    String path = "/upstreams/api/backends/" + here() + "/drain";
    String own = "http://localhost:" + address.getPort();
    for (String header :
        List.of(
            "Origin: http://evil.example",
            "Origin: null",
            "Origin: http://localhost:1",
            "Sec-Fetch-Site: cross-site",
            "Sec-Fetch-Site: same-site")) {
      assertThat(ask("POST", path, header + "\r\n", "").status()).as(header).isEqualTo(403);
    }
    assertThat(
            ask("POST", path, "Origin: " + own + "\r\nSec-Fetch-Site: same-origin\r\n", "")
                .status())
        .isEqualTo(200);
  }

  @Test
  void withATokenOnlyWhoHasItIsAnswered() throws Exception {
    admin.close();
    Path secret = Files.writeString(folder.resolve("token"), TOKEN + "\n");
    AdminToken token = new AdminToken(secret);
    listen(Optional.of(token));
    String drain = "/upstreams/api/backends/" + here() + "/drain";

    for (String header :
        List.of(
            "",
            "Authorization: Bearer " + TOKEN + "x\r\n",
            "Authorization: Bearer \r\n",
            "Authorization: " + TOKEN + "\r\n",
            "Authorization: Basic " + TOKEN + "\r\n")) {
      for (String path : List.of("/upstreams", "/metrics", "/nowhere")) {
        assertThat(ask("GET", path, header, "").status()).as(header).isEqualTo(401);
      }
      Response write = ask("POST", drain, header, "");
      assertThat(write.status()).as(header).isEqualTo(401);
      assertThat(write.head()).containsIgnoringCase("www-authenticate: Bearer");
      assertThat(write.error()).contains("expected: Authorization: Bearer");
      assertThat(ask("PUT", "/upstreams/more", header + YAML, "x".repeat(900_000)).status())
          .isEqualTo(401);
    }
    assertThat(ask("GET", "/livez").status()).isEqualTo(200);
    String right = "Authorization: bearer " + TOKEN + "\r\n";
    assertThat(ask("POST", drain, right, "").status()).isEqualTo(200);
    assertThat(send("GET", "/upstreams", "Host: anything\r\n" + right, "").status()).isEqualTo(200);

    Files.writeString(secret, "another-long-secret");
    token.reread();
    assertThat(ask("GET", "/upstreams", right, "").status()).isEqualTo(401);
    assertThat(
            ask("GET", "/upstreams", "Authorization: Bearer another-long-secret\r\n", "").status())
        .isEqualTo(200);
  }

  @Test
  void aRequestThatIsTurnedAwayDoesNotEndItsConnection() throws Exception {
    try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
      socket
          .getOutputStream()
          .write(
              ("POST /upstreams/api/refresh HTTP/1.1\r\nHost: evil\r\nContent-Length: 5\r\n\r\nhello"
                      + "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                  .getBytes(ISO_8859_1));
      String answers = new String(socket.getInputStream().readAllBytes(), UTF_8);
      assertThat(answers).startsWith("HTTP/1.1 403 ").contains("HTTP/1.1 200 ").endsWith("\nok\n");
    }
  }

  @Test
  void aTokenFileThatIsNoneIsRefusedAndTheTokenBeforeStays() throws Exception {
    Path secret = folder.resolve("token");
    assertThatThrownBy(() -> new AdminToken(secret)).hasMessageContaining("no such file");
    for (String wrong : List.of("", "short", "two words of which one", "\u00e4".repeat(20))) {
      Files.writeString(secret, wrong);
      assertThatThrownBy(() -> new AdminToken(secret))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("expected: a file with one line of at least 16");
    }
    Files.writeString(secret, TOKEN);
    AdminToken token = new AdminToken(secret);
    Files.delete(secret);
    assertThatThrownBy(token::reread).isInstanceOf(IllegalArgumentException.class);
    assertThat(token.opens("Bearer " + TOKEN)).isTrue();
  }

  @Test
  void itDoesNotListenElsewhereWithoutAToken() {
    Admin open =
        new Admin(
            upstreams, gateway, Optional.empty(), new EventLog(Object::toString), Optional.empty());
    assertThatThrownBy(() -> open.start("0.0.0.0", 0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("0.0.0.0 is no loopback address");
    open.close();
  }
}
