package io.upstream4j.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.core.event.ConfigChange;
import io.upstream4j.core.event.UpstreamEvent.BackendUnhealthy;
import io.upstream4j.core.event.UpstreamEvent.BackendsAdded;
import io.upstream4j.core.event.UpstreamEvent.BackendsRemoved;
import io.upstream4j.core.event.UpstreamEvent.ConfigApplied;
import io.upstream4j.core.event.UpstreamEvent.ConfigRefused;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EventTextTest {
  @Test
  void whatABackendSaysSteersNoTerminal() {
    String reason = "answered \u001b[2J\u009b2J\r\nfake: line\u2028\u202e\ud800.";
    assertThat(EventText.of(new BackendUnhealthy("u", new Endpoint("a", 1), reason)))
        .isEqualTo("u: a:1 unhealthy: answered  [2J 2J  fake: line   .");
  }

  @Test
  void aLineIsOfABoundedLength() {
    List<String> names = IntStream.range(0, 5_000).mapToObj(i -> "upstream" + i).toList();
    assertThat(
            EventText.of(
                new ConfigApplied(
                    new ConfigChange(names, List.of(), List.of(), List.of(), false, false))))
        .startsWith("configuration applied: 5000 upstreams, 5000 added (upstream0, ")
        .endsWith(", upstream19 and 4980 more)");
    assertThat(EventText.of(new ConfigRefused("wrong\n".repeat(50_000)))).hasSizeLessThan(2_010);
  }

  @Test
  void manyBackendsThatComeOrGoAreNoMoreThanNews() {
    assertThat(EventText.level(new BackendsAdded("u", 7))).isEqualTo(Log.Level.INFO);
    assertThat(EventText.level(new BackendsRemoved("u", 7))).isEqualTo(Log.Level.INFO);
    assertThat(EventText.level(new BackendUnhealthy("u", new Endpoint("a", 1), "x")))
        .isEqualTo(Log.Level.WARN);
  }
}
