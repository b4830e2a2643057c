package io.upstream4j.core.config;

import io.upstream4j.api.option.Option;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Keys of nginx, HAProxy, Envoy, Spring, Traefik and Kubernetes, and keys at the wrong level. Each
 * is mapped to the right name, or to a sentence that says what to write instead.
 */
final class OtherNames {
  private static final String CHECK = "{ http: { path: /health }, check_frequency: 10s }";

  /** Keys of an upstream. */
  static final Map<String, String> OF_UPSTREAM =
      names(
          Keys.ALL,
          "servers server endpoints hosts targets backends nodes members urls url uris address"
              + " addresses addr upstreams",
          "addrs",
          "load_assignment load_balancing_endpoints static_resources",
          "addrs, a list of \"host:port\" or \"host:port weight\"",
          "service_discovery type resolver",
          "discovery",
          "balance lb_policy load_balancer load_balancing lb strategy policy method algorithm"
              + " lb_algorithm",
          "algo",
          "least_conn ip_hash random hash round_robin least_request consistent",
          "algo, such as algo: least_request",
          "max_fails outlier_detection consecutive_5xx consecutive_errors consecutive_gateway_failure",
          "circuit_break_max_consecutive_failures",
          "fail_timeout base_ejection_time",
          "circuit_break_open_duration",
          "max_ejection_percent",
          "max_ejected_percent",
          "circuit_breaker circuit_breakers circuitBreaker",
          "circuit_break_max_consecutive_failures or circuit_break_max_failure_percent",
          "timeout timeouts",
          "connection_timeout, read_timeout, write_timeout or idle_timeout",
          "timeout_server proxy_read_timeout response_timeout request_timeout timeout_http_request"
              + " server_timeout readTimeout",
          "read_timeout",
          "timeout_connect connect_timeout proxy_connect_timeout connectTimeout dial_timeout",
          "connection_timeout",
          "proxy_send_timeout send_timeout timeout_client",
          "write_timeout",
          "keepalive_timeout timeout_http_keep_alive timeout_keep_alive idle_conn_timeout",
          "idle_timeout",
          "keepalive min_idle max_idle pool_size keepalive_connections",
          "min_idle_connections or max_connections",
          "keepalive_requests max_requests",
          "max_requests_per_connection",
          "keepalive_time max_age",
          "max_connection_age",
          "max_conns maxconn max_connection",
          "max_connections",
          "queue maxqueue max_queue max_pending_requests",
          "max_pending",
          "timeout_queue queue_timeout",
          "pending_timeout",
          "healthcheck health health_checks check option_httpchk httpchk liveness_probe probe"
              + " health_checker active_health_check",
          "health_check",
          "interval inter check_interval health_check_interval rise fall healthy_threshold"
              + " unhealthy_threshold health_path health_check_path",
          "a key of health_check: " + CHECK,
          "retry retry_policy num_retries max_retries attempts proxy_next_upstream"
              + " proxy_next_upstream_tries next_upstream retry_on",
          "retries",
          "slowstart slow_start_config",
          "slow_start",
          "tls_server_name server_name proxy_ssl_name ssl_name",
          "sni",
          "ssl https use_tls transport_socket proxy_ssl tls_enabled scheme",
          "sni, whose host name turns TLS on",
          "insecure insecure_skip_verify verify proxy_ssl_verify ssl_verify tls_verify skip_verify",
          "verify_cert",
          "proxy_ssl_trusted_certificate ca_file ca ca_cert cafile cert key ciphers protocols"
              + " verify_name",
          "a key of tls",
          "http2 protocol http2_protocol_options proto h2 http_version",
          "alpn",
          "locality region availability_zone",
          "zone",
          "resolve resolvers dns_resolvers nameserver nameservers dns dns_servers",
          "dns_server",
          "dns_refresh_rate refresh refresh_interval",
          "update_frequency",
          "include",
          "includes",
          "comment description name note notes",
          "remark",
          "weight",
          "the weight behind the server, such as addrs: [\"host:port 5\"]",
          "backup",
          "priority=1 behind the server, such as addrs: [\"host:port priority=1\"]",
          "port",
          "the port behind the server, such as addrs: [\"host:8080\"]",
          "routes route",
          "routes at the top of the file, not under an upstream",
          "host path location",
          "a route at the top of the file: routes: [{ host, path, upstream }]",
          "listen bind entrypoints listeners",
          "the address as an option of the command: upstream serve --listen",
          "sticky sticky_session sticky_sessions cookie session_affinity affinity hash_key",
          "algo: hash:cookie:<name>");

  /** Keys beside the type under health_check. */
  static final Map<String, String> OF_HEALTH_CHECK =
      names(
          Keys.OF_HEALTH_CHECK,
          "interval inter period frequency every periodSeconds check_interval",
          "check_frequency",
          "downinter fastinter unhealthy_interval",
          "unhealthy_check_frequency",
          "timeout timeoutSeconds check_timeout",
          "read_timeout or connection_timeout",
          "connect_timeout timeout_connect",
          "connection_timeout",
          "rise passes healthy_threshold successThreshold successes healthy",
          "success",
          "fall fails failures unhealthy_threshold failureThreshold max_fails unhealthy",
          "failure",
          "type protocol kind",
          "the type as the key: { http: { path: /health } }",
          "path uri url request_path httpGet http_health_check method host port headers expect"
              + " expected_statuses status match body",
          "the type around it: { http: { path: /health } }");

