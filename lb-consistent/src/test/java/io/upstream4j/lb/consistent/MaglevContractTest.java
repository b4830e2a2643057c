package io.upstream4j.lb.consistent;

import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.testkit.FakeRequest;
import io.upstream4j.testkit.LoadBalancerContract;
import java.util.Map;

/** Runs the contract with a Maglev table, bounded load and the key in a cookie. */
final class MaglevContractTest implements LoadBalancerContract {
  @Override
  public LoadBalancerProvider plugin() {
    return new ConsistentProvider();
  }

  @Override
  public Map<String, ?> options() {
    return Map.of("key", "cookie:sid", "table", "maglev", "balance_factor", 125);
  }

  @Override
  public FakeRequest request(int number) {
    return FakeRequest.get("/").withHeader("Cookie", "theme=dark; sid=\"user-" + number + "\"");
  }
}
