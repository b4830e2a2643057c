package io.upstream4j.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.core.config.Config;
import io.upstream4j.core.config.ConfigLoader;
import io.upstream4j.core.config.PathRules;
import io.upstream4j.core.config.Route;
import io.upstream4j.core.config.RouteAction;
import io.upstream4j.core.config.RoutePath;
import io.upstream4j.core.config.UpstreamConfig;
import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.plugin.PluginCatalog;
import io.upstream4j.distribution.convert.ConversionOptions;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConvertTest {
  private final Captured captured = new Captured();
  private final PluginCatalog plugins = PluginCatalog.find(List.of(), List.of());
  private Path toml;
  private Path yaml;

  @BeforeEach
  void nameFiles(@TempDir Path folder) {
    toml = folder.resolve("pingap.toml");
    yaml = folder.resolve("upstreams.yaml");
  }

  @AfterEach
  void closePlugins() {
    plugins.close();
  }

  private int convert(String text) throws Exception {
    Files.writeString(toml, text);
    return captured.run("convert", toml.toString(), "-o", yaml.toString());
  }

  /** Converts a text and loads the result. */
  private Config converted(int status, String text) throws Exception {
    assertThat(convert(text)).as(captured.err().toString()).isEqualTo(status);
    return new ConfigLoader(plugins).load(yaml);
  }

  private String problems(String text) throws Exception {
    assertThat(convert(text)).isEqualTo(ExitStatus.WRONG);
    assertThat(yaml).doesNotExist();
    return captured.err().toString().replace(toml.toString(), "pingap.toml");
  }

  private String notes() {
    return captured.err().toString().replace(toml.toString(), "pingap.toml");
  }

  @Test
  void anUpstreamKeepsItsMeaning() throws Exception {
    Config config =
        converted(
            ExitStatus.OK,
            """
            # a comment
            [upstreams.charts]
            addrs = [
              "127.0.0.1:5000",   # the first
              "127.0.0.1:5001 10",
            ]
            algo = "hash:cookie:sid"
            health_check = "http://charts/ping?connection_timeout=3s&deep"
            sni = "charts.internal"
            verify_cert = false
            alpn = "h2h1"
            max_h2_streams = 50
            connection_timeout = "10s"
            total_connection_timeout = "30sec"
            read_timeout = "1m 30s"
            write_timeout = "1500ms"
            idle_timeout = "2min"
            tcp_idle = "2m"
            tcp_interval = "1m"
            tcp_probe_count = 9
            tcp_user_timeout = "0h 1m"
            tcp_recv_buf = "4kb"
            tcp_fast_open = true
            remark = "it's \\"theirs\\": # no comment, ${no} variable"
            """);
    UpstreamConfig charts = config.upstreams().get("charts");
    assertThat(charts.balancer().plugin().type()).isEqualTo("consistent");
    assertThat(charts.health().orElseThrow().checker().plugin().type()).isEqualTo("http");
    assertThat(charts.health().orElseThrow().connectionTimeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(charts.peer().alpn()).isEqualTo(Alpn.H2H1);
    assertThat(charts.peer().http2().maxStreams()).isEqualTo(50);
    assertThat(charts.peer().tls().orElseThrow().verifyCertificate()).isFalse();
    assertThat(charts.peer().timeouts().connection()).isEqualTo(Duration.ofSeconds(10));
    assertThat(charts.peer().timeouts().totalConnection()).isEqualTo(Duration.ofSeconds(30));
    assertThat(charts.peer().timeouts().read()).isEqualTo(Duration.ofSeconds(90));
    assertThat(charts.peer().timeouts().write()).isEqualTo(Duration.ofMillis(1_500));
    assertThat(charts.peer().timeouts().idle()).isEqualTo(Duration.ofMinutes(2));
    assertThat(charts.peer().socket().keepAliveIdle()).contains(Duration.ofMinutes(2));
    assertThat(charts.peer().socket().receiveBufferBytes()).contains(4_000);
    assertThat(charts.peer().socket().fastOpen()).isTrue();
    assertThat(config.routes())
        .extracting(Route::action)
        .containsExactly(new RouteAction.Refuse(404));
    assertThat(notes())
        .contains("locations: none leads to an upstream, so the routes refuse every request");
    assertThat(Files.readString(yaml)).contains("addrs: [127.0.0.1:5000, \"127.0.0.1:5001 10\"]");
  }

  @Test
  void anUnknownKeyIsToldWithItsLineAndWhatIsKnown() throws Exception {
    assertThat(
            problems(
                """
                [upstreams.api]
                addrs = ["127.0.0.1:80"]
                conection_timeout = "3s"
                [locations.api]
                upsteam = "api"
                """))
        .contains("pingap.toml:3:1: upstreams.api.conection_timeout: unknown key; ")
        .contains("did you mean \"connection_timeout\"?")
        .contains("pingap.toml:5:1: locations.api.upsteam: unknown key")
        .contains("did you mean \"upstream\"?");
  }

  @Test
  void whatOurOwnCheckRefusesIsToldAtItsPlaceInTheToml() throws Exception {
    assertThat(
            problems(
                """
                [upstreams."a.b"]
                addrs = ["127.0.0.1:80"]
                algo = "hash:cokie:sid"
                read_timeout = "soon"
                """))
        .contains("pingap.toml:4:1: upstreams.a.b.read_timeout: \"soon\" (expected: a duration");
    assertThat(
            problems(
                """
                upstreams.x = { addrs = ["127.0.0.1:80"], algo = "hash:cokie:sid" }
                """))
        .contains("pingap.toml:1:1: upstreams.x.algo.key: \"cokie:sid\" (expected: url, path");
  }

  @Test
  void textThatIsNotTomlIsToldWithItsPlace() throws Exception {
    assertThat(problems("[upstreams.api]\naddrs = [\"127.0.0.1:80\"\nalgo = 1\n"))
        .contains("pingap.toml:3:")
        .contains("not TOML: ");
    assertThat(captured.run("convert", "no-such.toml")).isEqualTo(ExitStatus.WRONG);
    assertThat(captured.err().toString()).contains("no-such.toml:1:1: no such file");
  }

  @Test
  void whatIsLeftOutIsNotedWithItsPlaceAndInTheFile() throws Exception {
    converted(
        ExitStatus.FAILED,
        """
        [basic]
        log_level = "INFO"

        [servers.test]
        addr = "0.0.0.0:6188"
        locations = ["lo"]

        [plugins.stats]
        category = "stats"
        value = \"\"\"
        [upstreams.trap]
        addrs = 1
        \"\"\"

        [upstreams.api]
        addrs = ["127.0.0.1:5000"]
        h1_upgrade = "deny"
        dns_domain = 'internal'

        [locations.lo]
        upstream = "api"
        path = "/"
        rewrite = "^/api/ /"
        proxy_set_headers = []
        """);
    assertThat(notes().lines().map(line -> line.substring(0, line.indexOf(": ") + 1)))
        .containsExactly(
            "pingap.toml:2:1:",
            "pingap.toml:4:1:",
            "pingap.toml:8:1:",
            "pingap.toml:17:1:",
            "pingap.toml:18:1:");
    String written = Files.readString(yaml);
    captured.err().toString().lines().forEach(note -> assertThat(written).contains("# " + note));
  }

  @Test
  void theWebhookIsSaidInArgumentsAndItsSecretIsNotRepeated() throws Exception {
    converted(
        ExitStatus.FAILED,
        """
        [basic]
        webhook = "https://example.com/send?key=secret"
        webhook_type = "wecom"
        webhook_notifications = ["backend_status", "lets_encrypt", "service_discover_fail"]
        webhook_batch_window = "10s"

        [upstreams.api]
        addrs = ["127.0.0.1:5000"]
        """);
    assertThat(notes())
        .contains("pingap.toml:2:1: basic.webhook: left out: upstream serve --webhook FILE")
        .contains("webhook_type: left out: upstream serve --webhook-format wecom\n")
        .contains(
            "left out: upstream serve --webhook-events"
                + " backend_healthy,backend_unhealthy,discovery_failed; there is no event for"
                + " lets_encrypt\n")
        .contains("webhook_batch_window: left out: there is nothing like it")
        .doesNotContain("secret");
  }

  @Test
  void locationsBecomeRoutesInTheOrderOfTheirWeights() throws Exception {
    Config config =
        converted(
            ExitStatus.OK,
            """
            [upstreams]
            web = { addrs = ["127.0.0.1:1"] }
            api = { addrs = ["127.0.0.1:2"] }
            shop = { addrs = ["127.0.0.1:3"] }
            old = { addrs = ["127.0.0.1:4"] }

            [locations.web]
            upstream = "web"

            [locations.api]
            upstream = "api"
            path = "/api/"

            [locations.shop]
            upstream = "shop"
            host = "shop.example.com, WWW.shop.example.com"

            [locations.old]
            upstream = "old"
            host = "shop.example.com"
            path = "/api/v1/"
            weight = 100
            """);
    // In pingap, a path has precedence over a host, and a weight over both: /api of the shop goes
    // to api, and the location with a weight of 100 receives nothing.
    assertThat(config.routes())
        .containsExactly(
            route("", "/api/", 517, "api"),
            route("shop.example.com", "/", 128, "shop"),
            route("www.shop.example.com", "/", 128, "shop"),
            route("shop.example.com", "/api/v1/", 100, "old"),
            route("", "/", 0, "web"));
  }

  private static Route route(String host, String path, int priority, String upstream) {
    return new Route(
        Optional.of(host).filter(it -> !it.isEmpty()),
        new RoutePath(RoutePath.Kind.SEGMENTS, path),
        priority,
        new RouteAction.Forward(upstream, Optional.empty()));
  }

  /** Returns the paths of routes with their actions. */
  private static List<String> said(Config config) {
    return config.routes().stream()
        .map(
            route ->
                route.host().map(host -> host + " ").orElse("")
                    + route.path()
                    + " -> "
                    + (route.action() instanceof RouteAction.Forward forward
                        ? forward.upstream()
                            + forward.replacePrefix().map(it -> " " + it).orElse("")
                        : ((RouteAction.Refuse) route.action()).status()))
        .toList();
  }

  @Test
  void exactPathsPatternsAndRewrittenPrefixesAreConverted() throws Exception {
    Config config =
        converted(
            ExitStatus.OK,
            """
            [upstreams.web]
            addrs = ["127.0.0.1:1"]
            [locations.exact]
            upstream = "web"
            path = "=/one"
            max_retries = 3
            [locations.pattern]
            upstream = "web"
            path = "~^/[a-z]+$"
            [locations.domain]
            upstream = "web"
            host = '~(?P<name>.+)\\.example\\.com'
            [locations.named]
            upstream = "web"
            path = "/two"
            rewrite = "^/two /2"
            """);
    assertThat(said(config))
        .containsExactly(
            "= /one -> web", "/two* -> web /2", "~ ^/[a-z]+$ -> web", "*.example.com / -> web");
    assertThat(config.upstreams().get("web").retry().max()).isEqualTo(3);
  }

  /** Without it, the next location would receive its requests. */
  @Test
  void whatHasNoEquivalentIsRefused() throws Exception {
    Config config =
        converted(
            ExitStatus.FAILED,
            """
            [upstreams.web]
            addrs = ["127.0.0.1:1"]
            [plugins.users]
            category = "basic_auth"
            [plugins.page]
            category = "mock"
            [plugins.zip]
            category = "compression"
            [locations.all]
            upstream = "web"
            plugins = ["zip", "pingap:requestId"]
            [locations.admin]
            upstream = "web"
            path = "/admin/"
            plugins = ["users"]
            [locations.page]
            path = "/page/"
            plugins = ["page"]
            [locations.unknown]
            upstream = "web"
            path = "/unknown/"
            plugins = ["elsewhere"]
            [locations.rewritten]
            upstream = "web"
            path = "/old/"
            rewrite = "^/old/(.*)/(.*)$ /$2/$1"
            [locations.class]
            upstream = "web"
            path = "~^/api/[[:alpha:]]+"
            [locations.canary]
            upstream = "web"
            path = "/canary/"
            match_headers = ["x-canary:yes"]
            match_query = []
            """);
    assertThat(said(config))
        .containsExactlyInAnyOrder(
            "~ [;\\\\]|%3B|%5C -> 404",
            "/unknown/ -> 404",
            "/admin/ -> 404",
            "/page/ -> 404",
            "/old/ -> 404",
            "/api/ -> 404",
            "/ -> web");
    assertThat(notes())
        .contains("locations.admin: its requests are refused: the plug-in \"users\" (basic_auth)")
        .contains("locations.canary.match_headers: the location is left out");
  }

  /** What the servers do not see there, they do not see here. */
  @Test
  void whatPlugInsAnswerOfALocationIsRefused() throws Exception {
    Config config =
        converted(
            ExitStatus.FAILED,
            """
            [upstreams.web]
            addrs = ["127.0.0.1:1"]
            [plugins.ping]
            category = "ping"
            path = "/ping"
            [plugins.page]
            category = "mock"
            path = "/api/page"
            [plugins.stats]
            category = "stats"
            value = "/stats"
            [plugins.admin]
            category = "admin"
            path = "/pingap"
            [locations.all]
            upstream = "web"
            plugins = ["ping", "page", "stats", "admin"]
            [locations.api]
            upstream = "web"
            path = "/api/"
            plugins = ["ping", "page"]
            [locations.items]
            upstream = "web"
            path = "~^/p"
            plugins = ["ping"]
            """);
    assertThat(said(config))
        .containsExactlyInAnyOrder(
            "= /api/page -> 404",
            "/api/ -> web",
            "~ ^(?=/ping$)(?s:.*?)(?:^/p) -> 404",
            "~ ^/p -> web",
            "= /ping -> 404",
            "= /stats -> 404",
            "/pingap* -> 404",
            "/ -> web");
    assertThat(notes())
        .contains(
            "locations.all: requests to /ping are refused: the plug-in \"ping\" (ping) answers");
  }

  @Test
  void pathsAreThoseThatAreComparedThere() throws Exception {
    Config config =
        converted(
            ExitStatus.OK,
            """
            [upstreams.web]
            addrs = ["127.0.0.1:1"]
            [upstreams.other]
            addrs = ["127.0.0.1:2"]
            [locations.docs]
            upstream = "web"
            path = "/文/"
            [locations.escaped]
            upstream = "web"
            path = "=/%E6%96%87"
            [locations.colon]
            upstream = "web"
            path = "/a:b/"
            """);
    assertThat(config.gateway().paths().escapedSlashes())
        .isEqualTo(PathRules.EscapedSlashes.UNESCAPE);
    assertThat(said(config))
        .containsExactlyInAnyOrder(
            "/%E6%96%87/ -> web", "= /%E6%96%87 -> web", "/a:b/ -> web", "/a%3Ab/ -> web");
  }

  /** Of early versions, and limits that are wider there. */
  @Test
  void whatAnUpstreamCannotHaveHereIsLeftOutOrChanged() throws Exception {
    Config config =
        converted(
            ExitStatus.FAILED,
            """
            [upstreams.web]
            addrs = ["127.0.0.1:1"]
            algo = "hash:cookie"
            connection_timeout = "30s"
            read_timeout = "2days"
            idle_timeout = "0s"
            [upstreams.files]
            addrs = ["file://~/Downloads"]
            [locations.files]
            upstream = "files"
            path = "/files/"
            [locations.web]
            upstream = "web"
            """);
    assertThat(said(config)).contains("/files/ -> 404", "/ -> web");
    assertThat(notes())
        .contains("upstreams.web.algo: left out: it names no key to hash")
        .contains("upstreams.web.read_timeout: 1d, the longest time limit here")
        .contains("upstreams.web.idle_timeout: 1ms, the shortest here")
        .contains("upstreams.files.addrs: left out with the locations that use it: files and");
  }

  @Test
  void aConfigurationThatServesFilesAloneIsRefused() throws Exception {
    assertThat(problems("[locations.files]\nplugins = [\"files\"]\n"))
        .contains("pingap.toml:1:1: locations: no location has an upstream");
  }

  @Test
  void ifNothingIsLeftOfTheLocationsEveryRequestIsRefused() throws Exception {
    Config config =
        converted(
            ExitStatus.FAILED,
            """
            [upstreams.web]
            addrs = ["127.0.0.1:1"]
            [locations.some]
            upstream = "web"
            match_cookies = ["beta"]
            """);
    assertThat(said(config)).containsExactly("/ -> 404");
  }

  @Test
  void ofServersWithDifferentLocationsOneIsChosen() throws Exception {
    String text =
        """
        [upstreams.web]
        addrs = ["127.0.0.1:1"]
        [locations.site]
        upstream = "web"
        path = "/site/"
        [locations.internal]
        upstream = "web"
        path = "/internal/"
        [servers.public]
        addr = "0.0.0.0:80"
        locations = ["site"]
        [servers.private]
        addr = "127.0.0.1:81"
        locations = ["site", "internal"]
        """;
    assertThat(problems(text)).contains("have different locations").contains("--server public");
    assertThat(
            captured.run("convert", toml.toString(), "--server", "public", "-o", yaml.toString()))
        .isEqualTo(ExitStatus.FAILED);
    assertThat(said(new ConfigLoader(plugins).load(yaml))).containsExactly("/site/ -> web");
  }

  @Test
  void whatIsMissingOrOfAnotherFormatIsSaid(@TempDir Path folder) throws Exception {
    assertThat(problems("[locations.a]\nupstream = \"web\"\n"))
        .contains("locations.a.upstream: no file has upstreams (expected: all files of the");
    assertThat(captured.run("convert", folder.resolve("x.hcl").toString())).isEqualTo(2);
    assertThat(captured.err().toString()).contains("HCL and KDL are not read (expected: TOML");
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertThat(captured.run("convert", empty.toString())).isEqualTo(ExitStatus.WRONG);
    assertThat(captured.err().toString()).contains("a folder without any (expected: TOML in files");
  }

  @Test
  void theFilesOfAFolderAreOneConfiguration(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("upstreams.toml"), "[upstreams.web]\naddrs = [\"[::1]:1\"]\n");
    Files.writeString(folder.resolve("locations.toml"), "[locations.all]\nupstream = \"web\"\n");
    assertThat(captured.run("convert", folder.toString())).isZero();
    assertThat(said(new ConfigLoader(plugins).load("out", captured.out().toString())))
        .containsExactly("/ -> web");
  }

  @Test
  void aLocationOfAnUpstreamThatIsNotThereIsAnError() throws Exception {
    assertThat(
            problems(
                """
                [upstreams.web]
                addrs = ["127.0.0.1:1"]
                [locations.a]
                upstream = "wep"
                """))
        .contains("pingap.toml:3:1:")
        .contains("no upstream \"wep\"; did you mean \"web\"?");
  }

  @Test
  void severalFilesAreOneConfiguration(@TempDir Path folder) throws Exception {
    Path upstreams = folder.resolve("upstreams.toml");
    Path locations = folder.resolve("locations.toml");
    Files.writeString(upstreams, "[upstreams.web]\naddrs = [\"127.0.0.1:1\"]\n");
    Files.writeString(locations, "[locations.all]\nupstream = \"web\"\n");
    assertThat(captured.run("convert", upstreams.toString(), locations.toString())).isZero();
    assertThat(new ConfigLoader(plugins).load("out", captured.out().toString()).routes())
        .containsExactly(new Route(Optional.empty(), "/", "web"));
  }

  @Test
  void whatIsIncludedIsPutInPlace() throws Exception {
    String text =
        """
        [storages.limits]
        category = "config"
        value = 'read_timeout = "7s"'
        [upstreams.web]
        addrs = ["127.0.0.1:1"]
        includes = ["limits"]
        """;
    assertThat(converted(ExitStatus.OK, text).upstreams().get("web").peer().timeouts().read())
        .isEqualTo(Duration.ofSeconds(7));
    Files.delete(yaml);
    assertThat(problems(text.replace("[\"limits\"]", "[\"limit\"]")))
        .contains("pingap.toml:6:1: upstreams.web.includes: no storage \"limit\"")
        .contains("did you mean \"limits\"?");
  }

  @Test
  void transparentReachesTheHostsOfItsLocations() throws Exception {
    String text =
        """
        [upstreams.out]
        addrs = ["127.0.0.1"]
        discovery = "transparent"
        sni = "$host"
        [upstreams.web]
        addrs = ["127.0.0.1:1"]
        [locations.out]
        upstream = "out"
        host = "api.partner.example"
        """;
    Config config = converted(ExitStatus.OK, text);
    assertThat(config.upstreams().get("out").balancer().plugin().type()).isEqualTo("transparent");
    assertThat(Files.readString(yaml)).contains("allow: [api.partner.example]");

    Config without = converted(ExitStatus.FAILED, text.replaceAll("host = .*\n$", ""));
    assertThat(without.upstreams()).containsOnlyKeys("web");
    assertThat(notes()).contains("upstreams.out: left out with the locations that use it");
  }

  /** A configuration of pingap's latest version. */
  @Test
  void noKeyOfPingapIsUnknown() throws Exception {
    Config config =
        converted(
            ExitStatus.FAILED,
            """
            [upstreams.web]
            addrs = ["127.0.0.1:1", "127.0.0.1:2"]
            discovery = "static"
            update_frequency = "1m"
            algo = "round_robin"
            sni = "web.internal"
            verify_cert = false
            ca = "not a file"
            health_check = "tcp://web"
            ipv4_only = false
            enable_tracer = true
            enable_backend_stats = true
            backend_failure_status_code = "500,502"
            circuit_break_max_consecutive_failures = 5
            circuit_break_max_failure_percent = 50
            circuit_break_min_requests_threshold = 10
            circuit_break_half_open_consecutive_success_threshold = 5
            circuit_break_open_duration = "10s"
            backend_stats_interval = "1m"
            alpn = "H2H1"
            max_h2_streams = 10
            h2_stream_window_size = "1 MiB"
            h2_connection_window_size = "8 MiB"
            strip_hop_by_hop = true
            strip_connection_nominated = true
            reject_malformed_connection_nominations = true
            h1_upgrade = "deny"
            connection_timeout = "1s"
            total_connection_timeout = "2s"
            read_timeout = "3s"
            idle_timeout = "4s"
            write_timeout = "5s"
            tcp_idle = "1m"
            tcp_interval = "1m"
            tcp_user_timeout = "1m"
            tcp_probe_count = 3
            tcp_recv_buf = "4kb"
            tcp_fast_open = true
            remark = "all"
            [locations.web]
            upstream = "web"
            path = "/"
            host = "a.example"
            match_headers = []
            match_query = []
            match_cookies = []
            proxy_set_headers = ["x-a:b"]
            proxy_add_headers = ["x-a:b"]
            rewrite = ""
            weight = 1024
            plugins = []
            client_max_body_size = "1 MB"
            max_processing = 10
            grpc_web = true
            enable_reverse_proxy_headers = true
            max_retries = 1
            max_retry_window = "1s"
            remark = "all"
            [servers.web]
            addr = "127.0.0.1:80"
            locations = ["web"]
            access_log = "tiny"
            ja4 = true
            h1_pipelining = true
            h2_idle_timeout = "1m"
            modules = ["grpc-web"]
            [basic]
            name = "pingap"
            trusted_proxies = ["10.0.0.1"]
            webhook_batch_window = "1s"
            restart_ready_timeout = "1m"
            max_blocking_threads = 10
            """);
    assertThat(config.upstreams().get("web").peer().http2().streamWindowBytes()).isEqualTo(1 << 20);
    assertThat(said(config)).containsExactly("a.example / -> web");
    for (String key :
        List.of("ca", "h1_upgrade", "proxy_set_headers", "grpc_web", "max_retry_window")) {
      assertThat(notes()).contains("web." + key + ": left out");
    }
    assertThat(notes())
        .contains("servers.web: left out")
        .contains("basic.trusted_proxies: left out");
  }

  @Test
  void whatDidNothingThereIsLeftOutAndNoted() throws Exception {
    Config config =
        converted(
            ExitStatus.OK,
            """
            [upstreams.web]
            addrs = ["127.0.0.1:1", "[::1]:2 3"]
            discovery = ""
            sni = ""
            verify_cert = true
            tcp_idle = "1m"
            max_h2_streams = 10
            dns_server = "9.9.9.9"
            circuit_break_max_failure_percent = 0
            """);
    assertThat(config.upstreams().get("web").breaker().orElseThrow().maxFailurePercent()).isEmpty();
    assertThat(notes())
        .contains("pingap.toml:5:1: upstreams.web.verify_cert: left out: does nothing without sni")
        .contains("pingap.toml:6:1: upstreams.web.tcp_idle: left out")
        .contains("pingap.toml:7:1: upstreams.web.max_h2_streams: left out")
        .contains("pingap.toml:8:1: upstreams.web.dns_server: left out");
  }

  @Test
  void whateverStandsInAFileHasABound() throws Exception {
    String addrs = "[upstreams.u]\naddrs = [\"127.0.0.1:1\"]\n";
    assertThat(problems("[" + "a.".repeat(100_000) + "a]\n")).contains("not TOML: ");
    assertThat(problems("k".repeat(2_000) + " = 1\n")).contains("not TOML: ");
    assertThat(problems(addrs + "remark = \"" + "x".repeat(70_000) + "\"\n"))
        .contains(
            "pingap.toml:3:1: upstreams.u.remark: 70000 characters (expected: at most 65536)");
    assertThat(problems(addrs + "a = [" + "1,".repeat(20_001) + "]\n"))
        .contains("pingap.toml:3:1: upstreams.u.a: 20001 values (expected: at most 20000)");
    StringBuilder keys = new StringBuilder(addrs);
    for (int i = 0; i < 15_000; i++) {
      keys.append("k").append(i).append(" = 1\n");
    }
    assertThat(problemsAnew(keys.toString()))
        .contains("pingap.toml:3:1: upstreams.u.k0: unknown key (expected: one of addrs, ")
        .contains("more than 100 configuration problems")
        .hasSizeLessThan(20_000);
  }

  private String problemsAnew(String text) throws Exception {
    int before = notes().length();
    return problems(text).substring(before);
  }

  @Test
  void whatIsIncludedManyTimesHasABoundInTheResult() throws Exception {
    StringBuilder toml =
        new StringBuilder(
            "[storages.s]\ncategory = \"config\"\nvalue = '''remark = \""
                + "y".repeat(60_000)
                + "\"'''\n");
    for (int i = 0; i < 100; i++) {
      toml.append("[upstreams.u%d]\naddrs = [\"127.0.0.1:1\"]\nincludes = [\"s\"]\n".formatted(i));
    }
    assertThat(problems(toml.toString()))
        .contains("converted, more than 3145728 characters (expected: at most that many)");
  }

  @Test
  void ofThousandsOfNotesTheFirstAreShown() throws Exception {
    StringBuilder toml = new StringBuilder("[upstreams.u]\naddrs = [\"127.0.0.1:1\"]\n[basic]\n");
    for (int i = 0; i < 5_000; i++) {
      toml.append("k").append(i).append(" = 1\n");
    }
    assertThat(convert(toml.toString())).isEqualTo(ExitStatus.FAILED);
    assertThat(notes().lines()).hasSize(1_001);
    assertThat(notes()).contains("… and more: only the first 1000 notes are shown");
  }

  @Test
  void aDurationThatDoesNotFitIsAProblem() throws Exception {
    assertThat(
            problems(
                "[upstreams.u]\naddrs = [\"127.0.0.1:1\"]\nread_timeout = \"999999999999999w\"\n"))
        .contains("upstreams.u.read_timeout: \"999999999999999w\" (expected: ");
  }

  @Test
  void theStandardInputIsReadToo() {
    Captured other = new Captured();
    int status =
        new Convert(
                other.terminal(),
                List.of(),
                new ByteArrayInputStream(
                    "[upstreams.web]\naddrs = [\"[::1]:80\"]\n".getBytes(StandardCharsets.UTF_8)))
            .run(
                Convert.Origin.PINGAP,
                List.of("-"),
                Optional.empty(),
                ConversionOptions.Guards.REFUSE,
                null);
    assertThat(status).isZero();
    assertThat(other.out().toString()).contains("addrs: [\"[::1]:80\"]");
  }

  @Test
  void aResultThatCannotBeWrittenIsAnError(@TempDir Path folder) throws Exception {
    Files.writeString(toml, "[upstreams.web]\naddrs = [\"127.0.0.1:1\"]\n");
    assertThat(captured.run("convert", toml.toString(), "-o", folder.toString())).isEqualTo(1);
    assertThat(captured.err().toString()).contains("cannot write " + folder);
  }
}
