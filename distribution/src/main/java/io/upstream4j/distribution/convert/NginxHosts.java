package io.upstream4j.distribution.convert;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Which hosts the servers of nginx at one port are for. */
final class NginxHosts {
  /** What requests with a name are, before their path is looked at. */
  static final int STEP = 10;

  private final NginxServer first;
  private final Map<NginxServer, Set<String>> hosts = new HashMap<>();
  private final Map<NginxServer, Set<String>> refused = new HashMap<>();
  private final List<Integer> lengths;

  /**
   * Sorts names.
   *
   * @param first the server of requests with any other host
   */
  NginxHosts(List<NginxServer> servers, NginxServer first, Notes notes) {
    this.first = first;
    Set<Integer> domains = new TreeSet<>();
    Set<String> taken = new LinkedHashSet<>(); // of two servers with one name, the first has it
    for (NginxServer server : servers) {
      Set<String> own = hosts.computeIfAbsent(server, key -> new LinkedHashSet<>());
      refused.put(server, new LinkedHashSet<>());
      for (String name : server.names()) {
        if (name.endsWith(".*")) {
          notes.loss(
              server.at(), server.text(), "the name " + name + " is left out: the end is open");
        } else if (name.startsWith(".")) {
          own.add(name.substring(1));
          own.add("*" + name);
        } else if (!name.startsWith("~")) {
          own.add(name);
        }
      }
      own.removeIf(name -> !taken.add(name));
    }
    // Expressions come last there, in the order of the file.
    servers.forEach(server -> addExpressions(server, taken, notes));
    for (String name : taken) {
      if (name.startsWith("*.")) {
        domains.add(name.length());
      }
    }
    this.lengths = new ArrayList<>(domains);
  }

  private void addExpressions(NginxServer server, Set<String> taken, Notes notes) {
    for (String name : server.names()) {
      if (!name.startsWith("~")) {
        continue;
      }
      String domain = Regexes.domain(name.substring(1));
      boolean reached =
          taken.stream().noneMatch(it -> it.startsWith("*.") && domain.endsWith(it.substring(1)));
      if (domain.isEmpty()) {
        notes.loss(server.at(), server.text(), "the name " + name + " is left out: a pattern");
      } else if (reached && taken.add(domain)) {
        boolean whole = Regexes.isDomain(name.substring(1));
        Map<NginxServer, Set<String>> into = whole ? hosts : refused;
        into.computeIfAbsent(server, key -> new LinkedHashSet<>()).add(domain);
        if (!whole) {
          notes.loss(
              server.at(), server.text(), "requests to " + domain + " are refused: a pattern");
        }
      }
    }
  }

  /** The hosts of a server; the empty text for any other. */
  Set<String> of(NginxServer server) {
    Set<String> all = new LinkedHashSet<>(hosts.getOrDefault(server, Set.of()));
    if (server == first) {
      if (lengths.isEmpty()) {
        return Set.of(""); // its names are among the others
      }
      all.add("");
    }
    return all;
  }

  /** Hosts whose requests are refused, as it is not known which of them are the server's. */
  Set<String> refused(NginxServer server) {
    return refused.getOrDefault(server, Set.of());
  }

  boolean isFirst(NginxServer server) {
    return server == first;
  }

  /** So that the host counts for more than how important a location is. */
  int weight(String host) {
    return host.isEmpty()
        ? 0
        : STEP * (host.startsWith("*.") ? 1 + lengths.indexOf(host.length()) : 1 + lengths.size());
  }
}
