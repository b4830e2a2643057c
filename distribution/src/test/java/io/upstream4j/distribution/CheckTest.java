package io.upstream4j.distribution;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.upstream4j.api.option.Option;
import io.upstream4j.core.config.ConfigKeys;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckTest {
  private final Captured captured = new Captured();
  private final TestBackends backends = new TestBackends();
  private Path config;

  @BeforeEach
  void nameTheFile(@TempDir Path folder) {
    config = folder.resolve("upstreams.yaml");
  }

  @AfterEach
  void close() {
    backends.close();
  }

  private int check(String yaml, String... more) throws IOException {
    Files.writeString(config, yaml);
    String[] arguments = new String[3 + more.length];
    arguments[0] = "check";
    arguments[1] = "--config";
    arguments[2] = config.toString();
    System.arraycopy(more, 0, arguments, 3, more.length);
    return captured.run(arguments);
  }

  @Test
  void fiveMistakesGetFiveMessagesWithTheirPlaces() throws Exception {
    int status =
        check(
            """
            upstreams:
              api:
                addrs: ["10.0.0.1:99999"]
                algo: round_robbin
                health_check: { http: { path: healthz } }
                read_timeout: 5
            routes:
              - { path: /, upstream: apy }
            """);
    assertThat(status).isEqualTo(2);
    assertThat(captured.err().toString().lines())
        .hasSize(6)
        .last()
        .isEqualTo("5 configuration problems");
    for (int line : new int[] {3, 4, 5, 6, 8}) {
      assertThat(captured.err().toString())
          .containsPattern("(?m)^\\Q" + config + "\\E:" + line + ":[0-9]+: [a-z]");
    }
    assertThat(captured.out().toString()).isEmpty();
  }

  @Test
  void mistakesAboutBytesOfATcpCheckGetOneMessageEachWithItsPlace() throws Exception {
    String bytes =
        "text with the escapes \\r, \\n, \\t, \\\\ and \\xHH, or hex: and two digits for each byte";
    int status =
        check(
            """
            upstreams:
              a: { addrs: ["10.0.0.1:80"], health_check: { tcp: { send: 'PING\\q', expect: '+PONG' } } }
              c: { addrs: ["10.0.0.1:80"], health_check: { tcp: { expect: "hex:4" } } }
              d: { addrs: ["10.0.0.1:80"], health_check: "tcp://d?expect=hex:4x" }
            """);
    assertThat(status).isEqualTo(2);
    assertThat(captured.err().toString().lines().map(line -> line.replace(config + "", "file")))
        .containsExactly(
            "file:2:61: upstreams.a.health_check.send: \"PING\\q\" has an unknown escape, \\q"
                + " (expected: "
                + bytes
                + ")",
            "file:3:63: upstreams.c.health_check.expect: \"hex:4\" is not hexadecimal behind hex:"
                + " (expected: "
                + bytes
                + ")",
            "file:4:46: upstreams.d.health_check.expect: \"hex:4x\" is not hexadecimal behind hex:"
                + " (expected: "
                + bytes
                + ")",
            "3 configuration problems");
  }

  @Test
  void aTcpCheckThatSendsAndExpectsNothingIsRefused() throws Exception {
    int status =
        check(
            """
            upstreams:
              b: { addrs: ["10.0.0.1:80"], health_check: { tcp: { send: PING } } }
            """);
    assertThat(status).isEqualTo(2);
    assertThat(captured.err().toString())
        .contains(
            config + ":2:",
            "upstreams.b.health_check: send without expect (expected: what the server answers to it,"
                + " too)");
  }

  @Test
  void mistakesAboutStrategiesGetOneMessageEachWithItsPlace() throws Exception {
    int status =
        check(
            """
            upstreams:
              key: { addrs: ["10.0.0.1:80"], algo: "hash:hedder:x-user" }
              weight: { addrs: ["10.0.0.1:80 -1"] }
              ring: { addrs: [], algo: "hash:path" }
              size: { addrs: ["10.0.0.1:80"], algo: { consistent: { table: maglev, size: 65538 } } }
            """);
    assertThat(status).isEqualTo(2);
    assertThat(captured.err().toString().lines().map(line -> line.replace(config + "", "file")))
        .containsExactly(
            "file:2:40: upstreams.key.algo.key: \"hedder:x-user\" (expected: url, path, host, ip,"
                + " header:<name>, cookie:<name> or query:<name>)",
            "file:3:21: upstreams.weight.addrs[0]: \"10.0.0.1:80 -1\" has the weight -1 (expected: 0"
                + " to 65535)",
            "file:4:18: upstreams.ring.addrs: an empty list (expected: at least one backend)",
            "file:5:78: upstreams.size.algo.size: \"65538\" is not prime (expected: a prime, such as"
                + " 65539)",
            "4 configuration problems");
  }

  @Test
  void aFileThatIsNotThereIsAWrongFile() {
    assertThat(captured.run("check", "--config", config.toString())).isEqualTo(2);
    assertThat(captured.err().toString()).contains(config.toString()).contains("no such file");
  }

  @Test
  void offlineOnlyTheFileIsLookedAt() throws Exception {
    String yaml =
        """
        upstreams:
          one: { addrs: ["no-such-host.invalid"] }
          two: { addrs: ["192.0.2.1:80"] }
        routes:
          - { path: /, upstream: one }
          - { path: /v1, upstream: one }
        """;
    assertThat(check(yaml, "--offline")).isZero();
    assertThat(captured.out().toString()).isEqualTo(config + " is valid: 2 upstreams, 2 routes\n");
    assertThat(captured.err().toString().replace(config.toString(), "u.yaml").lines())
        .containsExactly(
            "u.yaml:2:18: upstreams.one.addrs: \"no-such-host.invalid\" has no port: 80 is used, as"
                + " the upstream speaks no TLS",
            "upstreams.two: no route leads to it",
            "routes[1]: redundant: \"/v1\" goes to upstream \"one\" by the route \"/\" as well");
    assertThat(check("upstreams: {}\n", "--offline")).isZero();
    assertThat(check("upstreams: { a: { addrs: [\"x y z\"] } }\n", "--offline")).isEqualTo(2);
  }

  @Test
  void aNameThatDoesNotExistIsNotWaitedFor() throws Exception {
    int status =
        check(
            "upstreams: { a: { discovery: { static: { addrs: [\"no-such-host.invalid:80\"] } } } }\n",
            "--timeout",
            "1h");
    assertThat(status).isEqualTo(1);
    assertThat(captured.out().toString()).contains("no-such-host.invalid");
  }

  @Test
  void backendsThatAnswerAreHealthy() throws Exception {
    DemoBackend a = backends.start("a");
    DemoBackend b = backends.start("b");
    assertThat(check(TestBackends.yaml(a, b))).isZero();
    assertThat(captured.out().toString().lines())
        .hasSize(4)
        .anyMatch(line -> line.matches("web +" + a.address() + " +1 +healthy +[0-9]+ ms"))
        .anyMatch(line -> line.matches("web +" + b.address() + " +1 +healthy +[0-9]+ ms"));
    assertThat(captured.err().toString()).isEmpty();
  }

  @Test
  void upstreamsOfOneServerAreCheckedAtTheSameTime() throws Exception {
    int count = 8;
    try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Thread answers = new Thread(() -> answerOnceAllAreThere(server, count));
      answers.setDaemon(true);
      answers.start();
      StringBuilder yaml = new StringBuilder("upstreams:\n");
      for (int i = 0; i < count; i++) {
        yaml.append("  u").append(i).append(": { addrs: [\"127.0.0.1:");
        yaml.append(server.getLocalPort());
        yaml.append("\"], health_check: 'http://api/healthz?check_frequency=1h' }\n");
      }
      yaml.append("routes: [{ upstream: u0 }]\n");
      assertThat(check(yaml.toString())).as(captured.out().toString()).isZero();
      answers.join();
    }
    assertThat(captured.out().toString().lines().filter(line -> line.contains(" healthy ")))
        .hasSize(count);
  }

  private static void answerOnceAllAreThere(ServerSocket server, int count) {
    List<Socket> clients = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        clients.add(server.accept());
      }
      for (Socket client : clients) {
        client
            .getOutputStream()
            .write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(US_ASCII));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a check fails then
    }
  }

  @Test
  void aSingleBadAnswerIsEnoughToBeDown() throws Exception {
    DemoBackend well = backends.start("well");
    DemoBackend unwell = backends.start("unwell");
    unwell.reportUnwell();
    assertThat(check(TestBackends.yaml(well, unwell))).isEqualTo(1);
    assertThat(captured.out().toString())
        .containsPattern(well.address() + " +1 +healthy")
        .containsPattern(unwell.address() + " +1 +unhealthy +[0-9]+ ms +.*503");
  }

  @Test
  void aBackendThatIsGoneIsDownWithTheReasonInJson() throws Exception {
    DemoBackend dead = backends.start("dead");
    dead.die();
    assertThat(check(TestBackends.yaml(dead), "--format", "json")).isEqualTo(1);
    JsonNode json = new ObjectMapper().readTree(captured.out().toString());
    assertThat(json.get("ok").booleanValue()).isFalse();
    JsonNode backend = json.at("/upstreams/0/backends/0");
    assertThat(backend.get("address").textValue()).isEqualTo(dead.address());
    assertThat(backend.get("healthy").booleanValue()).isFalse();
    assertThat(backend.get("reason").textValue()).endsWith("connection refused");
    assertThat(backend.get("millis").isIntegralNumber()).isTrue();
  }

  @Test
  void anUpstreamWithoutHealthCheckIsTakenAsItIs() throws Exception {
    DemoBackend dead = backends.start("dead");
    dead.die();
    String yaml =
        "upstreams: { web: { addrs: [\"" + dead.address() + "\"], health_check: none } }\n";
    assertThat(check(yaml)).isZero();
    assertThat(captured.out().toString()).containsPattern(dead.address() + " +1 +healthy +-");
  }

  @Test
  void explainTellsEveryKeyAndWhereItsValueIsFrom() throws Exception {
    String address = backends.start("a").address().toString();
    int status =
        check(
            """
            upstreams:
              api:
                addrs: ["%s"]
                algo: hash:cookie:sid
                health_check: tcp://api?failure=3
                retries: 1
                read_timeout: 7s
            gateway: { limits: { header_fields: 50 } }
            """
                .formatted(address),
            "--explain");
    String out = captured.out().toString().replace(config.toString(), "u.yaml");
    assertThat(status).isZero();
    assertThat(out)
        .startsWith("api\n")
        .containsPattern("\ndiscovery +static +default, by io.upstream4j.discovery.fixed")
        .containsPattern("\ndiscovery.static.addrs +\\[" + address + "] +u.yaml:3:5\n")
        .containsPattern("\nalgo +consistent +u.yaml:4:5, by io.upstream4j.lb.consistent")
        .containsPattern("\nalgo.consistent.key +cookie:sid +u.yaml:4:11\n")
        .containsPattern("\nalgo.consistent.points +160 +default\n")
        .containsPattern("\nhealth_check +tcp +u.yaml:5:5, by io.upstream4j.core")
        .containsPattern("\nhealth_check.failure +3 +u.yaml:5:19\n")
        .containsPattern("\nhealth_check.success +1 +default\n")
        .containsPattern("\nretries.max +1 +u.yaml:6:14\n")
        .containsPattern("\nread_timeout +7s +u.yaml:7:5\n")
        .containsPattern("\nwrite_timeout +1m +default\n")
        .containsPattern("\nsni +- +not set\n")
        .containsPattern("\nlimits.header_fields +50 +u.yaml:8:22\n")
        .containsPattern("\nlimits.header_size +64KiB +default\n");
    for (Option<?> key : ConfigKeys.healthCheck()) {
      assertThat(out).contains("\nhealth_check." + key.name() + " ");
    }
  }

  @Test
  void explainShowsNoSecretOfAHeader() throws Exception {
    check(
        """
        upstreams:
          api:
            addrs: ["127.0.0.1:1"]
            health_check: { http: { headers: { authorization: "Bearer hush" } } }
        """,
        "--explain");
    assertThat(captured.out().toString())
        .containsPattern("\nhealth_check.http.headers +\\(not shown\\) ")
        .doesNotContain("hush");
  }

  @Test
  void whatCarriesTheConnectionsIsTold() throws Exception {
    check("upstreams: { api: { addrs: [\"127.0.0.1:1\"] } }\n");
    assertThat(captured.out().toString()).containsPattern("\ntransport (epoll|nio), TLS \\S+\n");
  }
}
