package io.upstream4j.discovery.fixed;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Resolves the hosts that a test defines. Not thread-safe. */
final class FakeResolver implements Resolver {
  private final Map<String, String[]> hosts = new HashMap<>();
  private final List<String> asked = new ArrayList<>();

  FakeResolver with(String host, String... addresses) {
    hosts.put(host, addresses);
    return this;
  }

  FakeResolver without(String host) {
    hosts.remove(host);
    return this;
  }

  /** Returns the resolved hosts, in order. */
  List<String> asked() {
    return asked;
  }

  @Override
  public InetAddress[] resolve(String host) throws UnknownHostException {
    asked.add(host);
    String[] addresses = hosts.get(host);
    if (addresses == null) {
      throw new UnknownHostException(host + ": Name or service not known");
    }
    InetAddress[] resolved = new InetAddress[addresses.length];
    for (int i = 0; i < resolved.length; i++) {
      resolved[i] = InetAddress.getByName(addresses[i]); // an address, so no look-up
    }
    return resolved;
  }
}
