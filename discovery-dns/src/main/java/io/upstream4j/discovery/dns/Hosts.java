package io.upstream4j.discovery.dns;

import io.upstream4j.api.spi.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The addresses of a hosts file (hosts(5)) by names in lower case. Immutable. */
final class Hosts {
  private static final List<IpAddress> LOOPBACK =
      List.of(IpAddress.ofIpv4(0x7f000001), new IpAddress(0, 1));

  private final Map<String, List<IpAddress>> addresses;

  private Hosts(Map<String, List<IpAddress>> addresses) {
    this.addresses = addresses;
  }

  /** Parses the lines of a file; malformed lines are ignored. */
  static Hosts parse(List<String> lines) {
    Map<String, List<IpAddress>> addresses = new HashMap<>();
    for (String line : lines) {
      int comment = line.indexOf('#');
      String[] words = (comment < 0 ? line : line.substring(0, comment)).strip().split("\\s+", -1);
      IpAddress address = IpAddress.parse(words[0], 0, words[0].length());
      if (address != null) {
        for (int i = 1; i < words.length; i++) {
          addresses
              .computeIfAbsent(words[i].toLowerCase(Locale.ROOT), name -> new ArrayList<>(1))
              .add(address);
        }
      }
    }
    return new Hosts(addresses);
  }

  /** Returns the addresses of a name, in the order of the file. */
  List<IpAddress> of(String name) {
    String written = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    String host = written.toLowerCase(Locale.ROOT);
    // RFC 6761, section 6.3: these names are never sent to a server, even if the file lacks them.
    boolean local = host.equals("localhost") || host.endsWith(".localhost");
    return List.copyOf(addresses.getOrDefault(host, local ? LOOPBACK : List.of()));
  }
}
