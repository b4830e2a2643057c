package io.upstream4j.discovery.dns;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.IpAddress;
import java.util.ArrayList;
import java.util.List;
import org.xbill.DNS.SRVRecord;

/**
 * The SRV records of one priority.
 *
 * <p>RFC 2782 weighs targets, and a target of two addresses is two backends: they share its weight.
 * When all targets have equally many addresses, the weights stay as they are.
 *
 * @param services at least one
 */
record Tier(List<Service> services) {
  /**
   * A record and the addresses of its target.
   *
   * @param record of the DNS
   * @param addresses at least one
   */
  record Service(SRVRecord record, List<IpAddress> addresses) {
    Service {
      addresses = List.copyOf(addresses);
    }

    /** How many parts its weight is cut into, when the targets have {@code common} each. */
    private long parts(long common) {
      return addresses.size() / common;
    }
  }

  Tier {
    services = List.copyOf(services);
  }

  /** The weight of each service's addresses, in the order of the services. */
  List<Integer> weights() {
    long common = services.stream().mapToLong(s -> s.addresses().size()).reduce(0, Tier::gcd);
    long factor = 1; // the least that leaves no remainder
    for (Service service : services) {
      long parts = service.parts(common);
      long needed = parts / gcd(parts, service.record().getWeight());
      factor = Math.min(Backend.MAX_WEIGHT, factor / gcd(factor, needed) * needed);
    }
    List<Double> shares = new ArrayList<>();
    double greatest = 0;
    for (Service service : services) {
      double share = (double) service.record().getWeight() * factor / service.parts(common);
      shares.add(share);
      greatest = Math.max(greatest, share);
    }
    double scale = greatest > Backend.MAX_WEIGHT ? Backend.MAX_WEIGHT / greatest : 1;
    // A weight above 0 stays so, however small its share: 0 has a meaning of its own.
    return shares.stream()
        .map(share -> share == 0 ? 0 : Math.max(1, (int) Math.round(share * scale)))
        .toList();
  }

  private static long gcd(long a, long b) {
    return b == 0 ? a : gcd(b, a % b);
  }
}
