package io.upstream4j.distribution.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests different TLS settings of upstreams in one file: the linked image in front of nginx with
 * good and bad certificates, in HTTP/1.1 and HTTP/2.
 */
class CertificatesIT {
  private static final String ANSWER =
      "location / { return 200 '$ssl_client_s_dn $connection $ssl_session_reused'; }";

  /** Counted, because each event loop has its own HTTP/2 connections. */
  private static final String ONE_LOOP = "-XX:ActiveProcessorCount=1";

  @TempDir static Path folder;
  private static final Map<String, Integer> PORTS = new LinkedHashMap<>();
  private static Nginx nginx;

  @BeforeAll
  static void start() throws Exception {
    Nginx.assumeInstalled();
    Command.assumeInstalled("openssl", "curl");
    authority("ca");
    authority("stranger");
    issue("good", "ca", "api.test", "30");
    issue("other", "ca", "other.test", "30");
    issue("expired", "ca", "api.test", "-1");
    issue("client", "ca", "client", "30");
    issue("second", "ca", "second", "30");
    issue("unknown", "stranger", "unknown", "30");
    Command.selfSigned(folder, "self");
    StringBuilder servers = new StringBuilder();
    for (String certificate : List.of("good", "other", "expired", "self")) {
      servers.append(server(certificate, certificate, ""));
    }
    String optional = "ssl_verify_client optional; ssl_client_certificate " + pem("ca") + ";";
    servers.append(server("asking", "good", optional));
    int names = Nginx.freePort();
    PORTS.put("names", names);
    for (String certificate : List.of("good", "other")) {
      servers.append(
          "server { listen 127.0.0.1:%d ssl http2; server_name %s; ssl_certificate %s; ssl_certificate_key %s;"
                  .formatted(
                      names,
                      certificate.equals("good") ? "api.test" : "other.test",
                      pem(certificate),
                      key(certificate))
              + " location / { return 200 '$ssl_server_name $connection'; } }\n");
    }
    nginx = Nginx.start(folder.resolve("nginx"), servers.toString(), "");
  }

  @AfterAll
  static void stop() {
    if (nginx != null) {
      nginx.close();
    }
  }

  private static String pem(String name) {
    return folder.resolve(name + ".pem").toString();
  }

  private static String key(String name) {
    return folder.resolve(name + ".key").toString();
  }

