package io.upstream4j.lb.consistent;

import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.testkit.LoadBalancerContract;
import java.util.Map;

/** Runs the contract on the rotation for requests without the key. */
final class KeylessContractTest implements LoadBalancerContract {
  @Override
  public LoadBalancerProvider plugin() {
    return new ConsistentProvider();
  }

  @Override
  public Map<String, ?> options() {
    return Map.of("key", "header:x-user", "points", 1);
  }

  @Override
  public int greatestWeight() {
    return 1_000;
  }
}
