package io.upstream4j.lb.consistent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.testkit.FakeRequest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Compares picks with those recorded from nginx. */
final class KetamaVectorsTest {
  private static final Map<String, List<Backend>> UPSTREAMS =
      Map.of(
          "v4w",
          List.of(
              Balancing.server("127.0.0.11:1", 1),
              Balancing.server("127.0.0.12:1", 2),
              Balancing.server("127.0.0.13:1", 5)),
          "v6",
          List.of(
              Balancing.server("[::1]:7777", 1),
              Balancing.server("[::1]:7778", 1),
              Balancing.server("[::1]:7779", 1)),
          "noport",
          List.of(
              Balancing.server("127.0.0.11", 1),
              Balancing.server("127.0.0.12", 1),
              Balancing.server("127.0.0.13", 1)));

  @Test
  void everyRecordedKeyGoesWhereNginxSentIt() throws IOException {
    List<String> rows;
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(
                    KetamaVectorsTest.class.getResourceAsStream("ketama-nginx.csv")),
                UTF_8))) {
      rows = reader.lines().skip(1).toList();
    }
    assertThat(rows).hasSize(1_515);
    for (String row : rows) {
      String[] columns = row.split(",", -1);
      Balancing balancing =
          Balancing.over(
              Map.of("key", "header:k"), Objects.requireNonNull(UPSTREAMS.get(columns[0])));
      int slot = balancing.slot(FakeRequest.get("/").withHeader("k", columns[1]));
      assertThat(balancing.snapshot.backend(slot).endpoint()).as(row).hasToString(columns[2]);
    }
  }

  @Test
  void withoutTheTextOfTheConfigurationTheEndpointIsHashedAsItIsWritten() {
    Balancing written = Balancing.over(Map.of(), UPSTREAMS.get("v6"));
    Balancing bare =
        Balancing.over(
            Map.of(),
            List.of(Backend.of("::1", 7777), Backend.of("::1", 7778), Backend.of("::1", 7779)));
    for (int i = 0; i < 1_000; i++) {
      assertThat(bare.slot("/" + i)).isEqualTo(written.slot("/" + i));
    }
  }
}