  private static void openssl(String arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments.split(" ")));
    Command.run(command.toArray(String[]::new));
  }

  private static void authority(String name) throws Exception {
    openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=%s -addext"
                .formatted(name)
            + " basicConstraints=critical,CA:TRUE -keyout "
            + key(name)
            + " -out "
            + pem(name));
  }

  private static void issue(String name, String authority, String host, String days)
      throws Exception {
    Path request = folder.resolve(name + ".csr");
    openssl(
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=%s -keyout %s -out %s"
            .formatted(host, key(name), request));
    Path names = Files.writeString(folder.resolve(name + ".ext"), "subjectAltName=DNS:" + host);
    openssl(
        "x509 -req -in %s -CA %s -CAkey %s -CAcreateserial -days %s -extfile %s -out %s"
            .formatted(request, pem(authority), key(authority), days, names, pem(name)));
  }

  private static String server(String name, String certificate, String more) throws Exception {
    int port = Nginx.freePort();
    PORTS.put(name, port);
    return "server { listen 127.0.0.1:%d ssl http2; ssl_certificate %s; ssl_certificate_key %s; %s %s }\n"
        .formatted(port, pem(certificate), key(certificate), more, ANSWER);
  }

  /** Returns an upstream with the name of its route and TLS settings. */
  private static String upstream(String name, String server, String tls, String alpn) {
    return "  %s: { addrs: [\"127.0.0.1:%d\"], alpn: %s, sni: api.test, %s, health_check: none }\n"
        .formatted(name, PORTS.get(server), alpn, tls);
  }

  private static String identity(String name) {
    return "tls: { ca: ca.pem, cert: %1$s.pem, key: %1$s.key }".formatted(name);
  }

  private static String get(Image image, String upstream) throws Exception {
    return Command.run(
        "curl", "-sS", "-m", "20", "-w", " %{http_code}", image.gateway() + "/" + upstream);
  }

  @ParameterizedTest
  @ValueSource(strings = {"H1", "H2"})
  void theHostOfARequestMayBeTheNameThatIsAskedForAndVerified(String alpn) throws Exception {
    String yaml =
        """
        upstreams:
          edge:
            addrs: ["127.0.0.1:%d"]
            alpn: %s
            sni: $host
            tls: { ca: ca.pem }
            health_check: %s
        """;
    for (String check : List.of("tcp://edge", "https://api.test/", "https://other.test/")) {
      String config = yaml.formatted(PORTS.get("names"), alpn, check);
      try (Image image = Image.serve(folder, config, ONE_LOOP)) {
        assertThat(image.output()).as(check).doesNotContain("unhealthy");
        Map<String, String> connections = new LinkedHashMap<>();
        for (String host : List.of("api.test", "other.test", "API.TEST", "other.test")) {
          String answer = getAs(image, host);
          String name = host.toLowerCase(Locale.ROOT);
          assertThat(answer).startsWith(name + " ").endsWith(" 200");
          assertThat(connections.putIfAbsent(name, answer)).isIn(null, answer);
        }
        assertThat(connections.values()).doesNotHaveDuplicates();
        assertThat(getAs(image, "api.test.")).isEqualTo(connections.get("api.test"));
        assertThat(getAs(image, "elsewhere.test")).endsWith(" 421");
        assertThat(image.await(Pattern.compile("upstream=edge .*rejected.*(TLS handshake: .*)\n")))
            .startsWith("TLS handshake: certificate is for another host: subject CN=api.test")
            .endsWith("(expected: \"elsewhere.test\")");
        assertThat(getAs(image, "no_name.test")).endsWith(" 421");
        assertThat(image.metric("upstream4j_backend_connections_opened_total")).isEqualTo(2);
      }
    }
  }

  private static String getAs(Image image, String host) throws Exception {
    return Command.run(
        "curl",
        "-sS",
        "-m",
        "20",
        "-w",
        " %{http_code}",
        "-H",
        "Host: " + host,
        image.gateway().toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"H1", "H2"})
  void eachRefusalHasItsOwnMessageAndNothingIsShared(String alpn) throws Exception {
    Map<String, String> refusals = new LinkedHashMap<>();
    StringBuilder yaml = new StringBuilder("upstreams:\n");
    String ours = "tls: { ca: ca.pem }";
    yaml.append(upstream("good", "good", ours, alpn));
    yaml.append(upstream("named", "other", "tls: { ca: ca.pem, verify_name: other.test }", alpn));
    yaml.append(upstream("self", "self", "tls: { ca: self.pem, verify_name: localhost }", alpn));
    yaml.append(upstream("unverified", "expired", "verify_cert: false", alpn));
    refusals.put("expired", "certificate expired on ");
    yaml.append(upstream("expired", "expired", ours, alpn));
    refusals.put("selfsigned", "certificate is self-signed (expected: a chain to one of");
    yaml.append(upstream("selfsigned", "self", ours, alpn));
    refusals.put("wronghost", "certificate is for another host: ");
    yaml.append(upstream("wronghost", "other", ours, alpn));
    refusals.put("wrongca", "certificate's issuer is not trusted: CN=ca");
    yaml.append(upstream("wrongca", "good", "tls: { ca: stranger.pem }", alpn));
    refusals.put("system", "certificate's issuer is not trusted: CN=ca");
    yaml.append(upstream("system", "good", "verify_cert: true", alpn));
    for (String who : List.of("client", "second")) {
      yaml.append(upstream(who, "asking", identity(who), alpn));
    }
    yaml.append(upstream("nobody", "asking", ours, alpn));
    yaml.append(upstream("unknown", "asking", identity("unknown"), alpn));
    yaml.append("routes:\n");
    yaml.toString()
        .lines()
        .skip(1)
        .filter(line -> line.startsWith("  "))
        .map(line -> line.substring(2, line.indexOf(':')))
        .forEach(name -> yaml.append("  - { path: /%1$s, upstream: %1$s }\n".formatted(name)));

    try (Image image = Image.serve(folder, yaml.toString(), ONE_LOOP)) {
      for (String name : List.of("good", "named", "self", "unverified")) {
        assertThat(get(image, name)).as(name).endsWith(" 200");
      }
      for (Map.Entry<String, String> refusal : refusals.entrySet()) {
        String name = refusal.getKey();
        assertThat(get(image, name)).endsWith("no secure connection to the backend\n 502");
        assertThat(
                image.await(
                    Pattern.compile("upstream=" + name + " backend=\\S+ failed a request: (.*)\n")))
            .as(name)
            .startsWith("TLS handshake: " + refusal.getValue());
      }

      // Checks that each upstream keeps its own connections and sessions, by comparing with the
      // first ones.
      Map<String, String> first = new LinkedHashMap<>();
      for (String name : List.of("client", "second", "nobody")) {
        first.put(name, get(image, name));
      }
      assertThat(first.get("client")).startsWith("CN=client ").endsWith(" . 200");
      assertThat(first.get("second")).startsWith("CN=second ").endsWith(" . 200");
      assertThat(first.get("nobody")).startsWith(" ").endsWith(" . 200");
      assertThat(get(image, "unknown")).contains("The SSL certificate error").endsWith(" 400");
      assertThat(first.values()).doesNotHaveDuplicates();
      for (Map.Entry<String, String> each : first.entrySet()) {
        assertThat(get(image, each.getKey())).as(each.getKey()).isEqualTo(each.getValue());
      }
    }
  }
}
