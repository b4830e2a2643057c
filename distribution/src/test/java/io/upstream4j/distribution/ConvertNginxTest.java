package io.upstream4j.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Converts configurations of nginx and HAProxy. ConversionIT compares the routing with theirs. */
class ConvertNginxTest {
  @TempDir Path folder;

  private final Captured captured = new Captured();

  private String convert(int status, String from, String text, String... more) throws Exception {
    Path file = Files.writeString(folder.resolve("there.conf"), text);
    String[] arguments = new String[more.length + 4];
    arguments[0] = "convert";
    arguments[1] = "--from";
    arguments[2] = from;
    arguments[3] = file.toString();
    System.arraycopy(more, 0, arguments, 4, more.length);
    assertThat(captured.run(arguments)).as(captured.err().toString()).isEqualTo(status);
    return captured.out().toString();
  }

  private String errors() {
    return captured.err().toString().replace(folder + "/", "");
  }

  @Test
  void anUpstreamOfNginxKeepsItsMeaning() throws Exception {
    String yaml =
        convert(
            1,
            "nginx",
            """
            upstream app {
              hash $cookie_sid consistent;
              server 10.0.0.1:8080 weight=5 max_fails=3 fail_timeout=1m max_conns=200;
              server 10.0.0.2 max_fails=3 fail_timeout=1m max_conns=200;
              server 10.0.0.9:8080 backup max_fails=3 fail_timeout=1m max_conns=200;
              server 10.0.0.8:8080 down;
              keepalive_timeout 30s;
              keepalive_requests 100;
              keepalive_time 1h;
            }
            server {
              location / {
                proxy_pass https://app;
                proxy_ssl_name $host;
                proxy_ssl_verify on;
                proxy_connect_timeout 2;
                proxy_next_upstream error timeout http_502;
                proxy_next_upstream_tries 2;
                sub_filter a b;
              }
            }
            """);
    assertThat(yaml)
        .contains("addrs: [\"10.0.0.1:8080 5\", 10.0.0.2:80, \"10.0.0.9:8080 priority=1\"]")
        .contains("max_connections: 200")
        .contains("circuit_break_max_consecutive_failures: 3")
        .contains("circuit_break_open_duration: 60s")
        .contains("algo: hash:cookie:sid")
        .contains("idle_timeout: 30s")
        .contains("max_requests_per_connection: 100")
        .contains("max_connection_age: 3600s")
        .contains("connection_timeout: 2s")
        .contains("retries: 1")
        .contains("sni: $host")
        .contains("routes:\n  - { upstream: app }\n");
    assertThat(errors())
        .contains("there.conf:6:3: server 10.0.0.8:8080: left out: it is down")
        .contains(
            "there.conf:17:5: proxy_next_upstream error timeout http_502: http_502 is left out")
        .contains("there.conf:19:5: sub_filter a b: left out: there is no equivalent");
  }

  @Test
  void whatIsGuardedIsRefusedOrOpenedOnRequest() throws Exception {
    String text =
        """
        server {
          location / { if ($http_x_key != "k") { return 403; } proxy_pass http://10.0.0.1; }
        }
        """;
    assertThat(
            convert(1, "nginx", text + "server { listen 80; location / { proxy_pass http://b; } }"))
        .contains("status: 403");
    assertThat(convert(1, "nginx", text, "--ignore-guards")).contains("upstream: 10.0.0.1");
    assertThat(errors()).contains("open to everyone here: if ($http_x_key != k");
  }

