package io.upstream4j.distribution.convert;

import io.upstream4j.api.option.Location;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** A block {@code server} of nginx. */
final class NginxServer {
  private static final Set<String> PASSES = Set.of("proxy_pass", "grpc_pass");

  private final NginxDirective block;
  private final NginxScope scope;

  NginxServer(NginxDirective block, NginxScope scope) {
    this.block = block;
    this.scope = scope;
  }

  Location at() {
    return block.at();
  }

  NginxScope scope() {
    return scope;
  }

  String text() {
    return names().isEmpty() ? "server" : "server " + String.join(" ", names());
  }

  /** Where it listens: ports, and paths of sockets. */
  Set<String> ports() {
    Set<String> ports = new LinkedHashSet<>();
    for (NginxDirective listen : block.inner()) {
      if (listen.is("listen")) {
        ports.add(port(listen.arg(0)));
      }
    }
    return ports.isEmpty() ? Set.of("80") : ports;
  }

  private static String port(String address) {
    if (address.startsWith("unix:")) {
      return address;
    }
    String last = address.substring(address.lastIndexOf(':') + 1);
    return last.matches("[0-9]+") ? last : "80";
  }

  boolean isDefaultAt(String port) {
    return block.inner().stream()
        .anyMatch(
            listen ->
                listen.is("listen")
                    && port(listen.arg(0)).equals(port)
                    && (listen.args().contains("default_server")
                        || listen.args().contains("default")));
  }

  /** Its names in lower case, without those that no request has. */
  List<String> names() {
    List<String> names = new ArrayList<>();
    for (NginxDirective directive : block.inner()) {
      if (directive.is("server_name")) {
        directive.args().stream()
            .map(name -> name.startsWith("~") ? name : name.toLowerCase(Locale.ROOT))
            .filter(name -> !name.isEmpty() && !name.equals("_") && !name.startsWith("$"))
            .forEach(names::add);
      }
    }
    return names;
  }

  /** Whether anything in it goes to an upstream. */
  boolean passesOn() {
    return passesOn(block);
  }

  private static boolean passesOn(NginxDirective directive) {
    return PASSES.contains(directive.name())
        || directive.inner().stream().anyMatch(NginxServer::passesOn);
  }
}
