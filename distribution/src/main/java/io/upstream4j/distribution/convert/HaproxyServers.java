package io.upstream4j.distribution.convert;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Converts the servers of one backend of HAProxy. What differs among them is left out. */
final class HaproxyServers {
  /** Followed by a value. */
  private static final Set<String> VALUED =
      Set.of(
          "weight",
          "inter",
          "fastinter",
          "downinter",
          "rise",
          "fall",
          "port",
          "addr",
          "maxconn",
          "maxqueue",
          "cookie",
          "slowstart",
          "sni",
          "ca-file",
          "crt",
          "verify",
          "verifyhost",
          "alpn",
          "proto",
          "check-sni",
          "check-alpn",
          "check-proto",
          "resolvers",
          "resolve-prefer",
          "resolve-opts",
          "resolve-net",
          "init-addr",
          "id",
          "on-error",
          "on-marked-down",
          "on-marked-up",
          "observe",
          "error-limit",
          "source",
          "namespace",
          "agent-addr",
          "agent-port",
          "agent-inter",
          "agent-send",
          "track",
          "redir",
          "ws",
          "pool-max-conn",
          "pool-purge-delay",
          "pool-low-conn",
          "ssl-min-ver",
          "ssl-max-ver",
          "ciphers",
          "ciphersuites",
          "crl-file",
          "minconn",
          "tfo",
          "usesrc",
          "interface",
          "shard",
          "log-proto",
          "max-reuse",
          "npn",
          "set-proxy-v2-tlv-fmt",
          "curves",
          "sigalgs");

  /** Change nothing that an upstream has here. */
  private static final Set<String> QUIET =
      Set.of(
          "check",
          "ssl",
          "backup",
          "disabled",
          "enabled",
          "no-check",
          "weight",
          "inter",
          "fastinter",
          "downinter",
          "rise",
          "fall",
          "maxconn",
          "slowstart",
          "sni",
          "ca-file",
          "crt",
          "verify",
          "verifyhost",
          "alpn",
          "proto",
          "resolvers",
          "resolve-prefer",
          "init-addr",
          "id",
          "pool-max-conn",
          "pool-purge-delay",
          "pool-low-conn",
          "max-reuse",
          "no-ssl",
          "check-ssl",
          "no-check-ssl",
          "check-sni",
          "check-alpn",
          "tfo",
          "port",
          "no-backup",
          "ssl-min-ver",
          "ssl-max-ver");

  private final HaproxySection backend;
  private final Keyed keys;
  private final Notes notes;
  private final Map<String, Set<String>> values = new LinkedHashMap<>();
  private final List<Boolean> checked = new ArrayList<>();

  HaproxyServers(HaproxySection backend, Keyed keys, Notes notes) {
    this.backend = backend;
    this.keys = keys;
    this.notes = notes;
  }

  /** Puts the addresses and what all servers have; false when there are none. */
  boolean convert() {
    Map<String, String> defaults = new LinkedHashMap<>();
    List<String> addresses = new ArrayList<>();
    for (HaproxySection.Line line : backend.lines()) {
      if (line.name().equals("default-server")) {
        read(line, 1, defaults);
      } else if (line.name().equals("server") && line.words().size() > 2) {
        Map<String, String> own = new LinkedHashMap<>(defaults);
        read(line, 3, own);
        add(line, own, addresses);
      } else if (line.name().equals("server-template")) {
        notes.loss(line.at(), line.text(), "left out: write its servers, or their name, as addrs");
      }
    }
    if (addresses.isEmpty()) {
      return false;
    }
    keys.put(backend.at(), "addrs", addresses);
    put("maxconn", "max_connections");
    if (!one("slowstart").isEmpty()) {
      keys.put(backend.at(), "slow_start", one("slowstart"), text -> Times.convert(text, 1));
    }
    tls();
    String proto = one("proto");
    String alpn = one("alpn");
    if (proto.equals("h2") || alpn.equals("h2")) {
      keys.put(backend.at(), "alpn", "H2");
    } else if (alpn.contains("h2") && !one("ssl").isEmpty()) {
      keys.put(backend.at(), "alpn", "H2H1");
    }
    return true;
  }

  private void read(HaproxySection.Line line, int from, Map<String, String> into) {
    for (int i = from; i < line.words().size(); i++) {
      String word = line.words().get(i);
      String value = "yes";
      if (VALUED.contains(word) && i + 1 < line.words().size()) {
        value = line.words().get(++i);
      }
      if (word.startsWith("no-")) {
        into.remove(word.substring(3));
      } else {
        into.put(word, value);
      }
      if (!QUIET.contains(word)) {
        notes.loss(
            line.at(), line.name() + " " + line.arg(0), word + " is left out: no equivalent");
      }
    }
  }

