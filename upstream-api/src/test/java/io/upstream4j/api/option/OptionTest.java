package io.upstream4j.api.option;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class OptionTest {
  private enum Table {
    RING,
    MAGLEV
  }

  private static <T> T read(Option<T> option, Object value) {
    return Options.of(List.of(option), Node.Mapping.of(Map.of(option.name(), value))).get(option);
  }

  private static void assertRefused(Option<?> option, Object value, String message) {
    Node.Mapping mapping = Node.Mapping.of(Map.of(option.name(), value));
    Problems problems = new Problems();
    Options.read(List.of(option), mapping, "up", problems);
    assertThat(problems.list())
        .extracting(Problem::toString)
        .containsExactly("program:1:1: up." + option.name() + ": " + message);
  }

  @Test
  void textIsAnythingButNothing() {
    Option<String> option = Option.text("name", "help");

    assertThat(read(option, "  x ")).isEqualTo("  x ");
    assertRefused(option, "", "nothing (expected: text)");
    assertRefused(option, List.of("a"), "a list (expected: text)");
    assertRefused(option, Map.of("a", "b"), "a mapping (expected: text)");
  }

  @Test
  void integersHaveBounds() {
    Option<Integer> option = Option.integer("points", "help", -1, 65_536);

    assertThat(read(option, "-1")).isEqualTo(-1);
    assertThat(read(option, 65_536)).isEqualTo(65_536);
    for (String wrong :
        List.of(
            "-2", "65537", "1.5", "+5", "1e3", "0x10", "5 ", "٣", "99999999999", "4294967297")) {
      assertRefused(option, wrong, "\"" + wrong + "\" (expected: -1 to 65536)");
    }
  }

  @Test
  void decimalsHaveBounds() {
    Option<Double> option = Option.decimal("factor", "help", 1.25, 2);

    assertThat(read(option, "1.25")).isEqualTo(1.25);
    assertThat(read(option, "2")).isEqualTo(2);
    for (String wrong : List.of("1.249", "NaN", "Infinity", "1.5d", "0x1p0", " 1.5", "3,5", ".5")) {
      assertRefused(option, wrong, "\"" + wrong + "\" (expected: 1.25 to 2.0)");
    }
  }

  @Test
  void flagsAreTrueOrFalse() {
    Option<Boolean> option = Option.flag("on", "help");

    assertThat(read(option, "true")).isTrue();
    assertThat(read(option, false)).isFalse();
    for (String wrong : List.of("yes", "True", "1", "on")) {
      assertRefused(
          option, wrong, "\"" + wrong + "\"; did you mean \"true\"? (expected: true or false)");
    }
    for (String wrong : List.of("no", "off", "FALSE", "0")) {
      assertRefused(
          option, wrong, "\"" + wrong + "\"; did you mean \"false\"? (expected: true or false)");
    }
    assertRefused(option, "perhaps", "\"perhaps\" (expected: true or false)");
    assertRefused(option, "", "nothing (expected: true or false)");
  }

  @Test
  void aSlipInAUnitNamesTheRightOne() {
    Option<Duration> time =
        Option.duration("wait", "help", Duration.ofMillis(1), Duration.ofDays(2));
    String times = " (expected: 1ms to 2d, such as 500ms, 5s, 1m or 1h)";
    for (String wrong : List.of("5", "5 s", "5S", "5sec", "5 seconds")) {
      assertRefused(time, wrong, "\"" + wrong + "\"; did you mean \"5s\"?" + times);
    }
    assertRefused(time, "5 minutes", "\"5 minutes\"; did you mean \"5m\"?" + times);
    assertRefused(
        Option.integer("n", "help", 1, 20_000),
        "10k",
        "\"10k\"; did you mean \"10000\"? (expected: 1 to 20000)");
    assertRefused(
        Option.decimal("n", "help", 1, 2),
        "1,5",
        "\"1,5\"; did you mean \"1.5\"? (expected: 1.0 to 2.0)");
  }

  @Test
  void durationsHaveUnitsAndBounds() {
    Option<Duration> option =
        Option.duration("wait", "help", Duration.ofMillis(500), Duration.ofDays(2));

    assertThat(read(option, "500ms")).isEqualTo(Duration.ofMillis(500));
    assertThat(read(option, "5s")).isEqualTo(Duration.ofSeconds(5));
    assertThat(read(option, "1m")).isEqualTo(Duration.ofMinutes(1));
    assertThat(read(option, "1h")).isEqualTo(Duration.ofHours(1));
    assertThat(read(option, "2d")).isEqualTo(Duration.ofDays(2));
    for (String wrong : List.of("499ms", "3d", "-5s", "1m30s", "1.5s", "999999999999999999h")) {
      assertRefused(
          option, wrong, "\"" + wrong + "\" (expected: 500ms to 2d, such as 500ms, 5s, 1m or 1h)");
    }
    assertThat(read(Option.duration("w", "help", Duration.ZERO, Duration.ofHours(1)), "0"))
        .isEqualTo(Duration.ZERO);
  }

  @Test
  void sizesHaveUnitsAndBounds() {
    Option<Long> option = Option.size("buffer", "help", 512, 1L << 30);

    assertThat(read(option, "512")).isEqualTo(512);
    assertThat(read(option, "512B")).isEqualTo(512);
    assertThat(read(option, "64KiB")).isEqualTo(65_536);
    assertThat(read(option, "1MB")).isEqualTo(1_000_000);
    assertThat(read(option, "1kB")).isEqualTo(1_000);
    assertThat(read(option, "1GiB")).isEqualTo(1L << 30);
    for (String wrong : List.of("511", "2GiB", "-1", "999999999999999999GiB")) {
      assertRefused(
          option, wrong, "\"" + wrong + "\" (expected: 512 to 1GiB, such as 64KiB or 1MB)");
    }
    for (String wrong : List.of("64k", "64 KiB", "64Ki", "64kib")) {
      assertRefused(
          option,
          wrong,
          "\""
              + wrong
              + "\"; did you mean \"64KiB\"? (expected: 512 to 1GiB, such as 64KiB or 1MB)");
    }
  }

  @Test
  void constantsAreWrittenInLowerCaseOrAsDeclared() {
    Option<Table> option = Option.oneOf("table", "help", Table.class).orElse(Table.RING);

    assertThat(read(option, "maglev")).isEqualTo(Table.MAGLEV);
    assertThat(read(option, "MAGLEV")).isEqualTo(Table.MAGLEV);
    assertThat(option.defaultText()).contains("ring");
    assertRefused(
        option, "Maglev", "\"Maglev\"; did you mean \"maglev\"? (expected: ring, maglev)");
  }

  @Test
  void textsAreAMappingOfTexts() {
    Option<Map<String, String>> option = Option.texts("headers", "help");

    assertThat(read(option, Map.of("X-Probe", "1"))).isEqualTo(Map.of("X-Probe", "1"));
    assertRefused(option, "a", "a text (expected: a mapping of names to texts)");
    Problems problems = new Problems();
    Options.read(
        List.of(option),
        Node.Mapping.of(Map.of("headers", Map.of("a", List.of("b")))),
        "",
        problems);
    assertThat(problems.list())
        .extracting(Problem::toString)
        .containsExactly("program:1:1: headers.a: a list (expected: text)");
  }

  @Test
  void aListIsAlsoOneValueAlone() {
    Option<List<Integer>> option = Option.integer("ports", "help", 1, 9).list();

    assertThat(read(option, List.of("1", 2))).containsExactly(1, 2);
    assertThat(read(option, "3")).containsExactly(3);
    assertThat(option.orElse(List.of(4, 5)).defaultText()).contains("[4, 5]");
    Problems problems = new Problems();
    Options.read(
        List.of(option), Node.Mapping.of(Map.of("ports", List.of("0", "1", "x"))), "up", problems);
    assertThat(problems.list())
        .extracting(Problem::toString)
        .containsExactly(
            "program:1:1: up.ports[0]: \"0\" (expected: 1 to 9)",
            "program:1:1: up.ports[2]: \"x\" (expected: 1 to 9)");
  }

  @Test
  void whatAReaderSaysIsKeptAndCompleted() {
    Option<String> option =
        Option.of(
            "key",
            "help",
            "url or path",
            text -> {
              throw new IllegalArgumentException(
                  text.equals("full") ? "is bad (expected: better)" : "is bad");
            });

    assertRefused(option, "full", "\"full\" is bad (expected: better)");
    assertRefused(option, "x", "\"x\" is bad (expected: url or path)");
  }

  @Test
  void aTextThatNobodyWouldReadToItsEndIsCut() {
    assertRefused(
        Option.flag("on", "help"),
        "x".repeat(1_000),
        "\"" + "x".repeat(100) + "...\" (1000 characters) (expected: true or false)");
  }

  @Test
  void anOptionTellsWhatItIs() {
    Option<Duration> required =
        Option.duration("wait", "how long", Duration.ZERO, Duration.ofSeconds(90));

    assertThat(required.name()).isEqualTo("wait");
    assertThat(required.help()).isEqualTo("how long");
    assertThat(required.expected()).isEqualTo("0s to 90s, such as 500ms, 5s, 1m or 1h");
    assertThat(required.isRequired()).isTrue();
    assertThat(required.defaultText()).isEmpty();
    assertThat(required.optional().isRequired()).isFalse();
    assertThat(required.optional().defaultText()).isEmpty();
    assertThat(required.orElse(Duration.ofMinutes(1)).isRequired()).isFalse();
    assertThat(required.orElse(Duration.ofMinutes(1)).defaultText()).contains("1m");
    assertThat(Option.size("s", "help", 0, 10).orElse(0L).defaultText()).contains("0");
  }

  @Test
  void optionsAreReadAsAWhole() {
    Option<Integer> max = Option.integer("max", "help", 0, 5);
    Option<Integer> min = Option.integer("min", "help", 0, 5).orElse(1);
    Option<String> name = Option.text("name", "help").optional();
    List<Option<?>> declared = List.of(max, min, name);

    Options options = Options.of(declared, Node.Mapping.of(Map.of("max", 3)));

    assertThat(options.get(max)).isEqualTo(3);
    assertThat(options.get(min)).isEqualTo(1);
    assertThat(options.find(name)).isEmpty();
    assertThat(options.isGiven(max)).isTrue();
    assertThat(options.isGiven(min)).isFalse();
    assertThat(options.location(min)).isEqualTo(new Location("program", 1, 1));
    assertThatThrownBy(() -> options.get(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("option \"name\" has no value here");
    assertThatThrownBy(() -> options.find(Option.text("name", "another of that name")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("option \"name\" was not declared");
  }

  @Test
  void everythingThatIsWrongIsToldAtOnce() {
    List<Option<?>> declared =
        List.of(Option.integer("max", "help", 0, 5), Option.flag("on", "help"));
    Node.Mapping mapping =
        new Node.Mapping(
            new Location("f", 2, 3),
            List.of(
                entry(4, "mx", "1"),
                entry(3, "on", "perhaps"),
                entry(5, "quite_another\nthing", "2")));

    assertThatThrownBy(() -> Options.of(declared, mapping))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            """
            f:3:9: on: "perhaps" (expected: true or false)
            f:4:3: mx: unknown option; did you mean "max"?
            f:5:3: quite_another\\nthing: unknown option (expected: one of max, on)
            3 configuration problems""");
  }

  private static Node.Entry entry(int line, String key, String value) {
    return new Node.Entry(
        new Location("f", line, 3), key, new Node.Scalar(new Location("f", line, 9), value));
  }

  @Test
  void anOptionIsDeclaredOnce() {
    assertThatThrownBy(
            () ->
                Options.of(
                    List.of(Option.text("a", "x"), Option.text("a", "y")),
                    Node.Mapping.of(Map.of())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("option \"a\" is declared twice");
  }

  @Test
  void anExceptionNeedsAProblem() {
    assertThatThrownBy(() -> new ConfigException(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("problems: none (expected: at least one)");
    assertThat(new ConfigException(List.of(new Problem(new Location("f", 1, 2), "", "x"))))
        .hasMessage("f:1:2: x");
  }

  @Test
  void aSlipIsRecognisedAndAnotherWordIsNot() {
    TreeSet<String> known = new TreeSet<>(List.of("points", "table", "key"));

    assertThat(Suggestion.closest("point", known)).contains("points");
    assertThat(Suggestion.closest("TABLE", known)).contains("table");
    assertThat(Suggestion.closest("kex", known)).contains("key");
    assertThat(Suggestion.closest("virtual_node", known)).isEmpty();
    assertThat(Suggestion.closest("x", List.of())).isEmpty();
    assertThat(Suggestion.closest("k".repeat(100_000), known)).isEmpty();
    assertThat(Suggestion.hint("tabel", known)).isEqualTo("; did you mean \"table\"?");
  }
}
