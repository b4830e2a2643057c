package io.upstream4j.distribution.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.core.Upstreams;
import io.upstream4j.distribution.admin.Readiness.State;
import io.upstream4j.distribution.gateway.Gateway;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ReadinessTest {
  private final AtomicLong now = new AtomicLong();

  @Test
  void itIsReadyOnceItListensAndEachDiscoveryHadItsTimeAndStaysSoUntilItLeaves() throws Exception {
    try (DatagramSocket silent = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        Upstreams upstreams =
            Upstreams.builder()
                .load(
                    "test",
                    "upstreams: { a: { discovery: { dns: { name: nowhere.invalid, timeout: 1m,"
                        + " dns_server: \"127.0.0.1:"
                        + silent.getLocalPort()
                        + "\" } }, health_check: none } }");
        Gateway gateway = new Gateway(upstreams)) {
      Readiness readiness = new Readiness(upstreams, gateway, now::get);
      gateway.start("127.0.0.1", 0);
      assertThat(readiness.state()).isEqualTo(State.STARTING);
      now.set(Readiness.FIRST_ANSWER_NANOS - 1);
      assertThat(readiness.state()).isEqualTo(State.STARTING);
      now.incrementAndGet();
      assertThat(readiness.state()).isEqualTo(State.READY);

      gateway.leave();
      assertThat(readiness.state()).isEqualTo(State.DRAINING);
    }
  }

  @Test
  void itIsNotReadyBeforeItListensAndAnUpstreamThatFailsLaterDoesNotMatter() {
    try (Upstreams upstreams =
            Upstreams.builder()
                .load(
                    "test", "upstreams: { a: { addrs: [\"127.0.0.1:1\"], health_check: none } }");
        Gateway gateway = new Gateway(upstreams)) {
      Readiness readiness = new Readiness(upstreams, gateway, now::get);
      now.set(Long.MAX_VALUE);
      assertThat(readiness.state()).as("it does not listen").isEqualTo(State.STARTING);
      gateway.start("127.0.0.1", 0);
      assertThat(readiness.state()).isEqualTo(State.READY);

      upstreams.put("a", "test", "addrs: [\"127.0.0.1:1\"]\nhealth_check: { tcp: {} }\n");
      upstreams.put("b", "test", "{ discovery: { dns: { name: nowhere.invalid } } }");
      assertThat(readiness.state()).isEqualTo(State.READY);
    }
  }
}