  private void add(HaproxySection.Line line, Map<String, String> own, List<String> addresses) {
    String address = line.arg(1).replaceFirst("^(ipv4|ipv6|unix)@", "");
    if (own.containsKey("disabled")) {
      notes.remark(line.at(), "server " + line.arg(0), "left out: it is disabled");
      return;
    }
    if (address.startsWith("/")) {
      address = "unix:" + address;
    } else if (address.startsWith("*")
        || address.startsWith(":")
        || address.contains("@")
        || address.contains("+")
        || address.contains("$")) {
      notes.loss(line.at(), "server " + line.arg(0), "left out: the address (expected: host:port)");
      return;
    } else if (!address.matches(".*:[0-9]+")) {
      notes.loss(line.at(), "server " + line.arg(0), "port 80 is used: there it is the client's");
      address += ":80";
    } else if (address.indexOf(':') != address.lastIndexOf(':') && !address.startsWith("[")) {
      int colon = address.lastIndexOf(':');
      address = "[" + address.substring(0, colon) + "]" + address.substring(colon);
    }
    String weight = own.getOrDefault("weight", "");
    addresses.add(
        address
            + (weight.isEmpty() ? "" : " " + weight)
            + (own.containsKey("backup") ? " priority=1" : ""));
    checked.add(own.containsKey("check"));
    for (String key :
        List.of(
            "maxconn",
            "slowstart",
            "ssl",
            "sni",
            "verify",
            "ca-file",
            "crt",
            "alpn",
            "proto",
            "inter",
            "rise",
            "fall",
            "port")) {
      values.computeIfAbsent(key, name -> new LinkedHashSet<>()).add(own.getOrDefault(key, ""));
    }
  }

  /** The value that all servers have; nothing, with a note, when they differ. */
  private String one(String key) {
    Set<String> all = values.getOrDefault(key, Set.of());
    if (all.size() == 1) {
      return all.iterator().next();
    }
    if (!all.isEmpty()) {
      notes.loss(
          backend.at(),
          "backend " + backend.name(),
          key + " is left out: its servers have different ones (here: one for the upstream)");
      values.put(key, Set.of());
    }
    return "";
  }

  private void put(String key, String ours) {
    String value = one(key);
    if (!value.isEmpty() && !value.equals("0")) {
      keys.put(backend.at(), ours, value);
    }
  }

  private void tls() {
    if (one("ssl").isEmpty()) {
      return;
    }
    String sni = one("sni");
    String name =
        sni.startsWith("str(")
            ? sni.substring(4).replace(")", "")
            : sni.contains("hdr(host)")
                ? "$host"
                : backend.name().replaceAll("[^A-Za-z0-9.-]", "-");
    keys.put(backend.at(), "sni", name);
    Map<String, String> more = new LinkedHashMap<>();
    if (one("verify").equals("none")) {
      keys.put(backend.at(), "verify_cert", "false");
    } else if (!one("ca-file").isEmpty() && !one("ca-file").startsWith("@")) {
      more.put("ca", one("ca-file"));
    }
    if (!one("crt").isEmpty()) {
      more.put("cert", one("crt"));
      more.put("key", one("crt"));
    }
    if (!more.isEmpty()) {
      keys.put(backend.at(), "tls", more);
    }
  }

  /** Whether any is checked; when only some are, that is noted. */
  boolean isChecked() {
    if (checked.contains(true) && checked.contains(false)) {
      notes.loss(
          backend.at(), "backend " + backend.name(), "all servers are checked, not only some");
    }
    return checked.contains(true);
  }

  /** The check of all servers. */
  Node check(Location at, boolean http, Map<String, String> probe) {
    List<Node.Entry> entries = new ArrayList<>();
    String port = one("port");
    if (!port.isEmpty() && http) {
      probe.put("port", port);
    }
    List<Node.Entry> inner = new ArrayList<>();
    probe.forEach((key, value) -> inner.add(entry(at, key, value)));
    entries.add(new Node.Entry(at, http ? "http" : "tcp", new Node.Mapping(at, inner)));
    String inter = one("inter");
    entries.add(entry(at, "check_frequency", Times.convert(inter.isEmpty() ? "2s" : inter, 1)));
    entries.add(entry(at, "success", one("rise").isEmpty() ? "2" : one("rise")));
    entries.add(entry(at, "failure", one("fall").isEmpty() ? "3" : one("fall")));
    return new Node.Mapping(at, entries);
  }

  private static Node.Entry entry(Location at, String key, String text) {
    return new Node.Entry(at, key, new Node.Scalar(at, text));
  }
}
