package io.upstream4j.distribution.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.core.Upstreams;
import io.upstream4j.core.event.UpstreamEvent;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.stats.Refusal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code docs/messages.md} has a row for each message. */
class MessagesDocTest {
  private static final Path DOC = Path.of("..", "docs", "messages.md");
  private static final Path SOURCES = Path.of("src", "main", "java");

  private static final Path WRONG = Path.of("src", "test", "resources", "wrong-configurations.txt");
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");

  /** What begins an answer to a client, an answer of the admin address or a line of the log. */
  private static final Pattern MESSAGE =
      Pattern.compile(
          "(?:BadRequest\\.malformed\\(|HttpResponseStatus\\.[A-Z_]+,|timeout\\("
              + "|log\\.(?:info|warn|error)\\(|[lL]og\\.accept\\(|complaints\\.accept\\()"
              + "\\s*\"([^\"\\\\]+)");

  private static String row(String cell) throws IOException {
    try (Stream<String> lines = Files.lines(DOC)) {
      return lines.filter(line -> line.startsWith("| " + cell + " |")).findFirst().orElse("");
    }
  }

  @Test
  void eachFailureHasARowWithWhatTheClientGets() throws Exception {
    HttpPeer peer;
    try (Upstreams upstreams =
        Upstreams.builder()
            .threads(1)
            .load("text", "upstreams: { api: { addrs: [\"127.0.0.1:9\"], health_check: none } }")) {
      peer = upstreams.get("api").newHttpPeer();
    }
    for (Failure failure : Failure.values()) {
      PeerException cause = PeerException.unsent(peer, failure, "");

      assertThat(row("`" + failure.name().toLowerCase(Locale.ROOT) + "`"))
          .as("%s", failure)
          .contains(failure.status() + " `" + GatewayErrors.reason(cause) + "`");
    }
  }

  @Test
  void eachRefusalHasARow() throws Exception {
    for (Refusal refusal : Refusal.values()) {
      assertThat(row("`" + GatewayErrors.reason(refusal) + "`")).as("%s", refusal).isNotEmpty();
    }
  }

  @Test
  void eachEventHasARow() throws Exception {
    for (String kind : UpstreamEvent.kinds()) {
      assertThat(row("`" + kind + "`")).as(kind).isNotEmpty();
    }
  }

  @Test
  void eachAnswerAndEachLineOfTheLogIsThere() throws Exception {
    Set<String> messages = new TreeSet<>();
    try (Stream<Path> files = Files.walk(SOURCES)) {
      List<Path> all = files.filter(file -> file.toString().endsWith(".java")).toList();
      for (Path file : all) {
        MESSAGE
            .matcher(Files.readString(file))
            .results()
            .forEach(message -> messages.add(beginning(message.group(1))));
      }
    }
    assertThat(messages).hasSizeGreaterThan(50);
    String page = Files.readString(DOC);
    assertThat(messages)
        .as("messages without a row")
        .filteredOn(text -> !page.contains(text))
        .isEmpty();
  }

  @Test
  void eachMistakeInAConfigurationHasARow() throws Exception {
    String page = Files.readString(DOC);
    String part = page.substring(page.indexOf("## Configuration"), page.indexOf("## Start"));
    List<Pattern> rows =
        part.lines()
            .filter(line -> line.startsWith("| `"))
            .map(line -> line.substring(0, line.indexOf(" | ")))
            .flatMap(cell -> CODE.matcher(cell).results().map(code -> pattern(code.group(1))))
            .toList();
    List<String> messages;
    try (Stream<String> lines = Files.lines(WRONG)) {
      messages = lines.filter(line -> line.startsWith("==> ")).toList();
    }
    assertThat(messages)
        .hasSizeGreaterThan(100)
        .allMatch(message -> rows.stream().anyMatch(row -> row.matcher(message).find()));
  }

  /** A message of the page, where dots stand for names and numbers. */
  private static Pattern pattern(String message) {
    return Pattern.compile(
        Stream.of(message.split("…", -1)).map(Pattern::quote).collect(Collectors.joining(".*")));
  }

  /** What stands before the first value, and before what is expected. */
  private static String beginning(String message) {
    return message.replaceFirst("( \\(expected|%|: --).*", "").strip();
  }
}
