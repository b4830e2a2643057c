package io.upstream4j.distribution.convert;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Problem;
import io.upstream4j.api.option.Problems;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Converts upstreams of nginx, and the servers that locations name directly. Time limits and TLS
 * belong to the location there, so one upstream may become several.
 */
final class NginxUpstreams {
  private static final Set<String> REMARKS =
      Set.of("zone", "keepalive", "state", "ntlm", "server", "hash", "random", "least_conn");

  private record Server(String address, boolean backup) {}

  private final Problems problems;
  private final Notes notes;
  private final Map<String, NginxDirective> blocks = new LinkedHashMap<>();
  private final Map<String, String> names = new HashMap<>();
  private final List<Node.Entry> converted = new ArrayList<>();
  private final Set<String> noted = new LinkedHashSet<>();

  NginxUpstreams(Problems problems, Notes notes) {
    this.problems = problems;
    this.notes = notes;
  }

  void define(NginxDirective block) {
    blocks.put(block.arg(0), block);
  }

  /** Those that are used, in the order of their use. */
  List<Node.Entry> converted() {
    return converted;
  }

  /**
   * The upstream behind a target, which is made when it is new.
   *
   * @param scheme http, https, grpc or grpcs
   * @param target a name of an upstream, or a host with or without a port, or unix:/path
   * @return its name; null when it has no equivalent
   */
  @Nullable String use(Location at, String scheme, String target, NginxScope scope) {
    Keyed keys = new Keyed(at, problems);
    NginxDirective block = blocks.get(target);
    int servers = 1;
    if (block == null) {
      keys.put(at, "addrs", List.of(withPort(target, scheme.endsWith("s") ? 443 : 80)));
    } else {
      servers = servers(block, keys);
      if (servers == 0) {
        notes.loss(block.at(), "upstream " + target, "left out: all of its servers are down");
        return null;
      }
      strategy(block, keys);
      connections(block, keys);
    }
    limits(scope, scheme.startsWith("grpc") ? "grpc_" : "proxy_", servers, keys);
    if (scheme.endsWith("s")) {
      tls(at, scheme.startsWith("grpc") ? "grpc_" : "proxy_", target, scope, keys);
    }
    if (scheme.startsWith("grpc")) {
      keys.put(at, "alpn", "H2");
    }
    Node.Mapping mapping = keys.mapping();
    String known = names.get(target + " " + YamlText.of(mapping));
    if (known != null) {
      return known;
    }
    String name = name(target);
    names.put(target + " " + YamlText.of(mapping), name);
    converted.add(new Node.Entry(block == null ? at : block.at(), name, mapping));
    return name;
  }

  private String name(String target) {
    String plain = target.replaceAll("[^A-Za-z0-9._-]+", "_").replaceAll("^[^A-Za-z0-9]+", "");
    if (plain.isEmpty()) {
      plain = "upstream";
    }
    plain = plain.substring(0, Math.min(plain.length(), 100));
    String name = plain;
    for (int i = 2; names.containsValue(name); i++) {
      name = plain + "-" + i;
    }
    return name;
  }

  private static String withPort(String address, int port) {
    boolean has =
        address.startsWith("unix:")
            || (address.startsWith("[") ? address.contains("]:") : address.indexOf(':') >= 0);
    return has ? address : address + ":" + port;
  }

