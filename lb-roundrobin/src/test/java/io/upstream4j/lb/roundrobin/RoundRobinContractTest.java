package io.upstream4j.lb.roundrobin;

import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.testkit.LoadBalancerContract;

class RoundRobinContractTest implements LoadBalancerContract {
  @Override
  public LoadBalancerProvider plugin() {
    return new RoundRobinProvider();
  }
}
