package io.upstream4j.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.upstream4j.api.option.ConfigException;
import io.upstream4j.api.option.Problem;
import io.upstream4j.api.spi.Plugin;
import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.peer.PoolLimits;
import io.upstream4j.core.peer.SocketOptions;
import io.upstream4j.core.peer.Timeouts;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConfigLoaderTest {
  private static final String MINIMAL =
      """
      upstreams:
        api:
          addrs: ["10.0.0.1:8080"]
      """;

  static Config load(String yaml, Plugin... plugins) {
    return new ConfigLoader(FakePlugins.catalog(plugins)).load("u.yaml", yaml);
  }

  static List<String> problems(String yaml, Plugin... plugins) {
    ConfigException e = catchThrowableOfType(ConfigException.class, () -> load(yaml, plugins));
    assertThat(e).as("the problems of\n" + yaml).isNotNull();
    return e.problems().stream().map(Problem::toString).toList();
  }

  /** The problems of an upstream with these lines. */
  static List<String> problemsOf(String... lines) {
    return problems(upstream(lines));
  }

  static UpstreamConfig loadOf(String... lines) {
    return load(upstream(lines)).upstreams().get("api");
  }

  private static String upstream(String... lines) {
    return "upstreams:\n  api:\n    addrs: [\"10.0.0.1:8080\"]\n    "
        + String.join("\n    ", lines)
        + "\n";
  }

  @Test
  void anUpstreamNeedsItsAddressesAndHasDefaultsForTheRest() {
    Config config = load(MINIMAL);

    assertThat(config.upstreams()).containsOnlyKeys("api");
    assertThat(config.routes()).isEmpty();
    UpstreamConfig api = config.upstreams().get("api");
    assertThat(api.name()).isEqualTo("api");
    assertThat(api.discovery().plugin().type()).isEqualTo("static");
    assertThat(api.discovery().options().get(FakePlugins.ADDRS)).containsExactly("10.0.0.1:8080");
    assertThat(api.balancer().plugin().type()).isEqualTo("round_robin");
    HealthConfig health = api.health().orElseThrow();
    assertThat(health.checker().plugin().type()).isEqualTo("tcp");
    assertThat(health.frequency()).isEqualTo(Duration.ofSeconds(10));
    assertThat(health.connectionTimeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(health.readTimeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(health.success()).isEqualTo(1);
    assertThat(health.failure()).isEqualTo(2);
    assertThat(health.parallel()).isEqualTo(32);
    assertThat(api.peer())
        .isEqualTo(
            new PeerOptions(
                Alpn.H1,
                Optional.empty(),
                new Timeouts(
                    Duration.ofSeconds(3),
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(60)),
                new PoolLimits(1_024, 1_024, Duration.ofSeconds(5)),
                SocketOptions.SYSTEM));
    assertThat(api.retry()).isEqualTo(new RetryConfig(2, 20, 10));
    assertThat(api.grace()).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void fiveMistakesGetFiveMessagesWithTheirPlaces() {
    assertThat(
            problems(
                """
                upstreams:
                  api:
                    addrs: ["10.0.0.1:8080", "10.0.0.2"]
                    algo:
                      consistent:
                        virtual_node: 200
                        key: "hedder:x-user"
                        points: 99999999
                    conection_timeout: 5s
                """))
        .containsExactly(
            "u.yaml:3:30: upstreams.api.addrs[1]: \"10.0.0.2\" (expected: host:port)",
            "u.yaml:6:9: upstreams.api.algo.virtual_node: unknown option (known: key, points, table)",
            "u.yaml:7:14: upstreams.api.algo.key: \"hedder:x-user\" (expected: url, path, ip,"
                + " header:<name>, cookie:<name> or query:<name>)",
            "u.yaml:8:17: upstreams.api.algo.points: \"99999999\" (expected: 1 to 65536)",
            "u.yaml:9:5: upstreams.api.conection_timeout: unknown option (known: addrs, algo, alpn,"
                + " connection_timeout, discovery, dns_domain, dns_search, dns_server, grace,"
                + " health_check, idle_timeout, ipv4_only, max_connections, max_pending,"
                + " pending_timeout, read_timeout, remark, retries, sni, tcp_fast_open, tcp_idle,"
                + " tcp_interval, tcp_probe_count, tcp_recv_buf, tcp_user_timeout,"
                + " total_connection_timeout, update_frequency, verify_cert, verify_hostname,"
                + " write_timeout); did you mean \"connection_timeout\"?");
  }
}
