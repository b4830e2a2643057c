package io.upstream4j.discovery.fixed;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.option.Problems;
import io.upstream4j.api.option.Shape;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.PluginContext;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Provides {@code static}: backends listed in the configuration, by address or by name. */
public final class StaticProvider implements DiscoveryProvider {
  private static final Option<List<Entry>> ADDRS =
      Option.ofNode(
              "addrs",
              "the backends; without a port, 443 when the upstream speaks TLS, else 80; without a"
                  + " weight, 1; a name stands for all its addresses, each with the weight",
              "a list of " + Entry.EXPECTED,
              StaticProvider::readEntries)
          .shaped(new Shape.ListOf(new Shape.Text()));

  private static final Option<Boolean> IPV4_ONLY =
      Option.flag("ipv4_only", "leave out the IPv6 addresses of names").orElse(false);

  private static final Option<Duration> UPDATE_FREQUENCY =
      Option.duration(
              "update_frequency",
              "how often names are looked up again; once only when left out",
              Duration.ofSeconds(1),
              Duration.ofDays(1))
          .optional();

  /** Creates the provider. */
  public StaticProvider() {}

  @Override
  public String type() {
    return "static";
  }

  @Override
  public List<Option<?>> options() {
    return List.of(ADDRS, IPV4_ONLY, UPDATE_FREQUENCY);
  }

  @Override
  public Discovery create(Options options, PluginContext context) {
    return create(options, context, InetAddress::getAllByName);
  }

  /** Creates a discovery with another resolver. */
  Discovery create(Options options, PluginContext context, Resolver resolver) {
    boolean ipv4Only = options.get(IPV4_ONLY);
    Map<Endpoint, Entry> seen = new HashMap<>();
    for (Entry entry : options.get(ADDRS)) {
      Entry twin = seen.put(entry.endpoint(context.defaultPort()), entry);
      if (twin != null) {
        throw new IllegalArgumentException(
            "\""
                + twin.server()
                + "\" and \""
                + entry.server()
                + "\" are the same backend, as the "
                + "default port is "
                + context.defaultPort()
                + " (expected: each once)");
      }
      if (ipv4Only && entry.isIpv6()) {
        throw new IllegalArgumentException(
            "\""
                + entry.server()
                + "\" is an IPv6 address, but ipv4_only is true"
                + " (expected: IPv4 addresses and names)");
      }
    }
    return new StaticDiscovery(
        options.get(ADDRS),
        new Lookup(resolver, ipv4Only),
        options.find(UPDATE_FREQUENCY).orElse(null),
        context);
  }

  private static @Nullable List<Entry> readEntries(Node node, String path, Problems problems) {
    List<Node> items = node instanceof Node.Sequence sequence ? sequence.items() : List.of(node);
    if (items.isEmpty()) {
      problems.add(node.location(), path, "an empty list (expected: at least one backend)");
    }
    int before = problems.size();
    List<Entry> entries = new ArrayList<>();
    Map<Entry.Identity, Node> seen = new HashMap<>();
    for (int i = 0; i < items.size() && !problems.isFull(); i++) {
      Node item = items.get(i);
      String at = node instanceof Node.Sequence ? path + "[" + i + "]" : path;
      Entry entry = readEntry(item, at, problems);
      if (entry != null) {
        entries.add(entry);
        Node twin = seen.putIfAbsent(entry.identity(), item);
        if (twin != null) {
          problems.add(
              item.location(),
              at,
              "\""
                  + entry.server()
                  + "\" is there already, at "
                  + twin.location()
                  + " (expected: each backend once; a weight gives it a greater share)");
        }
      }
    }
    return problems.size() == before && !entries.isEmpty() ? List.copyOf(entries) : null;
  }

  private static @Nullable Entry readEntry(Node item, String path, Problems problems) {
    if (!(item instanceof Node.Scalar scalar)) {
      problems.add(
          item.location(),
          path,
          "a " + item.kind() + " (expected: text, such as \"host:port\" or \"host:port weight\")");
      return null;
    }
    try {
      return Entry.read(scalar.text());
    } catch (IllegalArgumentException e) {
      problems.add(item.location(), path, String.valueOf(e.getMessage()));
      return null;
    }
  }
}
