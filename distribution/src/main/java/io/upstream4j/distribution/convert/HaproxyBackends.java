package io.upstream4j.distribution.convert;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Problem;
import io.upstream4j.api.option.Problems;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Converts the backends of HAProxy that rules lead to. */
final class HaproxyBackends {
  /**
   * What leads to a backend.
   *
   * @param refusal the status with which its requests are refused; 0 when they are passed on
   */
  record Use(String upstream, @Nullable PrefixRewrite rewrite, int refusal) {}

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
  private static final Pattern REGSUB =
      Pattern.compile("%\\[path,regsub\\(([^,]+),([^,)]*)(?:,g?)?\\)]");

  private final Map<String, HaproxySection> backends;
  private final Problems problems;
  private final Notes notes;
  private final ConversionOptions.Guards guards;
  private final Map<String, Optional<Use>> used = new HashMap<>();
  private final List<Node.Entry> converted = new ArrayList<>();

  HaproxyBackends(
      Map<String, HaproxySection> backends,
      Problems problems,
      Notes notes,
      ConversionOptions.Guards guards) {
    this.backends = backends;
    this.problems = problems;
    this.notes = notes;
    this.guards = guards;
  }

  List<Node.Entry> converted() {
    return converted;
  }

  /** Converts a backend when it is new; null when it has no servers. */
  @Nullable Use use(HaproxySection.Line line, String name) {
    HaproxySection backend = backends.get(name);
    if (backend == null) {
      problems.addUnknown(
          line.at(), line.name(), "no backend " + Problem.quoted(name), name, backends.keySet());
      return null;
    }
    Optional<Use> known = used.get(name);
    if (known == null) {
      known = Optional.ofNullable(make(backend));
      used.put(name, known);
    }
    return known.orElse(null);
  }

  private @Nullable Use make(HaproxySection backend) {
    Keyed keys = new Keyed(backend.at(), problems);
    HaproxyServers servers = new HaproxyServers(backend, keys, notes);
    if (!servers.convert()) {
      notes.loss(
          backend.at(), "backend " + backend.name(), "its requests are refused: it has no servers");
      return null;
    }
    balance(backend, keys);
    times(backend, keys);
    check(backend, servers, keys);
    String name =
        NAME.matcher(backend.name()).matches()
            ? backend.name()
            : "b" + backend.name().replaceAll("[^A-Za-z0-9._-]", "_");
    PrefixRewrite rewrite = null;
    int refusal = 0;
    for (HaproxySection.Line line : backend.lines()) {
      if (backend.kind().equals("listen")) {
        break; // its rules are those of the frontend
      }
      String action = line.arg(0);
      if (!line.name().equals("http-request")) {
        rest(line);
      } else if (Set.of("deny", "auth", "reject", "tarpit", "return").contains(action)) {
        boolean refuses = guards == ConversionOptions.Guards.REFUSE;
        notes.loss(
            line.at(),
            line.text(),
            refuses ? "its requests are refused: it guards them" : "left out: no equivalent");
        refusal = refuses ? action.equals("auth") ? 401 : 403 : refusal;
      } else if (action.contains("path") || action.contains("uri")) {
        PrefixRewrite read = rewrite(line);
        if (read == null || rewrite != null) {
          notes.loss(line.at(), line.text(), "its requests are refused: their path is changed");
          refusal = 404;
        }
        rewrite = read;
      } else if (action.equals("redirect")) {
        notes.loss(line.at(), line.text(), "its requests are refused: there are no redirects");
        refusal = 404;
      } else {
        notes.loss(line.at(), line.text(), "left out: there is no equivalent");
      }
    }
    if (refusal == 0) {
      converted.add(new Node.Entry(backend.at(), name, keys.mapping()));
    }
    return new Use(name, rewrite, refusal);
  }

  private static @Nullable PrefixRewrite rewrite(HaproxySection.Line line) {
    if (line.words().contains("if") || line.words().contains("unless")) {
      return null;
    }
    if (line.arg(0).equals("replace-path")) {
      String regex = line.arg(1).startsWith("^") ? line.arg(1) : "^" + line.arg(1);
      return PrefixRewrite.read(regex, line.arg(2).replace("\\1", "$1"));
    }
    Matcher regsub = REGSUB.matcher(line.arg(1));
    return line.arg(0).equals("set-path") && regsub.matches()
        ? PrefixRewrite.read(regsub.group(1), regsub.group(2))
        : null;
  }

