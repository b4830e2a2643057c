package io.upstream4j.core.config;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.option.Problems;
import io.upstream4j.api.spi.DiscoveryProvider;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads how an upstream's backends are found. Not thread-safe.
 *
 * <p>Some keys of the upstream, such as {@code addrs}, are passed to the discovery as its options
 * if it declares them, as in pingap. Without {@code discovery}, servers with names are looked up by
 * {@code dns} if that plug-in is present; otherwise the discovery is {@code static}.
 */
final class DiscoveryReader {
  private static final String STATIC = "static";
  private static final String DNS = "dns";

  private static final Pattern BEHIND_HOST = Pattern.compile("(:[0-9]+)?(\\s.*)?");

  private final PluginReader plugins;
  private final ShortForms shortForms;
  private final ServerCount servers;
  private final Problems problems;

  DiscoveryReader(
      PluginReader plugins, ShortForms shortForms, ServerCount servers, Problems problems) {
    this.plugins = plugins;
    this.shortForms = shortForms;
    this.servers = servers;
    this.problems = problems;
  }

  @Nullable PluginChoice<DiscoveryProvider> read(Options upstream, String path) {
    String inner = path + "." + Keys.DISCOVERY.name();
    Node node = upstream.find(Keys.DISCOVERY).orElse(null);
    if (node == null) {
      return readAddrs(upstream, path);
    }
    Node.Entry type =
        plugins.typeOf(
            node, inner, Keys.DISCOVERY.expected(), text -> shortForms.discovery(text, inner));
    if (type == null) {
      return null;
    }
    Node.Mapping under = plugins.optionsUnder(type, inner);
    return choose(type.key(), type.location(), under, upstream, path, inner);
  }

  /**
   * Returns a discovery that finds nothing, for load balancers that derive backends from requests.
   */
  PluginChoice<DiscoveryProvider> readNone(Options upstream, String path, String balancer) {
    List<Option<?>> unused = new ArrayList<>(Keys.OF_DISCOVERY);
    unused.add(Keys.DISCOVERY);
    unused.add(Keys.HEALTH_CHECK);
    for (Option<?> key : unused) {
      if (upstream.isGiven(key)) {
        problems.add(
            upstream.location(key),
            path + "." + key.name(),
            "has no effect with algo \""
                + balancer
                + "\", which makes backends of requests (expected: the key left out)");
      }
    }
    Node.Mapping none = new Node.Mapping(upstream.source().location(), List.of());
    return new PluginChoice<>(NoDiscovery.INSTANCE, Options.of(List.of(), none), path);
  }

  private @Nullable PluginChoice<DiscoveryProvider> readAddrs(Options upstream, String path) {
    if (upstream.isMisspelled(Keys.ADDRS) || upstream.isMisspelled(Keys.DISCOVERY)) {
      return null;
    }
    if (!upstream.isGiven(Keys.ADDRS)) {
      problems.add(
          upstream.source().location(),
          path,
          "no \"addrs\" and no \"discovery\" (expected: one of them, such as addrs:"
              + " [\"host:port\"])");
      return null;
    }
    Location at = upstream.location(Keys.ADDRS);
    return choose(
        hasName(upstream) && hasDns(at, path) ? DNS : STATIC,
        at,
        new Node.Mapping(at, List.of()),
        upstream,
        path,
        path);
  }

  /** Returns whether there is a {@code dns} plug-in that accepts servers. */
  private boolean hasDns(Location at, String path) {
    if (!plugins.types(DiscoveryProvider.class).contains(DNS)) {
      return false;
    }
    PluginReader.Known<DiscoveryProvider> dns =
        plugins.find(DiscoveryProvider.class, DNS, at, path);
    return dns != null && dns.takes(Keys.ADDRS.name());
  }

  /**
   * Returns whether a server has a name. False if there is a socket path, which only static
   * supports.
   */
  private static boolean hasName(Options upstream) {
    Node node = upstream.find(Keys.ADDRS).orElseThrow();
    List<Node> servers = node instanceof Node.Sequence sequence ? sequence.items() : List.of(node);
    boolean named = false;
    for (Node server : servers) {
      String text = server instanceof Node.Scalar scalar ? scalar.text().strip() : "";
      if (text.startsWith("unix:")) {
        return false;
      }
      named |= isNamed(text);
    }
    return named;
  }

  /**
   * Returns whether {@code name:port weight} begins with a name; its last label is not a number,
   * unlike an address's.
   */
  private static boolean isNamed(String server) {
    int end = 0;
    while (end < server.length() && isOfName(server.charAt(end))) {
      end++;
    }
    if (!BEHIND_HOST.matcher(server.substring(end)).matches()) {
      return false;
    }
    String name = server.substring(0, end);
    String[] labels = (name.endsWith(".") ? name.substring(0, end - 1) : name).split("\\.", -1);
    return Stream.of(labels).noneMatch(String::isEmpty)
        && labels[labels.length - 1].chars().anyMatch(c -> c < '0' || c > '9');
  }

  private static boolean isOfName(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '_'
        || c == '-'
        || c == '.';
  }

  private @Nullable PluginChoice<DiscoveryProvider> choose(
      String type,
      Location at,
      Node.@Nullable Mapping own,
      Options upstream,
      String path,
      String inner) {
    PluginReader.Known<DiscoveryProvider> known =
        plugins.find(DiscoveryProvider.class, type, at, inner);
    if (known == null || own == null) {
      return null;
    }
    int before = problems.size();
    List<Node.Entry> entries = new ArrayList<>(own.entries());
    Set<String> handedOn = new HashSet<>();
    for (Option<Node> key : Keys.OF_DISCOVERY) {
      Node.Entry entry = upstream.source().entry(key.name()).orElse(null);
      if (entry == null) {
        if (known.takes(key.name()) && own.find(key.name()).isEmpty()) {
          handedOn.add(key.name()); // if missing, reported as a key beside discovery
        }
      } else if (!known.takes(key.name())) {
        problems.add(
            entry.location(),
            path + "." + key.name(),
            "not used by discovery \"" + type + "\" (expected: the key left out)");
      } else if (own.entry(key.name()).isPresent()) {
        problems.add(
            entry.location(),
            path + "." + key.name(),
            "is there already, at "
                + own.entry(key.name()).orElseThrow().location()
                + " (expected: each option once)");
      } else {
        entries.add(entry);
        handedOn.add(key.name());
      }
    }
    if (!servers.add(entries, at, path)) {
      return null;
    }
    Options options =
        plugins.read(
            known,
            new Node.Mapping(own.location(), entries),
            inner,
            problems.withPaths(read -> asWritten(read, handedOn, path, inner)));
    return options == null || problems.size() > before ? null : known.choice(options, inner);
  }

  /** Returns the path of an option as the user wrote it, which may be beside {@code discovery}. */
  private static String asWritten(String read, Set<String> handedOn, String path, String inner) {
    String rest = read.substring(Math.min(read.length(), inner.length()));
    boolean beside =
        handedOn.stream()
            .anyMatch(
                name ->
                    rest.equals("." + name)
                        || rest.startsWith("." + name + ".")
                        || rest.startsWith("." + name + "["));
    return beside ? path + rest : read;
  }
}
