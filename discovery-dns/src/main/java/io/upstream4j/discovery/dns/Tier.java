package io.upstream4j.discovery.dns;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.IpAddress;
import java.util.ArrayList;
import java.util.List;
import org.xbill.DNS.SRVRecord;

/**
 * The SRV records of one priority.
 *
 * <p>RFC 2782 gives weights to targets, and a target with two addresses is two backends, which
 * share its weight. When all targets have the same number of addresses, the weights are used as
 * they are.
 *
 * @param services at least one
 */
record Tier(List<Service> services) {
  /**
   * A record and the addresses of its target.
   *
   * @param record the SRV record
   * @param addresses at least one
   */
  record Service(SRVRecord record, List<IpAddress> addresses) {
    Service {
      addresses = List.copyOf(addresses);
    }

    /** Returns the number of parts into which its weight is divided, relative to {@code common}. */
    private long parts(long common) {
      return addresses.size() / common;
    }
  }

  Tier {
    services = List.copyOf(services);
  }

  /** Returns the weight of each address of a service, in the order of the services. */
  List<Integer> weights() {
    long common = services.stream().mapToLong(s -> s.addresses().size()).reduce(0, Tier::gcd);
    long factor = 1; // the least factor that leaves no remainder
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
    // A weight above 0 stays above 0, however small its share, because 0 has another meaning.
    return shares.stream()
        .map(share -> share == 0 ? 0 : Math.max(1, (int) Math.round(share * scale)))
        .toList();
  }

  private static long gcd(long a, long b) {
    return b == 0 ? a : gcd(b, a % b);
  }
}