  /** Keys under tls. */
  static final Map<String, String> OF_TLS =
      names(
          TlsReader.ALL,
          "ca_file cafile ca_cert ca_certs root_ca trusted_certificate trust",
          "ca",
          "cert_file certfile certificate client_cert crt",
          "cert",
          "key_file keyfile private_key client_key",
          "key",
          "server_name sni name",
          "verify_name, or sni of the upstream",
          "min_version max_version versions version tls_versions",
          "protocols",
          "cipher_suites cipher",
          "ciphers",
          "insecure insecure_skip_verify verify skip_verify",
          "verify_cert: false beside tls");

  /** Keys under retries. */
  static final Map<String, String> OF_RETRIES =
      names(
          Keys.OF_RETRIES,
          "attempts num_retries max_retries count tries limit max_attempts number",
          "max",
          "budget percent retry_budget ratio",
          "budget_percent",
          "min_per_second per_second",
          "budget_per_second",
          "per_try_timeout timeout",
          "read_timeout of the upstream, which holds for each try");

  /** Keys of a route. */
  static final Map<String, String> OF_ROUTE =
      names(
          RouteReader.ALL,
          "location prefix path_prefix uri url url_prefix pathPrefix",
          "path",
          "domain hosts domains server_name hostname hostnames authority",
          "host",
          "proxy_pass cluster backend service to target use_backend default_backend upstreams"
              + " destination name",
          "upstream",
          "match matches route rule rules predicates filters",
          "host, path and upstream side by side: { host, path, upstream }");

  /** Top-level keys. */
  static final Map<String, String> OF_TOP =
      names(
          ConfigReader.ALL,
          "upstream backends backend clusters services service",
          "upstreams",
          "route locations location frontends frontend server",
          "routes",
          "listen bind port listeners entrypoints address",
          "the address as an option of the command: upstream serve --listen HOST:PORT",
          "admin",
          "the address as an option of the command: upstream serve --admin HOST:PORT",
          "static_resources dynamic_resources",
          "upstreams: { <name>: { addrs: [\"host:port\"] } }; this looks like Envoy's",
          "spring server.port",
          "upstreams: { <name>: { addrs: [\"host:port\"] } }; this looks like Spring's",
          "apiVersion kind metadata spec",
          "upstreams: { <name>: { addrs: [\"host:port\"] } }; this looks like Kubernetes'",
          "http tcp providers",
          "upstreams: { <name>: { addrs: [\"host:port\"] } }",
          "version",
          "the key left out; a file has no version",
          "log logging access_log",
          "an option of the command: see upstream serve --help");

  private static final Map<String, String> ALGORITHMS =
      names(
          List.of(),
          "least_conn leastconn least_connections least_requests leastrequest least",
          "least_request",
          "ip_hash source source_ip maglev ring_hash ketama sticky uri hdr consistent_hash",
          "consistent",
          "round_robin rr roundrobin static_rr wrr weighted_round_robin smooth_wrr first",
          "round_robin",
          "ewma p2c_ewma peak least_time",
          "peak_ewma",
          "rand",
          "random",
          "p2c power_of_two two_random_choices",
          "least_request");

  private OtherNames() {}

  /** Returns the load balancer that is closest to another program's word. */
  static Optional<String> algorithm(String word) {
    return Optional.ofNullable(ALGORITHMS.get(normal(word)));
  }

  /** Returns the short form for another program's word; for {@code ip_hash}, it includes a key. */
  static Optional<String> shortForm(String word) {
    String name = normal(word);
    if (name.startsWith("hash_$")) {
      return Optional.of("hash:url");
    }
    return switch (name) {
      case "ip_hash", "source", "source_ip" -> Optional.of("hash:ip");
      case "uri" -> Optional.of("hash:url");
      default -> algorithm(word);
    };
  }

  private static String normal(String word) {
    return word.toLowerCase(Locale.ROOT).replace('-', '_').replace(' ', '_');
  }

  /** Maps each name, also with hyphens and in camel case, unless it is a known key. */
  private static Map<String, String> names(Collection<Option<?>> known, String... pairs) {
    Map<String, String> names = new HashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      for (String name : pairs[i].split(" ", -1)) {
        for (String form : List.of(name, name.replace('_', '-'), camel(name))) {
          names.put(form, pairs[i + 1]);
        }
      }
    }
    known.forEach(option -> names.remove(option.name()));
    return Map.copyOf(names);
  }

  private static String camel(String name) {
    StringBuilder camel = new StringBuilder();
    boolean upper = false;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c != '_') {
        camel.append(upper ? Character.toUpperCase(c) : c);
      }
      upper = c == '_';
    }
    return camel.toString();
  }
}
