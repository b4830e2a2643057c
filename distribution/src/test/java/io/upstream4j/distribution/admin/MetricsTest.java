package io.upstream4j.distribution.admin;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.upstream4j.api.option.ConfigException;
import io.upstream4j.core.Upstreams;
import io.upstream4j.distribution.admin.MetricFamilies.Family;
import io.upstream4j.distribution.admin.MetricFamilies.Sample;
import io.upstream4j.distribution.gateway.Gateway;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigDecimal;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests {@code /metrics} with a strict parser, and the page of the documentation. */
@Timeout(60)
class MetricsTest {
  private static final Path DOC = Path.of("..", "docs", "metrics.md");

  private final List<AutoCloseable> open = new ArrayList<>();
  private String good;
  private String broken;
  private Upstreams upstreams;
  private Gateway gateway;
  private Admin admin;
  private int port;
  private int adminPort;

  @BeforeEach
  void start() throws Exception {
    InetAddress loopback = InetAddress.getByName("127.0.0.1");
    ServerSocket listener = new ServerSocket(0, 50, loopback);
    open.add(listener);
    Thread server = new Thread(() -> serve(listener));
    server.setDaemon(true);
    server.start();
    good = "127.0.0.1:" + listener.getLocalPort();
    broken = "127.0.0.1:1"; // never assigned by a kernel, and unused
    upstreams =
        Upstreams.builder()
            .load(
                "metrics.yaml",
                """
            upstreams:
              api:
                addrs: ["%1$s 3"]
                health_check: { tcp: {} }
              down-1.x_Y:
                addrs: ["%2$s", "[::1]:1", "unix:/none/such.sock"]
                algo: { consistent: { key: "header:x-user", balance_factor: 125 } }
              none:
                addrs: ["%1$s"]
                enable_backend_stats: false
                enable_tracer: false
            routes:
              - { host: down.test, path: /, upstream: down-1.x_Y }
              - { host: none.test, path: /, upstream: none }
              - { path: /, upstream: api }
            """
                    .formatted(good, broken));
    gateway = new Gateway(upstreams);
    port = gateway.start("127.0.0.1", 0).getPort();
    admin =
        new Admin(
            upstreams, gateway, Optional.empty(), new EventLog(Object::toString), Optional.empty());
    InetSocketAddress address = admin.start("127.0.0.1", 0);
    adminPort = address.getPort();
    assertThat(upstreams.awaitReady(Duration.ofSeconds(20))).isTrue();
  }

  @AfterEach
  void stop() throws Exception {
    admin.close();
    gateway.close();
    upstreams.close();
    for (AutoCloseable one : open) {
      one.close();
    }
  }

  /** Answers one request per connection; connections without a request are probes. */
  private static void serve(ServerSocket listener) {
    while (!listener.isClosed()) {
      try (Socket client = listener.accept();
          BufferedReader in =
              new BufferedReader(new InputStreamReader(client.getInputStream(), ISO_8859_1))) {
        String line = in.readLine();
        boolean isRequest = line != null;
        while (line != null && !line.isEmpty()) {
          line = in.readLine();
        }
        if (isRequest) {
          client
              .getOutputStream()
              .write(
                  "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
                      .getBytes(ISO_8859_1));
        }
      } catch (IOException e) {
        // The client or the listener was closed; the loop's condition distinguishes them.
      }
    }
  }

