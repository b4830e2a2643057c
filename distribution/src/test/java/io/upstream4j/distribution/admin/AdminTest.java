package io.upstream4j.distribution.admin;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.upstream4j.api.option.ConfigException;
import io.upstream4j.core.Upstreams;
import io.upstream4j.core.event.UpstreamEvent;
import io.upstream4j.distribution.gateway.Gateway;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URL;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AdminTest {
  private ServerSocket backend;
  private final EventLog events = new EventLog(Object::toString);
  private Upstreams upstreams;
  private Gateway gateway;
  private Admin admin;
  private InetSocketAddress gatewayAddress;
  private InetSocketAddress address;

  @BeforeEach
  void start() throws Exception {
    backend = new ServerSocket(0);
    int gone;
    try (ServerSocket other = new ServerSocket(0)) {
      gone = other.getLocalPort();
    }
    upstreams =
        Upstreams.builder()
            .listener(events)
            .load(
                "admin.yaml",
                "upstreams:\n  api:\n    addrs: [\"127.0.0.1:"
                    + backend.getLocalPort()
                    + " 3\", \"127.0.0.1:"
                    + gone
                    + "\"]\n    health_check: { tcp: {}, failure: 1 }\n");
    gateway = new Gateway(upstreams);
    gatewayAddress = gateway.start("127.0.0.1", 0);
    admin = new Admin(upstreams, gateway, Optional.empty(), events, Optional.empty());
    address = admin.start("127.0.0.1", 0);
    assertThat(upstreams.awaitReady(Duration.ofSeconds(20))).isTrue();
  }

  @AfterEach
  void stop() throws IOException {
    admin.close();
    gateway.close();
    upstreams.close();
    backend.close();
  }

  private HttpURLConnection ask(String method, String path) throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection)
            new URL("http://127.0.0.1:" + address.getPort() + path).openConnection();
    connection.setRequestMethod(method);
    return connection;
  }

  private static String text(HttpURLConnection connection) throws IOException {
    return new String(
        (connection.getResponseCode() < 400
                ? connection.getInputStream()
                : connection.getErrorStream())
            .readAllBytes(),
        ISO_8859_1);
  }

  @Test
  void theStateOfUpstreamsAndGatewayIsThereAsJson() throws Exception {
    try (Socket client = new Socket("127.0.0.1", gatewayAddress.getPort())) {
      client.getOutputStream().write("nonsense\r\n\r\n".getBytes(ISO_8859_1));
      client.getInputStream().readAllBytes();
    }
    HttpURLConnection connection = ask("GET", "/upstreams?pretty");
    assertThat(connection.getResponseCode()).isEqualTo(200);
    assertThat(connection.getContentType()).isEqualTo("application/json");
    JsonNode json = new ObjectMapper().readTree(connection.getInputStream());

    assertThat(json.at("/gateway/accepted").asLong()).isEqualTo(1);
    assertThat(json.at("/gateway/requests").asLong()).isEqualTo(1);
    assertThat(json.at("/gateway/responses/4xx").asLong()).isEqualTo(1);
    assertThat(json.at("/gateway/errors").asLong()).isEqualTo(1);
    JsonNode api = json.at("/upstreams/0");
    assertThat(api.get("name").asText()).isEqualTo("api");
    assertThat(api.get("generation").asLong()).isPositive();
    assertThat(Instant.parse(api.get("last_answer").asText()))
        .isBefore(Instant.now().plusSeconds(1));
    assertThat(api.get("health_ignored").asBoolean()).isFalse();
    assertThat(api.get("discovery_error").isNull()).isTrue();
    assertThat(api.get("backends")).hasSize(2);
    JsonNode up = backend(api, backend.getLocalPort());
    assertThat(up.get("weight").asInt()).isEqualTo(3);
    assertThat(up.get("healthy").asBoolean()).isTrue();
    assertThat(Instant.parse(up.get("since").asText())).isBefore(Instant.now().plusSeconds(1));
    assertThat(up.get("in_flight").asInt()).isZero();
    assertThat(up.at("/connections/opened").isNumber()).isTrue();
    JsonNode down = api.get("backends").get(api.get("backends").get(0) == up ? 1 : 0);
    assertThat(down.get("healthy").asBoolean()).isFalse();
    assertThat(down.get("reason").asText()).isNotBlank();
  }

  private static JsonNode backend(JsonNode upstream, int port) {
    for (JsonNode backend : upstream.get("backends")) {
      if (backend.get("address").asText().equals("127.0.0.1:" + port)) {
        return backend;
      }
    }
    throw new AssertionError("no backend with port " + port + " in " + upstream);
  }

  @Test
  void healthSaysOkUntilTheGatewayDrains() throws Exception {
    assertThat(text(ask("GET", "/healthz"))).isEqualTo("ok\n");

    assertThat(gateway.drain(Duration.ofSeconds(5))).isTrue();

    HttpURLConnection after = ask("GET", "/healthz");
    assertThat(after.getResponseCode()).isEqualTo(503);
    assertThat(text(after)).isEqualTo("draining\n");
  }

  @Test
  void theStateIsThereForPrometheus() throws Exception {
    HttpURLConnection connection = ask("GET", "/metrics");
    assertThat(connection.getContentType()).isEqualTo("text/plain; version=0.0.4; charset=utf-8");
    List<String> lines = text(connection).lines().toList();

    String up = "upstream4j_backend_up{upstream=\"api\",backend=\"127.0.0.1:";
    assertThat(lines).contains(up + backend.getLocalPort() + "\"} 1");
    assertThat(lines)
        .filteredOn(line -> line.startsWith(up))
        .hasSize(2)
        .anyMatch(l -> l.endsWith(" 0"));
    assertThat(lines).contains("upstream4j_backends{upstream=\"api\"} 2");
  }

  @Test
  void theSeriesOfEachBackendMayBeLeftOut() throws Exception {
    String all = text(ask("GET", "/metrics"));
    assertThat(all)
        .contains("upstream4j_backend_requests_total{", "upstream4j_backend_connections_idle{");
    String yaml = "addrs: [\"127.0.0.1:" + backend.getLocalPort() + "\"]\n";

    upstreams.put("api", "test", yaml + "enable_tracer: false\n");
    assertThat(text(ask("GET", "/metrics")))
        .contains("upstream4j_backend_requests_total{", "upstream4j_requests_total{")
        .doesNotContain("upstream4j_backend_connections_idle{");
    upstreams.put("api", "test", yaml + "enable_backend_stats: false\n");
    assertThat(text(ask("GET", "/metrics")))
        .contains("upstream4j_requests_total{", "upstream4j_backend_connections_idle{")
        .doesNotContain("upstream4j_backend_requests_total{", "upstream4j_backend_up{");
  }

  @Test
  void thePageRunsItsOwnScriptAndStyleAndNothingElse() throws Exception {
    HttpURLConnection page = ask("GET", "/");
    assertThat(page.getContentType()).isEqualTo("text/html; charset=utf-8");
    String html = text(page);
    assertThat(html).startsWith("<!doctype html>").doesNotContain("src=", "http-equiv", "onclick");
    String policy = page.getHeaderField("Content-Security-Policy");
    assertThat(policy).startsWith("default-src 'none'; ").doesNotContain("unsafe");
    for (String element : List.of("script", "style")) {
      String inside = html.split("<" + element + ">")[1].split("</" + element + ">")[0];
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(inside.getBytes(ISO_8859_1));
      assertThat(policy)
          .contains(element + "-src 'sha256-" + Base64.getEncoder().encodeToString(digest) + "';");
    }
  }

  @Test
  void eventsAreToldFromTheOneThatIsKnown() throws Exception {
    awaitEvent("/events", "\"kind\" : \"config_applied\"");
    String all = text(ask("GET", "/events"));
    assertThat(all).contains("\"kind\" : \"backend_added\"");
    Matcher last = Pattern.compile("\"last\" : ([0-9]+)").matcher(all);
    assertThat(last.find()).isTrue();

    assertThatThrownBy(() -> upstreams.put("api", "test", "algo: nothing"))
        .isInstanceOf(ConfigException.class);
    String after = "/events?after=" + last.group(1);
    awaitEvent(after, "config_refused");
    assertThat(text(ask("GET", after)))
        .contains("\"refused\" : {")
        .doesNotContain("backend_added", "config_applied");
    HttpURLConnection wrong = ask("GET", "/events?after=yesterday");
    assertThat(wrong.getResponseCode()).isEqualTo(400);
    assertThat(text(wrong)).contains("expected: the number of an event");
  }

  /** A separate thread reports events. The class has a time limit. */
  private void awaitEvent(String path, String text) throws IOException {
    while (!text(ask("GET", path)).contains(text)) {
      Thread.onSpinWait();
    }
  }

  @Test
  void ofEventsTheLastAreKept() throws IOException {
    EventLog log = new EventLog(event -> "text");
    for (int i = 0; i < 250; i++) {
      log.onEvent(new UpstreamEvent.ConfigRefused("wrong " + i));
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Pieces pieces = log.since(0);
    while (pieces.next(bytes)) {
      assertThat(bytes.size()).isLessThan(40_000);
    }
    String told = bytes.toString(ISO_8859_1);
    assertThat(told).contains("\"sequence\" : 51,", "\"last\" : 250", "wrong 249");
    assertThat(told.split("\"kind\"")).as("and the one that was refused").hasSize(202);
  }

  @Test
  void aDiscoveryIsAskedAgainOnDemand() throws Exception {
    HttpURLConnection refresh = ask("POST", "/upstreams/api/refresh");
    assertThat(refresh.getResponseCode()).isEqualTo(202);

    HttpURLConnection read = ask("GET", "/upstreams/api/refresh");
    assertThat(read.getResponseCode()).isEqualTo(405);
    assertThat(read.getHeaderField("Allow")).isEqualTo("POST");

    HttpURLConnection unknown = ask("POST", "/upstreams/apo/refresh");
    assertThat(unknown.getResponseCode()).isEqualTo(404);
    assertThat(text(unknown)).contains("no upstream \\\"apo\\\"; did you mean \\\"api\\\"?");
  }

  @Test
  void otherPathsAndMethodsAreRefused() throws Exception {
    assertThat(ask("GET", "/nowhere").getResponseCode()).isEqualTo(404);
    HttpURLConnection delete = ask("DELETE", "/upstreams");
    assertThat(delete.getResponseCode()).isEqualTo(405);
    assertThat(delete.getHeaderField("Allow")).isEqualTo("GET, HEAD");
    HttpURLConnection head = ask("HEAD", "/healthz");
    assertThat(head.getResponseCode()).isEqualTo(200);
    assertThat(head.getContentLength()).isEqualTo(3);
  }

  @Test
  void aLargeBodyIsNotTaken() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", address.getPort())) {
      socket
          .getOutputStream()
          .write(
              "GET /healthz HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n"
                  .getBytes(ISO_8859_1));
      String answer = new String(socket.getInputStream().readNBytes(13), ISO_8859_1);
      assertThat(answer).isEqualTo("HTTP/1.1 413 ");
    }
  }
}