  @Test
  void whatModulesOfNginxGuardIsRefused() throws Exception {
    String yaml =
        convert(
            1,
            "nginx",
            """
            server {
              location /a { access_by_lua_file /etc/a.lua; proxy_pass http://10.0.0.1; }
              location /b { rewrite_by_lua_block { ngx.exit(403) } proxy_pass http://10.0.0.1; }
              location /c { auth_ldap "who"; auth_ldap_servers one; proxy_pass http://10.0.0.1; }
              location /d { auth_basic off; auth_delay 1s; proxy_pass http://10.0.0.1; }
              location /e { try_files $uri @e; }
              location @e { auth_request /check; proxy_pass http://10.0.0.1; }
            }
            """);
    assertThat(yaml)
        .contains("path: { prefix: /a }, status: 403")
        .contains("path: { prefix: /b }, status: 403")
        .contains("path: { prefix: /c }, status: 403")
        .contains("path: { prefix: /d }, upstream: 10.0.0.1")
        .contains("path: { prefix: /e }, status: 403");
  }

  @Test
  void ofSeveralPortsOneIsChosen() throws Exception {
    String text =
        """
        server { listen 80; location / { proxy_pass http://10.0.0.1; } }
        server { listen 127.0.0.1:8081;
          location / { proxy_pass http://10.0.0.2; proxy_set_header Host $host; } }
        """;
    convert(2, "nginx", text);
    assertThat(errors())
        .contains("different ones listen at the ports 80, 8081")
        .contains("--server 80");
    assertThat(convert(0, "nginx", text, "--server", "8081"))
        .contains("addrs: [10.0.0.2:80]")
        .doesNotContain("10.0.0.1");
  }

  @Test
  void whatIsIncludedIsPutInPlace() throws Exception {
    Path sites = Files.createDirectory(folder.resolve("sites"));
    Files.writeString(sites.resolve("a.conf"), "server { location /a { proxy_pass http://h:1; } }");
    assertThat(convert(1, "nginx", "http { include sites/*.conf; include gone.conf; }"))
        .contains("path: { prefix: /a }, upstream: h_1");
    assertThat(errors()).contains("include gone.conf: there is no such file");
    Files.writeString(sites.resolve("b.conf"), "include *.conf;");
    convert(2, "nginx", "http { include sites/*.conf; }");
    assertThat(errors()).contains("includes itself, or too deeply");
  }

  /** A character of a path may be escaped, for which there is a route each, or an expression. */
  @Test
  void everySpellingOfAPathIsRefused() throws Exception {
    String yaml =
        convert(
            1,
            "nginx",
            """
            server {
              location / { proxy_pass http://10.0.0.1; location ~ .png$ { return 404; } }
              location /a:b { deny all; }
              location /(1,2)=[3] { deny all; }
              location ~ "^/(?:x y|[a-c]{1,2}:)" { deny all; }
              location ~ [ä] { deny all; }
              location /c { try_files; error_page; proxy_pass http://10.0.0.1; }
            }
            """);
    assertThat(yaml)
        .contains("path: { prefix: /a:b }, status: 403")
        .contains("path: { prefix: /a%3Ab }, status: 403")
        .contains(
            "{ regex: \"^/(?:\\\\(|%28)1(?:,|%2C)2(?:\\\\)|%29)(?:=|%3D)(?:\\\\[|%5B)3(?:\\\\]|%5D)\"")
        .contains("^/(?:x(?:%20)y|[a-c]{1,2}(?::|%3A))")
        .contains("(?!a(?::|%3A)b|")
        .contains("- { status: 404, priority: 2 }");
  }

  @Test
  void mistakesAreToldWithTheirPlaces() throws Exception {
    convert(2, "nginx", "server { location / { proxy_pass http://a; }\n");
    assertThat(errors()).contains("there.conf:2:1: the file ends here (expected: \"}\" or \";\")");
    convert(2, "nginx", "server { location / { root /srv; } }");
    assertThat(errors()).contains("no location passes requests on (expected: proxy_pass or");
    convert(2, "haproxy", "frontend f\n  mode http\n  default_backend b\nbackend c\n");
    assertThat(errors()).contains("there.conf:3:3: default_backend: no backend \"b\"");
    convert(2, "haproxy", "frontend f\n  default_backend b\nbackend b\n  server s 10.0.0.1:1\n");
    assertThat(errors()).contains("none has mode http and leads to a backend");
  }

