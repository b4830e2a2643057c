package io.upstream4j.lb.consistent;

import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.testkit.LoadBalancerContract;
import java.util.Map;

final class KetamaContractTest implements LoadBalancerContract {
  @Override
  public LoadBalancerProvider plugin() {
    return new ConsistentProvider();
  }

  /** Few points, because the contract uses a thousand backends of great weights. */
  @Override
  public Map<String, ?> options() {
    return Map.of("points", 20);
  }

  @Override
  public int greatestWeight() {
    return 100;
  }
}