  private String get(String host) throws IOException {
    try (Socket client = new Socket("127.0.0.1", port)) {
      client
          .getOutputStream()
          .write(
              ("GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
                  .getBytes(ISO_8859_1));
      return new String(client.getInputStream().readAllBytes(), ISO_8859_1);
    }
  }

  private Map<String, Family> metrics() throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection) new URL("http://127.0.0.1:" + adminPort + "/metrics").openConnection();
    return MetricFamilies.read(new String(connection.getInputStream().readAllBytes(), UTF_8));
  }

  private static BigDecimal value(Map<String, Family> metrics, String name, String... labels) {
    Map<String, String> wanted = new TreeMap<>();
    for (int i = 0; i < labels.length; i += 2) {
      wanted.put(labels[i], labels[i + 1]);
    }
    return metrics.values().stream()
        .flatMap(family -> family.samples().stream())
        .filter(sample -> sample.name().equals(name) && sample.labels().equals(wanted))
        .map(Sample::value)
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + name + wanted));
  }

  @Test
  void requestsThatWentWellAndBadlyAreTold() throws Exception {
    for (int i = 0; i < 3; i++) {
      assertThat(get("any.test")).startsWith("HTTP/1.1 200 ");
    }
    assertThat(get("down.test")).startsWith("HTTP/1.1 502 ");
    Map<String, Family> metrics = metrics();

    assertThat(value(metrics, "upstream4j_latency_seconds_count", "upstream", "api"))
        .isEqualTo("3");
    assertThat(value(metrics, "upstream4j_latency_seconds_sum", "upstream", "api")).isPositive();
    assertThat(value(metrics, "upstream4j_latency_seconds_count", "upstream", "down-1.x_Y"))
        .isEqualTo("0");
    assertThat(value(metrics, "upstream4j_try_duration_seconds_count", "upstream", "down-1.x_Y"))
        .isPositive();
    assertThat(
            value(
                metrics, "upstream4j_failures_total", "upstream", "down-1.x_Y", "kind", "connect"))
        .isPositive();
    assertThat(
            value(
                metrics,
                "upstream4j_backend_latency_seconds_count",
                "upstream",
                "api",
                "backend",
                good))
        .isEqualTo("3");
    assertThat(value(metrics, "upstream4j_probes_total", "upstream", "api", "result", "passed"))
        .isPositive();
    assertThat(value(metrics, "upstream4j_probe_duration_seconds_sum", "upstream", "api"))
        .isPositive();
  }

  @Test
  void theMedianAndTheSlowestOfAHundredAreInTheState() throws Exception {
    for (int i = 0; i < 3; i++) {
      assertThat(get("any.test")).startsWith("HTTP/1.1 200 ");
    }
    JsonNode api =
        new ObjectMapper()
            .readTree(new URL("http://127.0.0.1:" + adminPort + "/upstreams").openStream())
            .at("/upstreams/0");
    for (JsonNode latency : List.of(api.get("latency"), api.at("/backends/0/latency"))) {
      assertThat(latency.get("count").asInt()).isEqualTo(3);
      assertThat(latency.get("p50_ms").asDouble())
          .isPositive()
          .isLessThanOrEqualTo(latency.get("p99_ms").asDouble());
    }
    assertThat(api.at("/backends/0/circuit").asText()).isEqualTo("closed");
  }

  @Test
  void statesRefusalsAndConfigurationsAreTold() throws Exception {
    var backend = upstreams.get("api").stats().backends().get(0).backend().endpoint();
    upstreams.get("api").drain(backend).get();
    assertThat(get("any.test")).startsWith("HTTP/1.1 503 ");
    assertThatThrownBy(() -> upstreams.put("api", "test", "addrs: 7\n"))
        .isInstanceOf(ConfigException.class);
    Map<String, Family> metrics = metrics();

    String[] draining = {"upstream", "api", "backend", good, "state", "draining"};
    assertThat(value(metrics, "upstream4j_backend_admin_state", draining)).isEqualTo("1");
    String[] closed = {"upstream", "api", "backend", good, "state", "closed"};
    assertThat(value(metrics, "upstream4j_backend_circuit", closed)).isEqualTo("1");
    assertThat(
            value(
                metrics, "upstream4j_refused_total", "upstream", "api", "reason", "out_of_service"))
        .isEqualTo("1");
    assertThat(value(metrics, "upstream4j_config_applied_total")).isEqualTo("1");
    assertThat(value(metrics, "upstream4j_config_refused_total")).isEqualTo("1");
    assertThat(value(metrics, "upstream4j_config_last_applied_timestamp_seconds")).isPositive();
  }

  @Test
  void connectionsThatWereClosedAreToldByReason() throws Exception {
    assertThat(get("any.test")).startsWith("HTTP/1.1 200 ");
    String name = "upstream4j_backend_connections_closed_total";
    String[] last = {"upstream", "api", "backend", good, "reason", "not_reusable"};
    String[] idle = {"upstream", "api", "backend", good, "reason", "idle_timeout"};
    long end = System.nanoTime() + 30_000_000_000L;
    while (value(metrics(), name, last).signum() == 0) {
      assertThat(System.nanoTime()).as("in time").isLessThan(end);
    }
    assertThat(value(metrics(), name, last)).isEqualTo("1");
    assertThat(value(metrics(), name, idle)).isEqualTo("0");
    JsonNode connections =
        new ObjectMapper()
            .readTree(new URL("http://127.0.0.1:" + adminPort + "/upstreams").openStream())
            .at("/upstreams/0/backends/0/connections");
    assertThat(connections.get("closed").asInt()).isEqualTo(1);
    assertThat(connections.get("closed_by").toString()).isEqualTo("{\"not_reusable\":1}");
  }

  @Test
  void theSeriesOfABackendEndWithItAndMayBeLeftOut() throws Exception {
    assertThat(backends(metrics())).contains(good, broken, "[::1]:1", "unix:/none/such.sock");
    upstreams.put("api", "test", "addrs: [\"" + broken + "\"]\nenable_backend_stats: false\n");
    Map<String, Family> metrics = metrics();
    for (String of : List.of("latency_seconds", "circuit", "admin_state", "up")) {
      assertThat(metrics.get("upstream4j_backend_" + of).samples())
          .noneMatch(sample -> "api".equals(sample.labels().get("upstream")));
    }
    assertThat(backends(metrics)).doesNotContain(good);
  }

  private static Set<String> backends(Map<String, Family> metrics) {
    return metrics.values().stream()
        .flatMap(family -> family.samples().stream())
        .filter(sample -> sample.labels().containsKey("backend"))
        .map(sample -> sample.labels().get("backend"))
        .collect(Collectors.toSet());
  }

  @Test
  void anyNameIsEscaped() throws IOException {
    String odd = "a \"b\" \\ {c=\"d\"}, \\n\n# TYPE é";
    MetricText text = new MetricText();
    text.head("upstream4j_strategy_total", "counter", "Odd.");
    text.line(
        "upstream4j_strategy_total",
        MetricText.label("upstream", odd) + "," + MetricText.label("event", odd),
        1);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    text.moveTo(bytes);
    Map<String, Family> metrics = MetricFamilies.read(bytes.toString(UTF_8));
    assertThat(value(metrics, "upstream4j_strategy_total", "upstream", odd, "event", odd))
        .isEqualTo("1");
  }

  @Test
  void theReaderRefusesWhatPrometheusWould() {
    String head = "# HELP a_total A.\n# TYPE a_total counter\n";
    assertThat(MetricFamilies.read(head + "a_total 1\n")).containsOnlyKeys("a_total");
    String buckets = "# HELP b_seconds B.\n# TYPE b_seconds histogram\n";
    for (String wrong :
        List.of(
            "a_total 1\n",
            head + "a_total 1\na_total 2\n",
            head + "a_total 1\n" + head,
            head + "b_total 1\n",
            head + "a_total{x=\"\\q\"} 1\n",
            head + "a_total one\n",
            "# HELP a A.\n# TYPE a counter\na 1\n",
            "# HELP a_total A.\n# TYPE a_total gauge\na_total 1\n",
            "# HELP a_ms A.\n# TYPE a_ms gauge\na_ms 1\n",
            buckets + "b_seconds_bucket{le=\"1\"} 1\nb_seconds_sum 1\nb_seconds_count 1\n",
            buckets
                + "b_seconds_bucket{le=\"1\"} 2\nb_seconds_bucket{le=\"+Inf\"} 1\n"
                + "b_seconds_sum 1\nb_seconds_count 1\n",
            buckets + "b_seconds_bucket{le=\"+Inf\"} 1\nb_seconds_sum 1\nb_seconds_count 2\n")) {
      assertThatThrownBy(() -> MetricFamilies.read(wrong))
          .as(wrong)
          .isInstanceOf(AssertionError.class);
    }
  }

  @Test
  void thePageTellsEverySeries() throws Exception {
    List<String> rows = new ArrayList<>();
    for (Family family : metrics().values()) {
      Set<String> labels = new TreeSet<>();
      family.samples().forEach(sample -> labels.addAll(sample.labels().keySet()));
      labels.remove("le");
      assertThat(family.samples()).as("%s has a series here", family.name()).isNotEmpty();
      rows.add(
          "| `%s` | %s | %s | %s |"
              .formatted(
                  family.name(),
                  family.type(),
                  labels.isEmpty() ? "–" : String.join(", ", labels),
                  family.help().substring(0, family.help().length() - 1)));
    }
    Files.write(Path.of("target", "metrics.txt"), rows);
    assertThat(Files.readAllLines(DOC))
        .as("as target/metrics.txt has them")
        .filteredOn(line -> line.startsWith("| `upstream4j_"))
        .isEqualTo(rows);
  }

  @Test
  void expressionsOnThePagesNameSeriesThatThereAre() throws Exception {
    Set<String> names = new TreeSet<>();
    metrics().values().forEach(f -> f.samples().forEach(s -> names.add(s.name())));
    names.addAll(metrics().keySet());
    for (String page : List.of("metrics.md", "operations.md")) {
      // Without the section on Micrometer, whose registries use some other names.
      String text =
          Files.readString(DOC.resolveSibling(page))
              .replaceFirst("(?s)## Micrometer.*?(?=## )", "");
      var found = Pattern.compile("upstream4j_[a-z0-9_]+").matcher(text);
      int count = 0;
      while (found.find()) {
        assertThat(names).as(page).contains(found.group());
        count++;
      }
      assertThat(count).as(page).isGreaterThan(5);
    }
  }
}
