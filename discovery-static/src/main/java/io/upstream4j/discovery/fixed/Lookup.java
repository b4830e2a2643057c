package io.upstream4j.discovery.fixed;

import io.upstream4j.api.spi.IpAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/**
 * Resolves names to the addresses that a backend can have. Others are left out; for example, a
 * hosts file may also map {@code localhost} to a link-local address. Blocks; thread-safe.
 *
 * @param resolver resolves the names
 * @param ipv4Only whether IPv6 addresses are left out
 */
record Lookup(Resolver resolver, boolean ipv4Only) {
  /**
   * Returns the distinct usable addresses of a host in the resolver's order, at least one.
   *
   * @throws IOException when there are none; the message names the host and the reason
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

  /**
   * Extracts the reason from the JDK's message, which begins with the host and may contain nothing
   * else.
   */
  private static String reason(String host, UnknownHostException e) {
    String message = e.getMessage();
    if (message == null || message.equals(host)) {
      return "";
    }
    return ": "
        + (message.startsWith(host + ": ") ? message.substring(host.length() + 2) : message);
  }
}
