package io.upstream4j.distribution.convert;

import java.util.Locale;
import java.util.Set;

/** What to say of directives of nginx that are not converted. */
final class NginxNotes {
  /** Read elsewhere, or as it is here anyway. */
  private static final Set<String> SILENT =
      Set.of(
          "listen",
          "server_name",
          "location",
          "proxy_pass",
          "grpc_pass",
          "return",
          "internal",
          "rewrite",
          "set",
          "if",
          "try_files",
          "allow",
          "deny",
          "auth_basic",
          "auth_request",
          "auth_basic_user_file",
          "auth_jwt",
          "auth_jwt_key_file",
          "limit_except",
          "satisfy",
          "ssl_verify_client",
          "proxy_http_version",
          "proxy_connect_timeout",
          "proxy_read_timeout",
          "proxy_send_timeout",
          "proxy_next_upstream",
          "proxy_next_upstream_tries",
          "proxy_next_upstream_timeout",
          "grpc_connect_timeout",
          "grpc_read_timeout",
          "grpc_send_timeout",
          "grpc_next_upstream",
          "grpc_next_upstream_tries",
          "grpc_next_upstream_timeout",
          "proxy_ssl_name",
          "proxy_ssl_verify",
          "proxy_ssl_trusted_certificate",
          "proxy_ssl_certificate",
          "proxy_ssl_certificate_key",
          "proxy_ssl_server_name",
          "grpc_ssl_name",
          "grpc_ssl_verify",
          "grpc_ssl_server_name",
          "grpc_ssl_trusted_certificate",
          "proxy_buffering",
          "proxy_buffers",
          "proxy_buffer_size",
          "proxy_busy_buffers_size",
          "proxy_request_buffering",
          "proxy_max_temp_file_size",
          "proxy_redirect",
          "break",
          "root",
          "index",
          "alias");

  /** Of the process or of connections of clients. */
  private static final Set<String> PROCESS =
      Set.of(
          "user",
          "pid",
          "daemon",
          "worker_processes",
          "worker_rlimit_nofile",
          "worker_connections",
          "events",
          "error_log",
          "access_log",
          "log_format",
          "log_not_found",
          "sendfile",
          "tcp_nopush",
          "tcp_nodelay",
          "types",
          "types_hash_max_size",
          "default_type",
          "server_tokens",
          "server_names_hash_bucket_size",
          "server_names_hash_max_size",
          "keepalive_timeout",
          "keepalive_requests",
          "client_header_timeout",
          "client_body_timeout",
          "client_body_buffer_size",
          "client_header_buffer_size",
          "large_client_header_buffers",
          "send_timeout",
          "reset_timedout_connection",
          "charset",
          "load_module",
          "http2",
          "map_hash_bucket_size",
          "map_hash_max_size",
          "resolver",
          "resolver_timeout",
          "env",
          "variables_hash_max_size",
          "open_file_cache",
          "open_file_cache_valid",
          "open_file_cache_min_uses",
          "open_file_cache_errors",
          "worker_cpu_affinity",
          "multi_accept",
          "use",
          "master_process",
          "thread_pool",
          "pcre_jit",
          "etag",
          "merge_slashes",
          "underscores_in_headers",
          "port_in_redirect",
          "absolute_redirect");

  /** Values of headers that are sent here without being asked for. */
  private static final Set<String> FORWARDED =
      Set.of(
          "host",
          "connection",
          "upgrade",
          "x-forwarded-for",
          "x-forwarded-proto",
          "x-forwarded-host",
          "x-forwarded-port");

  private static final Set<String> REQUEST_HOST =
      Set.of("$host", "$http_host", "$host:$server_port", "$host:$proxy_port");

  private NginxNotes() {}

  /** Whether a value is the host that a request asks for. */
  static boolean isRequestHost(String value) {
    return REQUEST_HOST.contains(value.replace("{", "").replace("}", ""));
  }

  /** Notes a directive that is in force. */
  static void add(NginxDirective directive, Notes notes) {
    String name = directive.name();
    if (SILENT.contains(name)) {
      return;
    }
    if (name.equals("include")) {
      String file = directive.arg(0);
      if (file.endsWith("mime.types") || file.endsWith("_params")) {
        return;
      }
      notes.loss(directive.at(), "include " + file, "there is no such file, so it was not read");
    } else if ((name.equals("proxy_set_header") || name.equals("grpc_set_header"))
        && FORWARDED.contains(directive.arg(0).toLowerCase(Locale.ROOT))) {
      if (directive.arg(0).equalsIgnoreCase("Host") && !isRequestHost(directive.arg(1))) {
        return; // said of each location that passes requests on
      }
      notes.remark(
          directive.at(),
          directive.text(),
          "left out: Host is forwarded as received, and X-Forwarded headers are always sent here");
    } else if (PROCESS.contains(name)
        || name.endsWith("_temp_path")
        || (name.equals("map") && directive.arg(0).equals("$http_upgrade"))
        || name.startsWith("ssl_")
        || name.startsWith("gzip")) {
      notes.remark(
          directive.at(),
          name,
          "left out: what concerns the process and its clients is said by arguments of upstream"
              + " serve");
    } else {
      notes.loss(directive.at(), directive.text(), "left out: there is no equivalent");
    }
  }
}
