package io.upstream4j.discovery.dns;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResolvConfTest {
  @Test
  void everythingThatConcernsUsIsRead() {
    ResolvConf conf =
        ResolvConf.parse(
            """
            # written by a program
            ; and by hand
            domain old.test
            nameserver 10.0.0.53
            nameserver 2001:db8::53
            search svc.test  test
            options ndots:5 timeout:3 attempts:4 edns0 trust-ad
            """
                .lines()
                .toList());
    assertThat(conf.servers())
        .extracting(NameServer::print)
        .containsExactly("10.0.0.53:53", "[2001:db8:0:0:0:0:0:53]:53");
    assertThat(conf.search()).containsExactly("svc.test", "test");
    assertThat(conf.ndots()).isEqualTo(5);
    assertThat(conf.timeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(conf.attempts()).isEqualTo(4);
  }

  @Test
  void whatIsNotUnderstoodIsPassedOverAndTooMuchIsTheMost() {
    ResolvConf conf =
        ResolvConf.parse(
            List.of(
                "nameserver ns.test",
                "nameserver",
                "nonsense here",
                "options ndots:99 timeout:x attempts:0 attempts:",
                "search a.test",
                "domain b.test c.test"));
    assertThat(conf).isEqualTo(new ResolvConf(List.of(), List.of("b.test"), 15, null, 1));
  }

  @Test
  void anEmptyFileMeansTheDefaults() {
    assertThat(ResolvConf.parse(List.of())).isEqualTo(ResolvConf.EMPTY);
  }
}
