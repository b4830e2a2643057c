package io.upstream4j.lb.leastload;

import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.testkit.LoadBalancerContract;

class PeakEwmaContractTest implements LoadBalancerContract {
  @Override
  public LoadBalancerProvider plugin() {
    return new PeakEwmaProvider();
  }
}
