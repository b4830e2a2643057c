package io.upstream4j.core.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.core.peer.PeerException.Failure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FailureTest {
  private static final Path DOC = Path.of("..", "docs", "failures.md");

  @Test
  void theTableOfFailuresSaysWhatTheCodeDoes() throws Exception {
    try (Stream<String> lines = Files.lines(DOC)) {
      List<List<String>> table =
          lines
              .filter(line -> line.startsWith("| `"))
              .map(line -> List.of(line.substring(1, line.length() - 1).split("\\|")))
              .map(cells -> cells.stream().map(String::strip).toList())
              .map(FailureTest::withoutTheDescription)
              .toList();
      assertThat(table)
          .containsExactlyElementsOf(
              Arrays.stream(Failure.values()).map(FailureTest::row).toList());
    }
  }

  private static List<String> withoutTheDescription(List<String> row) {
    return Stream.concat(row.stream().limit(1), row.stream().skip(2)).toList();
  }

  private static List<String> row(Failure failure) {
    return List.of(
        "`" + failure.name().toLowerCase(Locale.ROOT) + "`",
        failure.fault().name().toLowerCase(Locale.ROOT),
        failure.isOfBackend() ? "yes" : "no",
        failure.isDoubt() ? "yes" : "no",
        switch (failure.repeat()) {
          case NEVER -> "no";
          case ELSEWHERE -> "another backend";
          case ANYWHERE -> "another backend, else the same";
          case IF_SAFE -> "if safe";
        },
        Integer.toString(failure.status()));
  }

  @Test
  void onlyABackendsOwnFailuresPutItInDoubt() {
    for (Failure failure : Failure.values()) {
      assertThat(failure.isOfBackend() || !failure.isDoubt()).as("%s", failure).isTrue();
    }
  }
}