  /** The addresses of an upstream; returns how many there are. */
  private int servers(NginxDirective block, Keyed keys) {
    Map<Server, Integer> weights = new LinkedHashMap<>(); // one that is named twice has the sum
    List<String> addresses = new ArrayList<>();
    Set<String> fails = new LinkedHashSet<>();
    Set<String> pauses = new LinkedHashSet<>();
    Set<String> connections = new LinkedHashSet<>();
    Set<String> slow = new LinkedHashSet<>();
    for (NginxDirective server : block.inner()) {
      if (!server.is("server")) {
        continue;
      }
      String weight = "1";
      boolean backup = false;
      boolean down = false;
      String maxFails = "1";
      String failTimeout = "10s";
      String maxConns = "0";
      String slowStart = "";
      for (String arg :
          server.args().subList(Math.min(1, server.args().size()), server.args().size())) {
        int equals = arg.indexOf('=');
        String value = arg.substring(equals + 1);
        switch (equals < 0 ? arg : arg.substring(0, equals)) {
          case "weight" -> weight = value;
          case "backup" -> backup = true;
          case "down" -> down = true;
          case "max_fails" -> maxFails = value;
          case "fail_timeout" -> failTimeout = value;
          case "max_conns" -> maxConns = value;
          case "slow_start" -> slowStart = value;
          case "resolve" -> {} // names are looked up again here
          default -> note(server, "left out: servers have no " + arg + " here");
        }
      }
      if (down) {
        notes.remark(server.at(), "server " + server.arg(0), "left out: it is down");
        continue;
      }
      if (!weight.matches("[1-9][0-9]{0,5}")) {
        problems.add(server.at(), "weight", Problem.quoted(weight) + " (expected: 1 to 999999)");
        continue;
      }
      weights.merge(
          new Server(withPort(server.arg(0), 80), backup), Integer.parseInt(weight), Integer::sum);
      fails.add(maxFails);
      pauses.add(failTimeout);
      connections.add(maxConns);
      slow.add(slowStart);
    }
    weights.forEach(
        (server, weight) -> {
          // A backup that is a server of its own as well gets requests as that one.
          if (!server.backup() || !weights.containsKey(new Server(server.address(), false))) {
            addresses.add(
                server.address()
                    + (weight == 1 ? "" : " " + weight)
                    + (server.backup() ? " priority=1" : ""));
          }
        });
    if (addresses.isEmpty()) {
      return 0;
    }
    keys.put(block.at(), "addrs", addresses);
    passive(block, keys, fails, pauses, addresses.size());
    String most = one(block, "max_conns", connections);
    if (most != null && !most.equals("0")) {
      keys.put(block.at(), "max_connections", most);
    }
    String start = one(block, "slow_start", slow);
    if (start != null && !start.isEmpty() && !start.equals("0")) {
      keys.put(block.at(), "slow_start", start, text -> Times.convert(text, 1_000));
    }
    return addresses.size();
  }

  private void passive(
      NginxDirective block, Keyed keys, Set<String> fails, Set<String> pauses, int servers) {
    String max = one(block, "max_fails", fails);
    String pause = one(block, "fail_timeout", pauses);
    if (max != null && pause != null && !max.equals("0") && servers > 1) {
      keys.put(block.at(), "circuit_break_max_consecutive_failures", max);
      if (!pause.equals("0")) {
        keys.put(
            block.at(), "circuit_break_open_duration", pause, text -> Times.convert(text, 1_000));
      }
    }
  }

  /** The value that all servers have. */
  private @Nullable String one(NginxDirective block, String name, Set<String> values) {
    if (values.size() == 1) {
      return values.iterator().next();
    }
    if (noted.add(block.at() + name)) {
      notes.loss(
          block.at(),
          "upstream " + block.arg(0),
          name + " is left out: its servers have different ones (here: one for the upstream)");
    }
    return null;
  }

  private void strategy(NginxDirective block, Keyed keys) {
    for (NginxDirective directive : block.inner()) {
      switch (directive.name()) {
        case "least_conn", "least_time" -> keys.put(directive.at(), "algo", "least_request");
        case "random" ->
            keys.put(
                directive.at(),
                "algo",
                directive.arg(0).equals("two") ? "least_request" : "random");
        case "ip_hash" -> {
          keys.put(directive.at(), "algo", "hash:ip");
          note(directive, "clients may get another server than there, and always the same one");
        }
        case "hash" -> hash(directive, keys);
        case "sticky" -> note(directive, "left out: there are no sticky sessions here");
        default -> {
          if (!REMARKS.contains(directive.name()) && !directive.name().startsWith("keepalive_")) {
            note(directive, "left out: there is no equivalent");
          }
        }
      }
    }
  }

  private void hash(NginxDirective directive, Keyed keys) {
    String key = directive.arg(0).replace("{", "").replace("}", "");
    String algo =
        switch (key) {
          case "$request_uri", "$scheme$request_uri", "$host$request_uri" -> "hash:url";
          case "$uri", "$document_uri" -> "hash:path";
          case "$remote_addr", "$binary_remote_addr" -> "hash:ip";
          default ->
              key.startsWith("$cookie_")
                  ? "hash:cookie:" + key.substring(8)
                  : key.startsWith("$arg_")
                      ? "hash:query:" + key.substring(5)
                      : key.startsWith("$http_")
                          ? "hash:header:" + key.substring(6).replace('_', '-')
                          : "";
        };
    if (algo.isEmpty() || algo.indexOf('$') >= 0) {
      note(
          directive,
          "left out: the key has no equivalent (here: url, path, ip, or one header, cookie or query parameter)");
      return;
    }
    keys.put(directive.at(), "algo", algo);
    if (!directive.arg(1).equals("consistent")) {
      note(directive, "keys go to other servers than there: hashing is always consistent here");
    }
  }

