package io.upstream4j.discovery.dns;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.api.spi.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.SRVRecord;

class TierTest {
  /** Returns the weights for targets given as pairs of weight and number of addresses. */
  private static List<Integer> weights(int... weightsAndCounts) {
    List<Tier.Service> services = new ArrayList<>();
    for (int i = 0; i < weightsAndCounts.length; i += 2) {
      SRVRecord srv =
          (SRVRecord) FakeNames.srv("_a._tcp.test", 1, 1, weightsAndCounts[i], 80, "t" + i);
      List<IpAddress> addresses =
          IntStream.range(0, weightsAndCounts[i + 1]).mapToObj(IpAddress::ofIpv4).toList();
      services.add(new Tier.Service(srv, addresses));
    }
    return new Tier(services).weights();
  }

  @Test
  void weightsStayWhenAllTargetsHaveEquallyManyAddresses() {
    assertThat(weights(10, 1, 30, 1, 0, 1)).containsExactly(10, 30, 0);
    assertThat(weights(10, 2, 30, 2, 0, 2)).containsExactly(10, 30, 0);
  }

  @Test
  void addressesOfATargetShareItsWeight() {
    assertThat(weights(10, 1, 30, 2, 0, 3)).containsExactly(10, 15, 0);
    assertThat(weights(1, 1, 1, 2)).containsExactly(2, 1);
    assertThat(weights(1, 2, 1, 3)).containsExactly(3, 2);
    assertThat(weights(0, 1, 0, 5)).containsExactly(0, 0);
  }

  @Test
  void weightsStayWithinSixteenBitsAndAboveNothing() {
    assertThat(weights(65_535, 1, 1, 2)).containsExactly(65_535, 1);
    assertThat(weights(65_535, 7, 65_535, 11, 65_535, 13))
        .allSatisfy(weight -> assertThat(weight).isBetween(1, 65_535));
  }
}
