package io.upstream4j.lb.transparent;

import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.AddressFilter;
import io.upstream4j.api.spi.LoadBalancer;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.Network;
import io.upstream4j.api.spi.PluginContext;
import java.util.List;

/**
 * Provides {@code transparent}: the requested host is the backend. There is no discovery. With
 * {@code sni: $host}, the host is also the name in the TLS handshake.
 *
 * <ul>
 *   <li>{@code allow}: the hosts that may be reached. {@code api.example.com} is that host, {@code
 *       *.example.com} every subdomain but not {@code example.com} itself, {@code *} every host. IP
 *       addresses are matched literally.
 *   <li>{@code ports}: the ports that may be reached. A request without a port goes to 443 when the
 *       upstream uses TLS, else to 80.
 *   <li>{@code allow_networks}: networks that may be reached although they are not public. The
 *       addresses of a host are checked before each connection, so that an allowed name cannot lead
 *       to loopback, link-local, private or other special addresses; see {@link AddressFilter}.
 * </ul>
 */
public final class TransparentProvider implements LoadBalancerProvider {
  private static final Option<List<HostPattern>> ALLOW =
      Option.of("allow", "hosts that may be reached", HostPattern.EXPECTED, HostPattern::read)
          .list();
  private static final Option<List<Integer>> PORTS =
      Option.integer("ports", "ports that may be reached", 1, 65_535)
          .list()
          .orElse(List.of(80, 443));
  private static final Option<List<Network>> ALLOW_NETWORKS =
      Option.of(
              "allow_networks",
              "networks that may be reached although they are not public",
              "a network such as 10.0.0.0/8",
              Network::parse)
          .list()
          .orElse(List.of());

  /** Called by {@link java.util.ServiceLoader}. */
  public TransparentProvider() {}

  @Override
  public String type() {
    return "transparent";
  }

  @Override
  public List<Option<?>> options() {
    return List.of(ALLOW, PORTS, ALLOW_NETWORKS);
  }

  @Override
  public boolean makesBackends() {
    return true;
  }

  @Override
  public LoadBalancer create(Options options, PluginContext context) {
    if (options.get(ALLOW).isEmpty()) {
      throw new IllegalArgumentException(
          "allow: empty (expected: the hosts that may be reached, such as \"*.example.com\")");
    }
    if (options.get(PORTS).isEmpty()) {
      throw new IllegalArgumentException("ports: empty (expected: at least one port)");
    }
    HostPicker picker =
        new HostPicker(
            options.get(ALLOW),
            options.get(PORTS),
            new AddressFilter(options.get(ALLOW_NETWORKS)),
            context.defaultPort());
    return snapshot -> picker;
  }
}
