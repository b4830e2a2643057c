package io.upstream4j.distribution.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceParentsTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String SPAN = "b7ad6b7169203331";

  private static List<String> put(double sampled, String... traceparents) {
    HttpHeaders headers = new DefaultHttpHeaders();
    headers.add("traceparent", List.of(traceparents));
    new TraceParents(sampled).putInto(headers);
    return headers.getAll("traceparent");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "00-" + TRACE + "-" + SPAN + "-00",
        "00-" + TRACE + "-" + SPAN + "-ff",
        "42-" + TRACE + "-" + SPAN + "-01",
        "42-" + TRACE + "-" + SPAN + "-01-what-is-to-come"
      })
  void aValidOneStays(String theirs) {
    assertThat(put(0, theirs)).containsExactly(theirs);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "ff-" + TRACE + "-" + SPAN + "-01",
        "00-" + TRACE + "-" + SPAN + "-01-more",
        "42-" + TRACE + "-" + SPAN + "-01.more",
        "00-" + TRACE + "-" + SPAN + "-1",
        "00-0AF7651916CD43DD8448EB211C80319C-" + SPAN + "-01",
        "00-00000000000000000000000000000000-" + SPAN + "-01",
        "00-" + TRACE + "-0000000000000000-01",
        "00_" + TRACE + "-" + SPAN + "-01",
        "00-" + TRACE + "-" + SPAN + "-0g"
      })
  void aWrongOneIsReplaced(String theirs) {
    assertThat(put(0, theirs))
        .singleElement()
        .asString()
        .matches("00-[0-9a-f]{32}-[0-9a-f]{16}-02")
        .isNotEqualTo(theirs);
  }

  @Test
  void severalAreAsGoodAsNone() {
    String theirs = "00-" + TRACE + "-" + SPAN + "-01";
    assertThat(put(0, theirs, theirs)).singleElement().isNotEqualTo(theirs);
  }

  @Test
  void eachIsAnotherAndThePartAskedForIsSampled() {
    Set<String> all = new HashSet<>();
    int sampled = 0;
    for (int i = 0; i < 10_000; i++) {
      String made = put(0.25).get(0);
      assertThat(TraceParents.isValid(made)).isTrue();
      all.add(made.substring(3, 35));
      sampled += made.endsWith("-03") ? 1 : 0;
    }
    assertThat(all).hasSize(10_000);
    assertThat(sampled).isBetween(2_200, 2_800); // seven standard deviations
  }
}