  private static void connections(NginxDirective block, Keyed keys) {
    for (NginxDirective directive : block.inner()) {
      switch (directive.name()) {
        case "keepalive_timeout" ->
            keys.put(
                directive.at(),
                "idle_timeout",
                directive.arg(0),
                text -> Times.convert(text, 1_000));
        case "keepalive_requests" ->
            keys.put(directive.at(), "max_requests_per_connection", directive.arg(0));
        case "keepalive_time" ->
            keys.put(
                directive.at(),
                "max_connection_age",
                directive.arg(0),
                text -> Times.convert(text, 1_000));
        default -> {}
      }
    }
  }

  private void limits(NginxScope scope, String prefix, int servers, Keyed keys) {
    time(scope, prefix + "connect_timeout", "connection_timeout", keys);
    time(scope, prefix + "read_timeout", "read_timeout", keys);
    time(scope, prefix + "send_timeout", "write_timeout", keys);
    NginxDirective next = scope.find(prefix + "next_upstream");
    NginxDirective tries = scope.find(prefix + "next_upstream_tries");
    if (next != null && next.args().contains("off")) {
      keys.put(next.at(), "retries", "0");
    } else if (tries != null && tries.arg(0).matches("[1-9][0-9]?")) {
      keys.put(tries.at(), "retries", String.valueOf(Integer.parseInt(tries.arg(0)) - 1));
    } else if (next != null) {
      keys.put(next.at(), "retries", String.valueOf(Math.min(100, servers - 1)));
    }
    if (next != null) {
      List<String> others =
          next.args().stream()
              .filter(arg -> !List.of("error", "timeout", "invalid_header", "off").contains(arg))
              .toList();
      if (!others.isEmpty()) {
        note(
            next,
            String.join(" ", others)
                + " is left out: what is tried again is what could not be sent, or is idempotent and got no response");
      }
    }
    NginxDirective whole = scope.find(prefix + "next_upstream_timeout");
    if (whole != null && !whole.arg(0).equals("0")) {
      note(whole, "left out: there is no time limit for all tries together");
    }
  }

  private void time(NginxScope scope, String name, String key, Keyed keys) {
    NginxDirective directive = scope.find(name);
    if (directive != null) {
      keys.putLimit(
          directive.at(), key, directive.arg(0), text -> Times.convert(text, 1_000), notes);
    }
  }

  private void tls(Location at, String prefix, String target, NginxScope scope, Keyed keys) {
    String name = scope.value(prefix + "ssl_name");
    if (name.equals("$host") || name.equals("$http_host")) {
      name = "$host";
    } else if (name.isEmpty() || name.indexOf('$') >= 0) {
      name = target.startsWith("[") ? target : target.replaceAll(":[0-9]+$", "");
    }
    keys.put(at, "sni", name);
    boolean verifies = scope.value(prefix + "ssl_verify").equals("on");
    if (!verifies) {
      keys.put(at, "verify_cert", "false");
      if (noted.add("verify " + target)) {
        notes.remark(at, target, "certificates are not verified, as there (here: verify_cert)");
      }
    }
    Map<String, String> more = new LinkedHashMap<>();
    if (verifies && !scope.value(prefix + "ssl_trusted_certificate").isEmpty()) {
      more.put("ca", scope.value(prefix + "ssl_trusted_certificate"));
    }
    if (!scope.value(prefix + "ssl_certificate").isEmpty()) {
      more.put("cert", scope.value(prefix + "ssl_certificate"));
      more.put("key", scope.value(prefix + "ssl_certificate_key"));
    }
    if (!more.isEmpty()) {
      keys.put(at, "tls", more);
    }
  }

  /** Once, however many upstreams are made of the same. */
  private void note(NginxDirective directive, String message) {
    if (noted.add(directive.at() + message)) {
      notes.loss(directive.at(), directive.text(), message);
    }
  }
}
