package io.upstream4j.distribution.convert;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Problem;
import io.upstream4j.api.option.Problems;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Converts configurations of nginx: upstreams, and the servers that listen at one port as routes.
 *
 * <p>What nginx does not pass on, the routes refuse, so that no other route takes it.
 */
public final class Nginx implements Conversion {
  private static final Set<String> BLOCKS = Set.of("http", "upstream", "server");

  private final ConversionOptions options;
  private final Problems problems = new Problems();
  private final Notes notes = new Notes();
  private final NginxParser parser;
  private final NginxUpstreams upstreams;
  private final List<NginxServer> servers = new ArrayList<>();

  /**
   * Creates a conversion.
   *
   * @param files where it finds what a file includes
   */
  public Nginx(ConversionOptions options, SourceFiles files) {
    this.options = options;
    this.parser = new NginxParser(files, problems);
    this.upstreams = new NginxUpstreams(problems, notes);
  }

  @Override
  public void add(String source, String text) {
    take(new NginxScope(null, parser.read(source, text)));
  }

  private void take(NginxScope scope) {
    for (NginxDirective directive : scope.own()) {
      switch (directive.name()) {
        case "http" -> take(scope.inner(directive.inner()));
        case "upstream" -> upstreams.define(directive);
        case "server" -> servers.add(new NginxServer(directive, scope.inner(directive.inner())));
        case "stream", "mail" ->
            notes.loss(directive.at(), directive.name(), "left out: only HTTP is proxied here");
        default -> {
          if (!BLOCKS.contains(directive.name())) {
            NginxNotes.add(directive, notes);
          }
        }
      }
    }
  }

  @Override
  public Converted convert() {
    problems.throwIfAny();
    if (servers.isEmpty()) {
      problems.add(
          new Location("nginx", 1, 1), "", "no file has a server (expected: a block \"server\")");
    }
    Map<String, List<NginxServer>> byPort = new LinkedHashMap<>();
    for (NginxServer server : servers) {
      for (String port : server.ports()) {
        byPort.computeIfAbsent(port, key -> new ArrayList<>()).add(server);
      }
    }
    List<NginxServer> chosen = chosen(byPort);
    problems.throwIfAny();
    RouteList routes = new RouteList();
    String port =
        byPort.entrySet().stream()
            .filter(entry -> entry.getValue().equals(chosen))
            .findFirst()
            .map(Map.Entry::getKey)
            .orElse("");
    NginxServer first =
        chosen.stream()
            .filter(server -> server.isDefaultAt(port))
            .findFirst()
            .orElse(chosen.get(0));
    NginxHosts hosts = new NginxHosts(chosen, first, notes);
    for (NginxServer server : chosen) {
      new NginxLocations(server, hosts, upstreams, routes, notes, problems, options.guards())
          .convert();
    }
    for (NginxServer server : servers) {
      if (!chosen.contains(server)) {
        notes.remark(
            server.at(), server.text(), "left out: it listens at another port than " + port);
      }
    }
    List<Node.Entry> made = upstreams.converted();
    Location top = servers.get(0).at();
    if (made.isEmpty() && problems.isEmpty()) {
      problems.add(
          top, "server", "no location passes requests on (expected: proxy_pass or grpc_pass)");
    }
    problems.throwIfAny();
    Map<String, String> rules = new LinkedHashMap<>();
    rules.put("escaped_slashes", "unescape");
    rules.put("above_root", "reject");
    return Converted.of("nginx", top, made, routes.nodes(top), notes).with(rules);
  }

  /** The servers of one port: those that pass requests on, if there is but one such port. */
  private List<NginxServer> chosen(Map<String, List<NginxServer>> byPort) {
    String port = options.server().orElse(null);
    if (port != null) {
      String last = port.substring(port.lastIndexOf(':') + 1);
      List<NginxServer> named = byPort.get(last);
      if (named == null) {
        problems.addUnknown(
            new Location("--server", 1, 1),
            "",
            "no server listens at " + Problem.quoted(port),
            last,
            byPort.keySet());
        return List.of();
      }
      return named;
    }
    Map<Set<NginxServer>, String> passing = new LinkedHashMap<>();
    byPort.forEach(
        (each, listening) -> {
          Set<NginxServer> some = new LinkedHashSet<>(listening);
          some.removeIf(server -> !server.passesOn());
          if (!some.isEmpty()) {
            passing.putIfAbsent(some, each);
          }
        });
    if (passing.size() > 1) {
      problems.add(
          servers.get(0).at(),
          "server",
          "different ones listen at the ports "
              + String.join(", ", new TreeSet<>(passing.values()))
              + ", and a gateway has one list of routes (expected: one port, such as --server "
              + passing.values().iterator().next()
              + ")");
      return List.of();
    }
    return passing.isEmpty()
        ? servers
        : requireNonNull(byPort.get(passing.values().iterator().next()));
  }
}
