package io.upstream4j.discovery.fixed;

import io.upstream4j.api.spi.IpAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/**
 * Asks for the addresses of a name, and keeps those that a backend can have: a hosts file may give
 * {@code localhost} a link-local address, too. Blocks; safe for use by any thread.
 *
 * @param resolver asked
 * @param ipv4Only whether IPv6 addresses are left out
 */
record Lookup(Resolver resolver, boolean ipv4Only) {
  /**
   * The usable addresses of a host, each once, in the resolver's order, at least one.
   *
   * @throws IOException for a reason that names the host
   */
  List<IpAddress> addresses(String host) throws IOException {
    List<IpAddress> usable = new ArrayList<>();
    String problem = "has no address";
    for (InetAddress resolved : resolve(host)) {
      IpAddress address = IpAddress.of(resolved);
      String use = SpecialAddress.use(address);
      if (use != null) {
        problem = "has the address " + address + ", " + use + ", which no backend can have";
      } else if (ipv4Only && !address.isIpv4()) {
        problem = "has IPv6 addresses only, and ipv4_only is true";
      } else if (!usable.contains(address)) {
        usable.add(address);
      }
    }
    if (usable.isEmpty()) {
      throw new IOException("host \"" + host + "\" " + problem);
    }
    return usable;
  }

  private InetAddress[] resolve(String host) throws IOException {
    try {
      return resolver.resolve(host);
    } catch (UnknownHostException e) {
      throw new IOException("host \"" + host + "\" cannot be resolved" + reason(host, e), e);
    }
  }

  /** The JDK's message begins with the host, and may say no more than that. */
  private static String reason(String host, UnknownHostException e) {
    String message = e.getMessage();
    if (message == null || message.equals(host)) {
      return "";
    }
    return ": "
        + (message.startsWith(host + ": ") ? message.substring(host.length() + 2) : message);
  }
}
