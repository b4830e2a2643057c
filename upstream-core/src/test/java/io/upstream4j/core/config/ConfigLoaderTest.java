package io.upstream4j.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.upstream4j.api.option.ConfigException;
import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Problem;
import io.upstream4j.api.spi.Plugin;
import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.Http2Options;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.peer.PoolLimits;
import io.upstream4j.core.peer.SocketOptions;
import io.upstream4j.core.peer.Timeouts;
import io.upstream4j.core.peer.TlsOptions;
import io.upstream4j.core.plugin.PluginCatalog;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  /** Returns the problems of an upstream with these lines. */
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
  void aCheckHasNoMoreTimeThanUntilTheNextUnlessThatIsSaid() {
    HealthConfig quick =
        loadOf("health_check: tcp://api?check_frequency=1s").health().orElseThrow();
    assertThat(quick.connectionTimeout()).isEqualTo(Duration.ofSeconds(1));
    assertThat(quick.readTimeout()).isEqualTo(Duration.ofSeconds(1));
    HealthConfig patient =
        loadOf("health_check: tcp://api?check_frequency=1s&read_timeout=5s").health().orElseThrow();
    assertThat(patient.connectionTimeout()).isEqualTo(Duration.ofSeconds(1));
    assertThat(patient.readTimeout()).isEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void ejectionProtectsUnlessItIsTurnedOff() {
    String key = "circuit_break_max_consecutive_failures: ";
    for (String written : List.of("remark: none", key + "auto")) {
      BreakerConfig breaker = loadOf(written).breaker().orElseThrow();
      assertThat(breaker.protective()).isTrue();
      assertThat(breaker.maxConsecutiveFailures()).isEmpty();
      assertThat(breaker.isFailure(502)).isTrue();
      assertThat(breaker.isFailure(500)).isFalse();
    }
    assertThat(loadOf(key + "off").breaker()).isEmpty();
    String percent = "circuit_break_max_failure_percent: 50";
    assertThat(loadOf(percent).breaker().orElseThrow().protective()).isFalse();
    assertThat(load(upstream(percent, key + "auto")).upstreams().get("api").breaker())
        .hasValueSatisfying(both -> assertThat(both.protective()).isTrue());
    BreakerConfig limited = loadOf(key + "5").breaker().orElseThrow();
    assertThat(limited.protective()).isFalse();
    assertThat(limited.maxConsecutiveFailures()).hasValue(5);
    assertThat(limited.isFailure(500)).isTrue();
    for (String wrong : List.of("0", "-1", "1000001", "none", "1.5", "true")) {
      assertThat(problems(upstream(key + wrong)))
          .singleElement()
          .asString()
          .contains("\"" + wrong + "\" (expected: 1 to 1000000, auto or off)");
    }
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
            "u.yaml:6:9: upstreams.api.algo.virtual_node: unknown option (expected: one of key,"
                + " points, table)",
            "u.yaml:7:14: upstreams.api.algo.key: \"hedder:x-user\" (expected: url, path, ip,"
                + " header:<name>, cookie:<name> or query:<name>)",
            "u.yaml:8:17: upstreams.api.algo.points: \"99999999\" (expected: 1 to 65536)",
            "u.yaml:9:5: upstreams.api.conection_timeout: unknown option; did you mean"
                + " \"connection_timeout\"?");
  }

  @Test
  void allKeysAreReadTogether() {
    UpstreamConfig api =
        loadOf(
            "ipv4_only: true",
            "algo: { consistent: { key: \"cookie:sid\", points: 40 } }",
            "health_check: { http: { path: /healthz }, check_frequency: 5s, success: 2,"
                + " failure: 3, parallel: 4, connection_timeout: 1s, read_timeout: 2s }",
            "sni: api.internal",
            "alpn: H1",
            "connection_timeout: 1s",
            "total_connection_timeout: 2s",
            "read_timeout: 3s",
            "write_timeout: 4s",
            "idle_timeout: 5m",
            "tcp_idle: 60s",
            "tcp_interval: 10s",
            "tcp_probe_count: 3",
            "tcp_user_timeout: 500ms",
            "tcp_recv_buf: 64KiB",
            "tcp_fast_open: true",
            "max_connections: 10",
            "max_pending: 0",
            "pending_timeout: 250ms",
            "min_idle_connections: 5",
            "max_requests_per_connection: 1000",
            "max_connection_age: 30m",
            "retries: { max: 1, budget_percent: 50, budget_per_second: 0 }",
            "grace: 0s",
            "remark: { anything: [goes] }");

    assertThat(api.discovery().options().get(FakePlugins.IPV4_ONLY)).isTrue();
    assertThat(api.balancer().options().get(FakePlugins.KEY)).isEqualTo("cookie:sid");
    assertThat(api.balancer().options().get(FakePlugins.POINTS)).isEqualTo(40);
    HealthConfig health = api.health().orElseThrow();
    assertThat(health.checker().options().get(FakePlugins.PATH)).isEqualTo("/healthz");
    assertThat(health.frequency()).isEqualTo(Duration.ofSeconds(5));
    assertThat(health.connectionTimeout()).isEqualTo(Duration.ofSeconds(1));
    assertThat(health.readTimeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(List.of(health.success(), health.failure(), health.parallel()))
        .containsExactly(2, 3, 4);
    assertThat(api.peer())
        .isEqualTo(
            new PeerOptions(
                Alpn.H1,
                Optional.of(new TlsOptions("api.internal", true, true)),
                new Timeouts(
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(2),
                    Duration.ofSeconds(3),
                    Duration.ofSeconds(4),
                    Duration.ofMinutes(5)),
                new PoolLimits(
                    10,
                    0,
                    Duration.ofMillis(250),
                    OptionalInt.of(1_000),
                    Optional.of(Duration.ofMinutes(30)),
                    5),
                new SocketOptions(
                    Optional.of(Duration.ofSeconds(60)),
                    Optional.of(Duration.ofSeconds(10)),
                    Optional.of(3),
                    Optional.of(Duration.ofMillis(500)),
                    Optional.of(65_536),
                    true)));
    assertThat(api.retry()).isEqualTo(new RetryConfig(1, 50, 0));
    assertThat(api.grace()).isEqualTo(Duration.ZERO);
  }

  @Test
  void theSameSourceIsEqualWhereverItStandsAndAnotherIsNot() {
    UpstreamConfig one = loadOf("sni: a.example", "grace: 1s");
    UpstreamConfig moved = loadOf("# a comment", "grace: '1s'", "sni:   a.example");

    assertThat(moved.source()).isEqualTo(one.source());
    assertThat(loadOf("sni: b.example", "grace: 1s").source()).isNotEqualTo(one.source());
  }

  @Test
  void theTopNeedsUpstreams() {
    assertThat(problems("[1]"))
        .containsExactly("u.yaml:1:1: a list (expected: a mapping with \"upstreams\")");
    assertThat(problems("routes: []"))
        .containsExactly(
            "u.yaml:1:1: upstreams: missing (expected: a mapping of names to upstreams)");
    for (String nothing : List.of("upstreams:", "upstreams: []", "upstreams: api")) {
      assertThat(problems(nothing))
          .singleElement()
          .asString()
          .startsWith("u.yaml:1:1")
          .endsWith(
              " (expected: a mapping of names to upstreams, such as { api: { addrs:"
                  + " [\"host:port\"] } }, or {} for none)");
    }
    assertThat(load("upstreams: {}").upstreams()).isEmpty();
    assertThat(problems("upstream: {}\n" + MINIMAL))
        .containsExactly("u.yaml:1:1: upstream: unknown option; did you mean \"upstreams\"?");
  }

  @Test
  void keysThatBeginWithXAreTheUsersOwn() {
    Config config =
        load(
            """
            x-common: &common { grace: 5s, sni: api.example }
            upstreams:
              one: { <<: *common, addrs: ["a:1"] }
              two: { <<: *common, addrs: ["b:1"], grace: 6s }
            """);

    assertThat(config.upstreams().get("one").grace()).isEqualTo(Duration.ofSeconds(5));
    assertThat(config.upstreams().get("two").grace()).isEqualTo(Duration.ofSeconds(6));
    assertThat(config.upstreams().keySet()).containsExactly("one", "two");
  }

  @Test
  void anUpstreamHasANameAndAMapping() {
    assertThat(problems("upstreams:\n  a b: { addrs: [\"a:1\"] }\n  two: a:1\n  three:\n"))
        .containsExactly(
            "u.yaml:2:3: upstreams.a b: not a name for an upstream (expected: letters, digits, '.',"
                + " '_' and '-', no spaces, a letter or digit first, at most 128)",
            "u.yaml:3:8: upstreams.two: \"a:1\" (expected: a mapping, such as {"
                + " addrs: [\"host:port\"] })",
            "u.yaml:4:9: upstreams.three: nothing (expected: a mapping, such as {"
                + " addrs: [\"host:port\"] })");
  }

  @Test
  void withoutAddressesAndDiscoveryItSaysWhatIsNeeded() {
    assertThat(problems("upstreams:\n  api:\n    grace: 5s\n"))
        .containsExactly(
            "u.yaml:3:5: upstreams.api: no \"addrs\" and no \"discovery\" (expected: one of"
                + " them, such as addrs: [\"host:port\"])");
    assertThat(problems("upstreams:\n  api:\n    discovery: static\n"))
        .containsExactly(
            "u.yaml:3:16: upstreams.api.addrs: missing (expected: a list of: host:port)");
  }

  @ParameterizedTest
  @CsvSource({
    "api:8080, dns",
    "api.internal.:8080 5, dns",
    "_http._tcp.api, dns",
    "10.0.0.1:8080 5, static",
    "10.0.0.256:8080, static",
    "'[2001:db8::1]:8080', static",
    "unix:/run/api:1, static"
  })
  void serversWrittenByNameAreLookedUpByDnsUnlessThereIsADiscovery(String server, String type) {
    List<Option<?>> takes = List.of(FakePlugins.SERVERS);
    PluginCatalog catalog =
        PluginCatalog.find(
            List.of(
                new FakePlugins.FakeDiscovery("static", () -> takes),
                new FakePlugins.FakeDiscovery("dns", () -> takes),
                new FakePlugins.FakeBalancer("round_robin", List::of)),
            List.of());
    Config config =
        new ConfigLoader(catalog)
            .load(
                "u.yaml",
                """
                upstreams:
                  short: { addrs: ["%1$s", "10.0.0.2:80"] }
                  long: { addrs: ["%1$s"], discovery: static }
                """
                    .formatted(server));

    assertThat(config.upstreams().get("short").discovery().plugin().type()).isEqualTo(type);
    assertThat(config.upstreams().get("long").discovery().plugin().type()).isEqualTo("static");
  }

  @Test
  void oneMistakeIsOneMessage() {
    assertThat(problems("upstreams:\n  api:\n    adrs: [\"a:1\"]\n"))
        .singleElement(STRING)
        .startsWith("u.yaml:3:5: upstreams.api.adrs: unknown option")
        .endsWith("did you mean \"addrs\"?");
  }

  @Test
  void theDiscoveryTakesWhatItDeclares() {
    Config config =
        load(
            """
            upstreams:
              short: { discovery: static, addrs: ["a:1"], ipv4_only: true }
              long: { discovery: { static: { addrs: ["a:1", "b:1"] } } }
              mixed: { discovery: { static: { addrs: ["a:1"] } }, ipv4_only: true }
              single: { addrs: "a:1" }
            """);

    assertThat(config.upstreams().values())
        .extracting(upstream -> upstream.discovery().options().get(FakePlugins.ADDRS))
        .containsExactly(List.of("a:1"), List.of("a:1", "b:1"), List.of("a:1"), List.of("a:1"));
    assertThat(config.upstreams().values())
        .extracting(upstream -> upstream.discovery().options().get(FakePlugins.IPV4_ONLY))
        .containsExactly(true, false, true, false);
  }

  @Test
  void theDiscoveryRefusesWhatItDoesNotUse() {
    assertThat(
            problems(
                """
                upstreams:
                  api:
                    discovery: { dns: { name: api.internal } }
                    addrs: ["a:1"]
                    dns_server: 10.0.0.1
                  two:
                    discovery: { static: { addrs: ["a:1"] } }
                    addrs: ["b:1"]
                    update_frequency: 5s
                  three:
                    addrs: ["a:1"]
                    ipv4_only: perhaps
                """))
        .containsExactly(
            "u.yaml:4:5: upstreams.api.addrs: not used by discovery \"dns\" (expected: the key left"
                + " out)",
            "u.yaml:5:5: upstreams.api.dns_server: not used by discovery \"dns\" (expected: the key"
                + " left out)",
            "u.yaml:8:5: upstreams.two.addrs: is there already, at u.yaml:7:28 (expected: each"
                + " option once)",
            "u.yaml:9:5: upstreams.two.update_frequency: not used by discovery \"static\" (expected:"
                + " the key left out)",
            "u.yaml:12:16: upstreams.three.ipv4_only: \"perhaps\" (expected: true or false)");
  }

  @Test
  void aTypeIsNamedOnce() {
    assertThat(
            problemsOf(
                "algo: { round_robin: {}, consistent: {} }", "health_check: { tcp: {}, http: {} }"))
        .containsExactly(
            "u.yaml:4:30: upstreams.api.algo: \"consistent\" beside \"round_robin\" (expected: one"
                + " type around its options, { round_robin: { ... } })",
            "u.yaml:5:30: upstreams.api.health_check: \"http\" beside \"tcp\" (expected: one type)");
    assertThat(problemsOf("algo: {}", "health_check: { failure: 3 }"))
        .containsExactly(
            "u.yaml:4:11: upstreams.api.algo: names no type (expected: a type such as round_robin,"
                + " hash:<key>, or { <type>: { <options> } })",
            "u.yaml:5:19: upstreams.api.health_check: names no type (expected: one of http, tcp"
                + " around its options, such as { http: { path: /health } })");
    assertThat(problemsOf("algo: [round_robin]", "health_check: [tcp]", "retries: [1]"))
        .hasSize(3)
        .allSatisfy(problem -> assertThat(problem).contains(": a list (expected: "));
  }

  @Test
  void aTypeThatNobodyHasIsToldWithThoseThereAre() {
    assertThat(problemsOf("algo: round_robbin", "health_check: { htp: {}, chek_frequency: 5s }"))
        .containsExactly(
            "u.yaml:4:11: upstreams.api.algo: no load balancer of type \"round_robbin\"; did"
                + " you mean \"round_robin\"?",
            "u.yaml:5:21: upstreams.api.health_check: no health check of type \"htp\"; did you mean"
                + " \"http\"?",
            "u.yaml:5:30: upstreams.api.health_check.chek_frequency: unknown option; did you mean"
                + " \"check_frequency\"?");
  }

  @Test
  void optionsOfATypeAreAMappingOrNothing() {
    assertThat(loadOf("algo: { consistent: }").balancer().options().get(FakePlugins.POINTS))
        .isEqualTo(160);
    assertThat(problemsOf("algo: { consistent: ip }"))
        .containsExactly(
            "u.yaml:4:25: upstreams.api.algo.consistent: \"ip\" (expected: a mapping of options)");
  }

  @Test
  void aShortHealthCheckIsReadLikeTheLong() {
    HealthConfig health =
        loadOf("health_check: http://api/healthz?deep=1&check_frequency=5s&failure=3")
            .health()
            .orElseThrow();

    assertThat(health.checker().plugin().type()).isEqualTo("http");
    assertThat(health.checker().options().get(FakePlugins.PATH)).isEqualTo("/healthz?deep=1");
    assertThat(health.checker().options().find(FakePlugins.HOST)).contains("api");
    assertThat(health.frequency()).isEqualTo(Duration.ofSeconds(5));
    assertThat(health.failure()).isEqualTo(3);
    assertThat(loadOf("health_check: none").health()).isEmpty();
    assertThat(problemsOf("health_check: tcp://api?failure=many"))
        .containsExactly(
            "u.yaml:4:19: upstreams.api.health_check.failure: \"many\" (expected: 1 to 1000)");
  }

  @Test
  void retriesAreANumberOrAMapping() {
    assertThat(loadOf("retries: 0").retry()).isEqualTo(new RetryConfig(0, 20, 10));
    assertThat(problemsOf("retries: many"))
        .containsExactly(
            "u.yaml:4:14: upstreams.api.retries: \"many\" (expected: 0 to 100, or { max,"
                + " budget_percent, budget_per_second })");
    assertThat(problemsOf("retries: { max: -1, budget: 3 }"))
        .containsExactly(
            "u.yaml:4:21: upstreams.api.retries.max: \"-1\" (expected: 0 to 100)",
            "u.yaml:4:25: upstreams.api.retries.budget: unknown option; did you mean"
                + " \"budget_percent\"?");
  }

  @Test
  void tlsIsTurnedOnByANameAndVerifiedUnlessToldOtherwise() {
    assertThat(loadOf("sni: api.internal").peer().tls())
        .contains(new TlsOptions("api.internal", true, true));
    assertThat(loadOf("sni: api.internal.").peer().tls())
        .as("RFC 6066, section 3")
        .isEqualTo(loadOf("sni: api.internal").peer().tls());
    assertThat(new TlsOptions("api.internal.", true, true))
        .isEqualTo(new TlsOptions("api.internal", true, true));
    assertThat(loadOf("sni: api.internal", "verify_cert: false").peer().tls())
        .contains(new TlsOptions("api.internal", false, false));
    assertThat(loadOf("sni: api.internal", "verify_hostname: false").peer().tls())
        .contains(new TlsOptions("api.internal", true, false));
    assertThat(loadOf("sni: bücher.example").peer().tls())
        .contains(new TlsOptions("xn--bcher-kva.example", true, true));
  }

  @Test
  void tlsThatMakesNoSenseIsRefused() {
    assertThat(problemsOf("verify_cert: true", "verify_hostname: false"))
        .containsExactly(
            "u.yaml:4:5: upstreams.api.verify_cert: has no effect without TLS (expected: sni as"
                + " well, which turns it on)",
            "u.yaml:5:5: upstreams.api.verify_hostname: has no effect without TLS (expected: sni as"
                + " well, which turns it on)");
    assertThat(problemsOf("sni: a.example", "verify_cert: false", "verify_hostname: true"))
        .containsExactly(
            "u.yaml:6:5: upstreams.api.verify_hostname: true while verify_cert is false (expected:"
                + " verify_cert: true, since a name in a certificate that anyone may have made"
                + " proves nothing)");
    for (String name : List.of("'a b'", "\"a\\r\\nHost: x\"", "''", "a..b", "https://a")) {
      assertThat(problemsOf("sni: " + name))
          .singleElement()
          .asString()
          .startsWith("u.yaml:4:10: upstreams.api.sni: ")
          .endsWith(" (expected: a host name)");
    }
    assertThat(problemsOf("sni: \"\\u00fcber\\uffff\""))
        .containsExactly(
            "u.yaml:4:10: upstreams.api.sni: \"\u00fcber\\uffff\" has a character that no host name"
                + " has (expected: a host name)");
    assertThat(problemsOf("sni: a_b"))
        .containsExactly(
            "u.yaml:4:10: upstreams.api.sni: \"a_b\" has a character other than letters, digits,"
                + " hyphens and dots (expected: a host name)");
    assertThat(problemsOf("sni: a.example", "tls: { verify_name: \"\\u00fcber\\uffff\" }"))
        .singleElement()
        .asString()
        .contains("has a character that no host name has")
        .doesNotContain("Exception");
  }

  @Test
  void http2IsSpokenWhereAskedFor() {
    PeerOptions peer = loadOf("alpn: H2", "max_h2_streams: 5", "h2_ping_interval: 5s").peer();
    assertThat(peer.alpn()).isEqualTo(Alpn.H2);
    assertThat(peer.http2()).isEqualTo(new Http2Options(5, Optional.of(Duration.ofSeconds(5))));
    assertThat(loadOf("alpn: H2H1", "sni: a.example").peer().alpn()).isEqualTo(Alpn.H2H1);
    assertThat(problemsOf("alpn: H3"))
        .containsExactly("u.yaml:4:11: upstreams.api.alpn: \"H3\" (expected: H1, H2 or H2H1)");
    assertThat(problemsOf("alpn: H2H1"))
        .containsExactly(
            "u.yaml:4:5: upstreams.api.alpn: H2H1 without TLS, whose handshake chooses between"
                + " the two (expected: sni as well, or H1 or H2)");
    assertThat(problemsOf("max_h2_streams: 5"))
        .containsExactly(
            "u.yaml:4:5: upstreams.api.max_h2_streams: has no effect on HTTP/1.1 (expected: alpn:"
                + " H2 or H2H1 as well)");
  }

  @Test
  void windowsOfHttp2HaveSizesThatFitEachOther() {
    PeerOptions peer =
        loadOf("alpn: H2", "h2_stream_window: 1MiB", "h2_connection_window: 8MiB").peer();
    assertThat(peer.http2()).isEqualTo(new Http2Options(100, Optional.empty(), 1 << 20, 8 << 20));
    assertThat(problemsOf("alpn: H2", "h2_stream_window: 8MiB"))
        .containsExactly(
            "u.yaml:5:5: upstreams.api.h2_stream_window: h2_connection_window is less than"
                + " h2_stream_window: 4194304 and 8388608 bytes (expected: at least as much, since"
                + " it holds for all streams together)");
    assertThat(problemsOf("h2_stream_window: 1MiB"))
        .singleElement()
        .asString()
        .contains("has no effect on HTTP/1.1");
  }

  @Test
  void connectionsAreBoundAndClassified() {
    SocketOptions socket = loadOf("bind_to: 127.0.0.9", "dscp: AF41").peer().socket();
    assertThat(socket.bindTo().orElseThrow().getHostAddress()).isEqualTo("127.0.0.9");
    assertThat(socket.dscp()).hasValue(34);
    assertThat(loadOf("bind_to: '::1'", "dscp: 63").peer().socket().dscp()).hasValue(63);
    for (String name : List.of("EF", "ef", "46")) {
      assertThat(loadOf("dscp: " + name).peer().socket().dscp()).hasValue(46);
    }
    assertThat(loadOf("dscp: CS6").peer().socket().dscp()).hasValue(48);
    for (String wrong : List.of("64", "-1", "AF44", "AF01", "CS8", "fast", "''", "046")) {
      assertThat(problemsOf("dscp: " + wrong))
          .singleElement()
          .asString()
          .startsWith("u.yaml:4:11: upstreams.api.dscp: ")
          .endsWith("(expected: 0 to 63, or a name such as EF, AF41 or CS1)");
    }
    for (String wrong : List.of("eth0", "localhost", "127.0.0.1:80", "10.0.0.0/8", "''")) {
      assertThat(problemsOf("bind_to: " + wrong))
          .singleElement()
          .asString()
          .startsWith("u.yaml:4:14: upstreams.api.bind_to: ")
          .endsWith("(expected: an IP address)");
    }
  }

  @Test
  void filesThatAreIncludedGiveTheirKeysWhereTheUpstreamHasNone(@TempDir Path folder)
      throws IOException {
    Path base = Files.writeString(folder.resolve("base.yaml"), "sni: base\nread_timeout: 7s\n");
    Files.writeString(folder.resolve("more.yaml"), "read_timeout: 8s\nwrite_timeout: 9s\n");
    Path file =
        Files.writeString(
            folder.resolve("u.yaml"), upstream("includes: [base.yaml, more.yaml]", "sni: own"));
    UpstreamConfig api = new ConfigLoader(FakePlugins.catalog()).load(file).upstreams().get("api");

    assertThat(api.peer().tls().orElseThrow().serverName()).isEqualTo("own");
    assertThat(api.peer().timeouts().read()).isEqualTo(Duration.ofSeconds(7));
    assertThat(api.peer().timeouts().write()).isEqualTo(Duration.ofSeconds(9));
    assertThat(api.includes()).containsExactly(base, folder.resolve("more.yaml"));

    Files.writeString(base, "read_timeout: never\nno_key: 1\n");
    Files.writeString(folder.resolve("more.yaml"), "includes: [base.yaml]\n");
    Files.writeString(
        folder.resolve("u.yaml"), upstream("includes: [base.yaml, more.yaml, none.yaml]"));
    assertThatThrownBy(() -> new ConfigLoader(FakePlugins.catalog()).load(file))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("base.yaml:1:15: upstreams.api.read_timeout: \"never\"")
        .hasMessageContaining("base.yaml:2:1: upstreams.api.no_key: ")
        .hasMessageContaining("more.yaml:1:1: upstreams.api.includes: in a file that is included")
        .hasMessageContaining("none.yaml: no such file (expected: a file of YAML)");
  }

  @Test
  void aFileThatManyUpstreamsIncludeIsReadOnce(@TempDir Path folder) throws IOException {
    Path base = folder.resolve("base.yaml");
    Files.writeString(base, "grace: 5s\nremark: " + "x".repeat(60_000) + "\n");
    StringBuilder yaml = new StringBuilder("upstreams:\n");
    for (int i = 0; i < 100; i++) { // twice the allowed bytes if each were read anew
      yaml.append("  u%d: { addrs: [\"10.0.0.1:1\"], includes: [base.yaml] }\n".formatted(i));
    }
    Files.writeString(folder.resolve("u.yaml"), yaml.toString());

    Config config = new ConfigLoader(FakePlugins.catalog()).load(folder.resolve("u.yaml"));

    assertThat(config.upstreams().values())
        .allSatisfy(
            upstream -> {
              assertThat(upstream.grace()).isEqualTo(Duration.ofSeconds(5));
              assertThat(upstream.includes()).containsExactly(base);
            });
  }

  @Test
  void includesAreBoundedInNumberAndSize(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("u.yaml");
    ConfigLoader loader = new ConfigLoader(FakePlugins.catalog());
    Files.writeString(
        file, upstream("includes: [" + "a.yaml, ".repeat(Includes.MAX_NAMES + 1) + "]"));
    assertThatThrownBy(() -> loader.load(file))
        .hasMessageEndingWith("upstreams.api.includes: 65 files (expected: at most 64)");

    for (int i = 0; i < 2; i++) {
      Files.writeString(
          folder.resolve(i + ".yaml"),
          "# " + "x".repeat(2 * ConfigLoader.MAX_BYTES / 3) + "\na: 1");
    }
    Files.writeString(file, upstream("includes: [0.yaml, 1.yaml]"));
    assertThatThrownBy(() -> loader.load(file))
        .hasMessageContaining(
            "1.yaml: with it, the files that are included have more than 3145728 characters"
                + " (expected: at most that many)");

    StringBuilder yaml = new StringBuilder("upstreams:\n");
    for (int i = 0; i <= IncludedFiles.MAX_FILES; i++) {
      Files.writeString(folder.resolve("n" + i), "grace: 5s");
      yaml.append("  u%d: { addrs: [\"10.0.0.1:1\"], includes: [n%d] }\n".formatted(i, i));
    }
    Files.writeString(file, yaml.toString());
    assertThatThrownBy(() -> loader.load(file))
        .hasMessageContaining(
            "n256: more than 256 files are included (expected: at most that many)");
  }

  @Test
  void ofThousandsOfMistakesAHundredAreTold() {
    StringBuilder yaml = new StringBuilder(MINIMAL);
    for (int i = 0; i < 15_000; i++) {
      yaml.append("    a%d: 1\n".formatted(i));
    }

    ConfigException e = catchThrowableOfType(ConfigException.class, () -> load(yaml.toString()));

    assertThat(e.problems()).hasSize(100);
    assertThat(e.getMessage())
        .contains(
            "u.yaml:4:5: upstreams.api.a0: unknown option (expected: one of addrs, discovery,")
        .endsWith("\nmore than 100 configuration problems");
    assertThat(e.getMessage().length()).isLessThan(20_000);
  }

  @Test
  void mistakesAreCountedOverAllUpstreamsAndTheirPlugins() {
    StringBuilder yaml = new StringBuilder("upstreams:\n");
    for (int i = 0; i < 5_000; i++) {
      yaml.append("  u%d: { addrs: [x], algo: { consistent: { nope: 1 } } }\n".formatted(i));
    }

    ConfigException e = catchThrowableOfType(ConfigException.class, () -> load(yaml.toString()));

    assertThat(e.problems()).hasSize(100);
    assertThat(e.getMessage()).endsWith("\nmore than 100 configuration problems");
  }

  @Test
  void upstreamsHaveABoundInNumber() {
    StringBuilder yaml = new StringBuilder("upstreams:\n");
    for (int i = 0; i <= ConfigLoader.MAX_UPSTREAMS; i++) {
      yaml.append("  u%d: { addrs: [x] }\n".formatted(i));
    }

    assertThat(problems(yaml.toString()))
        .containsExactly("u.yaml:10002:3: upstreams: 10001 upstreams (expected: at most 10000)");
  }

  @Test
  void aLongHostOfARouteAndALongServerAreRefusedWithoutRunningOutOfStack() {
    String labels = "a.".repeat(30_000) + "a";
    assertThat(problems(MINIMAL + "routes:\n  - { host: " + labels + ", upstream: api }\n"))
        .singleElement()
        .asString()
        .contains("routes[0].host: \"a.a.a.")
        .endsWith("(60001 characters) (expected: a host name or *.domain, without a port)");
    assertThat(problems("upstreams:\n  api: { addrs: [\"" + labels + "\"] }\n"))
        .singleElement()
        .asString()
        .contains("upstreams.api.addrs[0]: ");
  }

  @Test
  void includesThatAreNoListAreToldOnce() {
    assertThat(problemsOf("includes: { a: b }"))
        .hasSize(1)
        .first()
        .asString()
        .contains("upstreams.api.includes: a mapping (expected: ");
  }

  @Test
  void whatIsToldOfEachServerIsAMatterOfTwoKeys() {
    assertThat(loadOf().stats()).isEqualTo(StatsConfig.ALL);
    assertThat(loadOf("enable_backend_stats: false", "enable_tracer: false").stats())
        .isEqualTo(new StatsConfig(false, false));
  }

  @Test
  void theWholeConnectionTakesNoLessTimeThanItsFirstStep() {
    assertThat(problemsOf("connection_timeout: 5s", "total_connection_timeout: 1500ms"))
        .containsExactly(
            "u.yaml:5:5: upstreams.api.total_connection_timeout: total_connection_timeout is shorter"
                + " than connection_timeout: 1500ms and 5s (expected: at least as long, since it"
                + " includes the TLS handshake)");
    assertThat(problemsOf("connection_timeout: 11s"))
        .singleElement()
        .asString()
        .startsWith("u.yaml:4:5: upstreams.api.connection_timeout: ");
    assertThat(problemsOf("connection_timeout: 0s"))
        .containsExactly(
            "u.yaml:4:25: upstreams.api.connection_timeout: \"0s\" (expected: 1ms to 1d, such as"
                + " 500ms, 5s, 1m or 1h)");
  }

  @Test
  void keepAliveIsSetAsAWhole() {
    assertThat(problemsOf("tcp_idle: 60s"))
        .containsExactly(
            "u.yaml:4:5: upstreams.api.tcp_idle: without tcp_interval (expected: tcp_idle,"
                + " tcp_interval and tcp_probe_count together)");
    assertThat(problemsOf("tcp_idle: 1500ms", "tcp_interval: 1m", "tcp_probe_count: 3"))
        .containsExactly("u.yaml:4:5: upstreams.api.tcp_idle: 1500ms (expected: whole seconds)");
  }

  @Test
  void routesLeadToUpstreams() {
    Config config =
        load(
            MINIMAL
                + """
                routes:
                  - { host: API.example.com, path: /v1/, upstream: api }
                  - { host: "*.example.com", upstream: api }
                  - { path: /only, upstream: api }
                  - { host: "[2001:DB8::1]", upstream: api }
                  - { host: dot.example.com., path: "/a/%7Euser/./b%2f", upstream: api }
                """);

    assertThat(config.routes())
        .containsExactly(
            new Route(Optional.of("api.example.com"), "/v1/", "api"),
            new Route(Optional.of("*.example.com"), "/", "api"),
            new Route(Optional.empty(), "/only", "api"),
            new Route(Optional.of("[2001:db8::1]"), "/", "api"),
            new Route(Optional.of("dot.example.com"), "/a/~user/b%2F", "api"));
    assertThat(config.gateway().paths()).isEqualTo(PathRules.DEFAULT);
  }

  @Test
  void pathsAreReadAsTheFileSays() {
    String rules =
        "gateway: { escaped_slashes: unescape, above_root: reject, forwarded_path: normalized }\n";
    Config config = load(MINIMAL + rules + "routes: [{ path: /a%2Fb, upstream: api }]\n");

    assertThat(config.gateway().paths())
        .isEqualTo(
            new PathRules(
                PathRules.EscapedSlashes.UNESCAPE,
                PathRules.AboveRoot.REJECT,
                PathRules.ForwardedPath.NORMALIZED));
    assertThat(config.routes()).containsExactly(new Route(Optional.empty(), "/a/b", "api"));
    assertThat(problems(MINIMAL + "gateway:\n  escaped_slashes: decode\n  forwarded_path: raw\n"))
        .containsExactly(
            "u.yaml:5:20: gateway.escaped_slashes: \"decode\" (expected: keep, reject, unescape)",
            "u.yaml:6:19: gateway.forwarded_path: \"raw\" (expected: received, normalized)");
  }

  @Test
  void routesWhosePathsNoRequestCanHaveAreTold() {
    assertThat(
            problems(
                MINIMAL
                    + """
                    gateway: { escaped_slashes: reject }
                    routes:
                      - { path: /a%2Fb, upstream: api }
                      - { path: /a%00, upstream: api }
                      - { path: /100%, upstream: api }
                      - { path: /x/%61, upstream: api }
                      - { host: a.b., path: //x/./a, upstream: api }
                      - { path: //x/./a, upstream: api }
                    """))
        .containsExactly(
            "u.yaml:6:13: routes[0].path: \"/a%2Fb\" holds an escaped slash: such requests are"
                + " refused",
            "u.yaml:7:13: routes[1].path: \"/a%00\" holds an encoded NUL: such requests are"
                + " refused",
            "u.yaml:8:13: routes[2].path: \"/100%\" holds a percent sign without two hexadecimal"
                + " digits (expected: %25): such requests are refused",
            "u.yaml:11:5: routes[5]: takes the same requests as the route at u.yaml:9:5 (expected:"
                + " each host and path once)");
  }

  @Test
  void routesThatLeadNowhereOrClashAreTold() {
    assertThat(
            problems(
                MINIMAL
                    + """
                    routes:
                      - { host: a.example, upstream: apj }
                      - { host: a.example, path: /x, upstream: api }
                      - { host: A.example, path: /x/, upstream: api }
                      - { host: "a.example:80", path: x, upstrem: api }
                      - { path: "/a?b", upstream: api }
                      - api
                      - { host: "a.*", upstream: api }
                    """))
        .containsExactly(
            "u.yaml:5:34: routes[0].upstream: no upstream \"apj\"; did you mean \"api\"?",
            "u.yaml:7:5: routes[2]: takes the same requests as the route at u.yaml:6:5 (expected:"
                + " each host and path once)",
            "u.yaml:8:13: routes[3].host: \"a.example:80\" (expected: a host name or *.domain,"
                + " without a port)",
            "u.yaml:8:35: routes[3].path: \"x\" (expected: a path that begins with a slash, without"
                + " ? and #)",
            "u.yaml:8:38: routes[3].upstrem: unknown option; did you mean \"upstream\"?",
            "u.yaml:9:13: routes[4].path: \"/a?b\" (expected: a path that begins with a slash,"
                + " without ? and #)",
            "u.yaml:10:5: routes[5]: \"api\" (expected: { host, path, upstream })",
            "u.yaml:11:13: routes[6].host: \"a.*\" (expected: a host name or *.domain, without a"
                + " port)");
    assertThat(problems(MINIMAL + "routes: api\n"))
        .containsExactly(
            "u.yaml:4:9: routes: \"api\" (expected: a list of { host, path, upstream })");
  }

  @Test
  void aRouteToAnUpstreamWithMistakesIsNotAMistakeItself() {
    assertThat(
            problems(
                "upstreams: { api: { grace: x, addrs: [\"a:1\"] } }\nroutes: [{ upstream: api }]\n"))
        .singleElement()
        .asString()
        .startsWith("u.yaml:1:28: upstreams.api.grace: ");
  }

  @Test
  void whereTheAlgoMakesBackendsOfRequestsNoneAreFound() {
    UpstreamConfig api =
        load(
                """
                upstreams:
                  api:
                    algo: own
                    sni: $host
                """,
                new FakePlugins.OwnBackends())
            .upstreams()
            .get("api");
    assertThat(api.discovery().plugin().type()).isEqualTo("none");
    assertThat(api.peer().tls()).contains(new TlsOptions(TlsOptions.REQUEST_HOST, true, true));
    assertThat(
            problems(
                """
                upstreams:
                  api:
                    algo: own
                    addrs: [a:1]
                    health_check: none
                """,
                new FakePlugins.OwnBackends()))
        .containsExactly(
            "u.yaml:4:5: upstreams.api.addrs: has no effect with algo \"own\", which makes backends"
                + " of requests (expected: the key left out)",
            "u.yaml:5:5: upstreams.api.health_check: has no effect with algo \"own\", which makes"
                + " backends of requests (expected: the key left out)");
  }

  @Test
  void noConnectionIsOpenedAheadForAHostThatIsNotKnownYet() {
    assertThat(problemsOf("sni: $host", "min_idle_connections: 1"))
        .containsExactly(
            "u.yaml:5:5: upstreams.api.min_idle_connections: has no effect with sni $host, as"
                + " connections are opened for one host each (expected: a host name as sni, or the"
                + " key left out)");
  }

  @Test
  void aPluginThatFailsIsAProblemThatNamesIt() {
    Plugin noOptions =
        new FakePlugins.FakeBalancer(
            "bad",
            () -> {
              throw new IllegalStateException("no luck");
            });
    Plugin badOption =
        new FakePlugins.FakeBalancer(
            "worse",
            () ->
                List.of(
                    Option.ofNode(
                        "x",
                        "throws",
                        "anything",
                        (node, path, problems) -> {
                          throw new NoClassDefFoundError("gone/Missing");
                        })));
    Plugin twice =
        new FakePlugins.FakeBalancer("twice", () -> List.of(FakePlugins.KEY, FakePlugins.KEY));

    assertThat(
            problems(
                """
                upstreams:
                  a: { addrs: ["a:1"], algo: bad }
                  b: { addrs: ["a:1"], algo: { worse: { x: 1 } } }
                  c: { addrs: ["a:1"], algo: twice }
                """,
                noOptions,
                badOption,
                twice))
        .containsExactly(
            "u.yaml:2:30: upstreams.a.algo: no load balancer of type \"bad\" (expected: one of"
                + " consistent, round_robin, worse); could not load: "
                + noOptions.getClass().getName()
                + " (\"bad\"): threw java.lang.IllegalStateException: no luck in options(); and 1"
                + " more, which \"upstream plugins\" lists",
            "u.yaml:3:39: upstreams.b.algo: plug-in \"worse\" threw java.lang.NoClassDefFoundError:"
                + " gone/Missing in its options",
            "u.yaml:4:30: upstreams.c.algo: no load balancer of type \"twice\" (expected: one of"
                + " consistent, round_robin, worse); could not load: "
                + twice.getClass().getName()
                + " (\"twice\"): threw java.lang.IllegalArgumentException: option \"key\" twice in"
                + " options(); and 1 more, which \"upstream plugins\" lists");
  }

  @Test
  void duplicateKeysAndOtherMistakesAreToldTogether() {
    assertThat(
            problems(
                """
                upstreams:
                  api:
                    addrs: ["10.0.0.1:8080"]
                    grace: 1s
                    grace: 2s
                    retries: -1
                """))
        .containsExactly(
            "u.yaml:5:5: upstreams.api.grace: duplicate key, first at u.yaml:4:5 (expected: each"
                + " key once)",
            "u.yaml:6:14: upstreams.api.retries: \"-1\" (expected: 0 to 100, or { max,"
                + " budget_percent, budget_per_second })");
  }

  @Test
  void aFileIsReadByItsName(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("upstreams.yaml");
    Files.writeString(file, "\uFEFF" + MINIMAL.replace("\n", "\r\n"));

    Config config = new ConfigLoader(FakePlugins.catalog()).load(file);

    assertThat(config.upstreams().get("api").source().location())
        .isEqualTo(new Location(file.toString(), 3, 5));
  }

  @Test
  void aFileThatCannotBeReadIsAProblem(@TempDir Path folder) throws IOException {
    Path latin = folder.resolve("latin.yaml");
    Files.write(latin, "a: 1\nb: \u00fc".getBytes(StandardCharsets.ISO_8859_1));
    Path large = folder.resolve("large.yaml");
    Files.write(large, new byte[ConfigLoader.MAX_BYTES + 1]);

    assertThat(problemOf(folder.resolve("none.yaml")))
        .isEqualTo(
            folder.resolve("none.yaml") + ":1:1: no such file (expected: a file that exists)");
    assertThat(problemOf(folder)).isEqualTo(folder + ":1:1: a folder (expected: a file of YAML)");
    assertThat(problemOf(latin))
        .isEqualTo(latin + ":2:4: byte 0xFC is not UTF-8 (expected: the file saved in UTF-8)");
    assertThat(problemOf(large))
        .isEqualTo(large + ":1:1: 3145729 bytes (expected: at most 3145728)");
  }

  private static String problemOf(Path file) {
    ConfigException e =
        catchThrowableOfType(
            ConfigException.class, () -> new ConfigLoader(FakePlugins.catalog()).load(file));
    assertThat(e.problems()).hasSize(1);
    return e.problems().get(0).toString();
  }

  @Test
  void policiesAreOffUnlessTheyAreGiven() {
    assertThat(loadOf("remark: nothing").policy()).isEqualTo(PolicyConfig.NONE);
    assertThat(
            loadOf(
                    "slow_start: 30s",
                    "slow_start_aggression: 2.5",
                    "max_requests_per_backend: 100",
                    "zone: eu-1",
                    "overprovisioning_percent: 200",
                    "panic_threshold_percent: 50",
                    "all_down: ignore_health")
                .policy())
        .isEqualTo(
            new PolicyConfig(
                Optional.of(Duration.ofSeconds(30)),
                2.5,
                OptionalInt.of(100),
                Optional.of("eu-1"),
                200,
                50,
                PolicyConfig.AllDown.IGNORE_HEALTH));
    assertThat(problemsOf("slow_start_aggression: 2", "panic_threshold_percent: 101"))
        .containsExactly(
            "u.yaml:4:5: upstreams.api.slow_start_aggression: has no effect without slow_start"
                + " (expected: slow_start as well)",
            "u.yaml:5:30: upstreams.api.panic_threshold_percent: \"101\" (expected: 0 to 100)");
  }

  @Test
  void outliersAreSoughtWhenAFactorIsGiven() {
    BreakerConfig breaker =
        loadOf("circuit_break_success_rate_stdev_factor: 1.9").breaker().orElseThrow();
    assertThat(breaker.successRate()).contains(new SuccessRateConfig(1.9, 5, 100));
    assertThat(breaker.maxConsecutiveFailures()).isEmpty();
    assertThat(breaker.interval()).isEqualTo(Duration.ofSeconds(60));
    assertThat(
            loadOf(
                    "circuit_break_success_rate_stdev_factor: 2",
                    "circuit_break_success_rate_min_backends: 3",
                    "circuit_break_success_rate_min_requests: 10",
                    "backend_stats_interval: 10s")
                .breaker()
                .orElseThrow()
                .successRate())
        .contains(new SuccessRateConfig(2, 3, 10));
    assertThat(
            loadOf("circuit_break_max_failure_percent: 50").breaker().orElseThrow().successRate())
        .isEmpty();
    assertThat(
            problemsOf(
                "circuit_break_success_rate_min_backends: 3",
                "circuit_break_success_rate_min_requests: 10"))
        .containsExactly(
            "u.yaml:4:5: upstreams.api.circuit_break_success_rate_min_backends: has no effect"
                + " without circuit_break_success_rate_stdev_factor (expected:"
                + " circuit_break_success_rate_stdev_factor as well)",
            "u.yaml:5:5: upstreams.api.circuit_break_success_rate_min_requests: has no effect"
                + " without circuit_break_success_rate_stdev_factor (expected:"
                + " circuit_break_success_rate_stdev_factor as well)");
    assertThat(problemsOf("circuit_break_success_rate_stdev_factor: 0"))
        .containsExactly(
            "u.yaml:4:46: upstreams.api.circuit_break_success_rate_stdev_factor: \"0\" (expected:"
                + " 0.1 to 100.0)");
  }
}