  private void balance(HaproxySection backend, Keyed keys) {
    HaproxySection.Line line = backend.find("balance");
    if (line == null) {
      return;
    }
    String kind = line.arg(0);
    int bracket = kind.indexOf('(');
    String of = bracket < 0 ? line.arg(1) : kind.substring(bracket + 1).replace(")", "");
    String algo =
        switch (bracket < 0 ? kind : kind.substring(0, bracket)) {
          case "roundrobin", "static-rr" -> "round_robin";
          case "leastconn" -> "least_request";
          case "random" -> "random";
          case "source" -> "hash:ip";
          case "uri" -> line.words().contains("whole") ? "hash:url" : "hash:path";
          case "hdr" -> of.isEmpty() ? "" : "hash:header:" + of;
          case "url_param" -> of.isEmpty() ? "" : "hash:query:" + of;
          default -> "";
        };
    if (algo.isEmpty()) {
      notes.loss(line.at(), line.text(), "left out: there is no equivalent, so servers take turns");
      return;
    }
    if (!algo.equals("round_robin")) {
      keys.put(line.at(), "algo", algo);
    }
    if (algo.startsWith("hash:")) {
      notes.remark(line.at(), line.text(), "keys go to other servers than there");
    }
  }

  private void times(HaproxySection backend, Keyed keys) {
    time(backend, "connect", "connection_timeout", keys);
    time(backend, "server", "read_timeout", keys);
    time(backend, "server", "write_timeout", keys);
    time(backend, "queue", "pending_timeout", keys);
    HaproxySection.Line retries = backend.find("retries");
    if (retries != null && retries.arg(0).matches("[0-9]{1,2}")) {
      keys.put(retries.at(), "retries", retries.arg(0));
    }
  }

  private void time(HaproxySection backend, String what, String key, Keyed keys) {
    HaproxySection.Line line = backend.find("timeout", what);
    if (line != null) {
      keys.putLimit(line.at(), key, line.arg(1), text -> Times.convert(text, 1), notes);
    }
  }

  private void check(HaproxySection backend, HaproxyServers servers, Keyed keys) {
    if (!servers.isChecked()) {
      keys.put(backend.at(), "health_check", "none");
      return;
    }
    HaproxySection.Line httpchk = backend.find("option", "httpchk");
    Location at = httpchk == null ? backend.at() : httpchk.at();
    Map<String, String> probe = new LinkedHashMap<>();
    if (httpchk != null) {
      String first = httpchk.arg(1);
      boolean onlyPath = first.startsWith("/");
      String method = onlyPath ? "OPTIONS" : first.isEmpty() ? "OPTIONS" : first;
      String path = onlyPath ? first : httpchk.arg(2);
      for (HaproxySection.Line send : backend.all("http-check")) {
        if (send.arg(0).equals("send")) {
          method = after(send, "meth").orElse(method);
          path = after(send, "uri").orElse(path);
        } else if (send.arg(0).equals("expect") && send.words().contains("status")) {
          after(send, "status").ifPresent(status -> probe.put("expect", status));
        } else if (send.arg(0).equals("expect") && send.words().contains("string")) {
          after(send, "string").ifPresent(body -> probe.put("body", body));
        } else {
          notes.loss(send.at(), send.text(), "left out: there is no equivalent");
        }
      }
      probe.put("path", path.isEmpty() ? "/" : path);
      if (!method.equals("GET")) {
        probe.put("method", method);
      }
      probe.putIfAbsent("expect", "200-399");
      for (HaproxySection.Line send : backend.all("http-check")) {
        int host = send.words().indexOf("Host");
        if (host > 0 && host + 1 < send.words().size()) {
          probe.put("host", send.words().get(host + 1));
        }
      }
    }
    keys.put(at, "health_check", servers.check(at, httpchk != null, probe));
  }

  private static Optional<String> after(HaproxySection.Line line, String word) {
    int at = line.words().indexOf(word);
    return at > 0 && at + 1 < line.words().size()
        ? Optional.of(line.words().get(at + 1))
        : Optional.empty();
  }

  private void rest(HaproxySection.Line line) {
    String option = line.name().equals("option") ? line.arg(0) : "";
    boolean known =
        Set.of(
                    "server",
                    "balance",
                    "hash-type",
                    "mode",
                    "retries",
                    "http-check",
                    "default-server",
                    "timeout",
                    "description",
                    "no")
                .contains(line.name())
            || Set.of(
                    "httpchk",
                    "forwardfor",
                    "http-keep-alive",
                    "httplog",
                    "redispatch",
                    "http-server-close",
                    "dontlognull",
                    "tcplog",
                    "abortonclose",
                    "httpclose",
                    "http-pretend-keepalive",
                    "prefer-last-server",
                    "log-health-checks",
                    "tcp-check",
                    "contstats",
                    "http-use-htx")
                .contains(option);
    if (known) {
      return;
    }
    if (Set.of("log", "maxconn", "stats", "errorfile", "fullconn", "http-reuse", "acl")
        .contains(line.name())) {
      notes.remark(line.at(), line.name(), "left out: it says nothing of where requests go");
    } else {
      notes.loss(line.at(), line.text(), "left out: there is no equivalent");
    }
  }
}