  @Test
  void timeLimitsThatAreLongerThanHereAreShortenedAndNoted() throws Exception {
    String limits = "proxy_connect_timeout 90; proxy_read_timeout 7d;";
    String yaml =
        convert(
            1,
            "nginx",
            "server { location / { proxy_pass http://10.0.0.1; client_max_body_size 1m;\n"
                + limits
                + " } }");
    assertThat(yaml)
        .contains("connection_timeout: 90s")
        .contains("total_connection_timeout: 90s")
        .contains("read_timeout: 1d");
    assertThat(errors())
        .contains("there.conf:2:27: read_timeout: 1d, the longest time limit here (there: 7d)");
  }

  @Test
  void aServerThatIsNamedTwiceHasTheSumOfItsWeights() throws Exception {
    String yaml =
        convert(
            1,
            "nginx",
            """
            upstream app {
              server 10.0.0.1:80;
              server 10.0.0.1 weight=3;
              server 10.0.0.2;
              server 10.0.0.1 backup;
            }
            server { location / { proxy_pass http://app; client_max_body_size 1m; } }
            """);
    assertThat(yaml).contains("addrs: [\"10.0.0.1:80 4\", 10.0.0.2:80]");
  }

  @Test
  void anotherHostThatServersGetThereIsNoted() throws Exception {
    convert(
        1,
        "nginx",
        """
        server {
          location /a { proxy_pass http://10.0.0.1:81; }
          location /b { proxy_pass http://10.0.0.2; proxy_set_header Host in.example; }
          location /c { proxy_pass http://10.0.0.3; proxy_set_header Host $http_host; }
          location /d { proxy_pass http://10.0.0.3; proxy_set_header Host $host; }
        }
        """);
    assertThat(errors())
        .contains("there.conf:2:3: location /a: the servers get the host of the request (there: 10")
        .contains(
            "there.conf:3:3: location /b: the servers get the host of the request (there: in.exam")
        .doesNotContain("location /c")
        .doesNotContain("location /d");
  }

  @Test
  void aBackendOfHaproxyKeepsItsMeaning() throws Exception {
    String yaml =
        convert(
            0,
            "haproxy",
            """
            defaults
              mode http
              timeout connect 2s
              timeout server 30s
              retries 1
            frontend f
              default_backend b
            backend b
              balance hdr(X-User)
              option httpchk GET /up
              http-check expect status 204
              default-server check inter 5s fall 4 rise 1 maxconn 50 ssl verify none sni str(in.example)
              server one 10.0.0.1:443 weight 3
              server two 10.0.0.2:443 backup
            """);
    assertThat(yaml)
        .contains("addrs: [\"10.0.0.1:443 3\", \"10.0.0.2:443 priority=1\"]")
        .contains("algo: hash:header:X-User")
        .contains("max_connections: 50")
        .contains("sni: in.example")
        .contains("verify_cert: false")
        .contains("connection_timeout: 2s")
        .contains("read_timeout: 30s")
        .contains("retries: 1")
        .contains("path: /up")
        .contains("expect: 204")
        .contains("check_frequency: 5s")
        .contains("success: 1")
        .contains("failure: 4");
  }

  @Test
  void whatHaproxyGuardsIsRefused() throws Exception {
    String yaml =
        convert(
            1,
            "haproxy",
            """
            defaults
              mode http
            frontend f
              acl inside src 10.0.0.0/8
              http-request deny if { path_beg /admin } !inside
              use_backend two if { hdr(x-two) yes }
              use_backend two unless { path_beg /one }
              default_backend one
            backend one
              server s 10.0.0.1:80
            backend two
              http-request auth unless { http_auth(users) }
              server s 10.0.0.2:80
            """);
    assertThat(yaml)
        .contains("- { path: { prefix: /admin }, status: 403, priority: ")
        .contains("- { path: { regex: \"^(?!/one)\" }, status: 401, priority: ")
        .contains("- { upstream: one }");
    assertThat(errors())
        .contains("use_backend two if { hdr(x-two) yes }: left out: routes have no");
  }
}
