package io.upstream4j.api.option;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProblemsTest {
  private static final Option<Integer> MAX = Option.integer("max", "help", 0, 5).optional();
  private static final Option<Boolean> ON = Option.flag("on", "help").optional();
  private static final List<Option<?>> DECLARED = List.of(MAX, ON);

  private static Location at(int line) {
    return new Location("f", line, 1);
  }

  private static Node.Mapping unknown(int count) {
    List<Node.Entry> entries = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      entries.add(new Node.Entry(at(i), "surprise" + i, new Node.Scalar(at(i), "1")));
    }
    return new Node.Mapping(at(1), entries);
  }

  @Test
  void aHundredProblemsAreAllShown() {
    ConfigException e =
        catchThrowableOfType(
            ConfigException.class, () -> Options.of(DECLARED, unknown(Problems.MOST)));

    assertThat(e.problems()).hasSize(100);
    assertThat(e.getMessage()).endsWith("\n100 configuration problems").doesNotContain("more");
  }

  @Test
  void ofMoreTheFirstHundredAreShownAndTheLastLineSaysThatThereAreOthers() {
    ConfigException e =
        catchThrowableOfType(ConfigException.class, () -> Options.of(DECLARED, unknown(20_000)));

    assertThat(e.problems()).hasSize(100);
    assertThat(e.problems().get(99).location()).isEqualTo(at(100));
    assertThat(e.getMessage()).endsWith("\nmore than 100 configuration problems");
    assertThat(e.getMessage().length()).isLessThan(10_000);
  }

  @Test
  void aReaderIsToldWhenThereIsNoUseInLookingForOthers() {
    Problems problems = new Problems();
    for (int i = 1; i <= Problems.MOST; i++) {
      problems.add(at(i), "", "wrong");
      assertThat(problems.isFull()).isFalse();
    }

    problems.add(at(101), "", "wrong");

    assertThat(problems.isFull()).isTrue();
    assertThat(problems.size()).isEqualTo(101);
    assertThat(problems.list()).hasSize(100);
  }

  @Test
  void whatIsKnownIsListedWhereNoneIsClose() {
    Problems problems = new Problems();
    List<String> fruit = List.of("apple", "pear");

    problems.addUnknown(at(1), "a", "unknown fruit", "appel", fruit);
    problems.addUnknown(at(2), "b", "unknown fruit", "cucumber", fruit);
    problems.addUnknown(at(3), "c", "unknown fruit", "potato chips", fruit);
    problems.addUnknown(at(4), "d", "unknown colour", "mauve", List.of("red"));
    problems.addUnknown(at(5), "e", "unknown shape", "blob", List.of());

    assertThat(problems.list().stream().map(Problem::toString))
        .containsExactly(
            "f:1:1: a: unknown fruit; did you mean \"apple\"?",
            "f:2:1: b: unknown fruit (expected: one of apple, pear)",
            "f:3:1: c: unknown fruit (expected: one of apple, pear)",
            "f:4:1: d: unknown colour (expected: red)",
            "f:5:1: e: unknown shape (expected: none)");
  }

  @Test
  void aCollectionWithOtherPathsIsTheSameCollection() {
    Problems problems = new Problems();
    Problems renamed = problems.withPaths(path -> "outer." + path);

    renamed.add(at(1), "inner", "wrong");
    problems.add(at(2), "own", "wrong");

    assertThat(renamed.size()).isEqualTo(2);
    assertThat(problems.list().stream().map(Problem::path)).containsExactly("outer.inner", "own");
  }

  @Test
  void ofALongPathAndMessageTheBeginningAndTheEndAreKept() {
    Problem problem =
        new Problem(
            at(1),
            "first." + "k".repeat(1_000_000) + ".last",
            "\"" + "v".repeat(1_000_000) + "\" (expected: less)");

    assertThat(problem.toString().length()).isLessThan(3_100);
    assertThat(problem.path()).startsWith("first.kkk").endsWith("kkk.last");
    assertThat(problem.message()).startsWith("\"vvv").endsWith("vvv\" (expected: less)");
  }

  @Test
  void whereALongTextIsCutNoCharacterIsHalved() {
    String smile = new String(Character.toChars(0x1F600));
    for (String shift : List.of("", "x")) {
      Problem problem = new Problem(at(1), "", shift + smile.repeat(10_000));

      assertThat(problem.message().codePoints().noneMatch(c -> c >= 0xD800 && c <= 0xDFFF))
          .isTrue();
      assertThat(Problem.quoted(shift + smile.repeat(100)).codePoints())
          .noneMatch(c -> c >= 0xD800 && c <= 0xDFFF);
    }
  }

  @Test
  void aLongTextIsQuotedByItsBeginningAndItsLength() {
    assertThat(Problem.quoted("short")).isEqualTo("\"short\"");
    assertThat(Problem.quoted("x".repeat(3_000)))
        .isEqualTo("\"" + "x".repeat(100) + "...\" (3000 characters)");
  }

  @Test
  void onlyAsManyNamesAreComparedAndListedAsIsBounded() {
    int[] asked = new int[1];
    List<String> names =
        new AbstractList<>() {
          @Override
          public String get(int index) {
            asked[0]++;
            return ("n" + index).repeat(50).substring(0, 100);
          }

          @Override
          public int size() {
            return 1_000_000;
          }
        };

    String instead = Suggestion.instead("x".repeat(100), names);

    assertThat(asked[0]).isLessThan(2_000);
    assertThat(instead).startsWith(" (expected: one of n0n0").endsWith(" and 999999 more)");
    assertThat(instead.length()).isLessThan(200);
  }

  @Test
  void manyUnknownKeysDoNotHideWhatIsMissing() {
    Option<Integer> needed = Option.integer("needed", "help", 0, 5);

    assertThatThrownBy(() -> Options.of(List.of(needed), unknown(2)))
        .hasMessageContaining("needed: missing (expected: 0 to 5)");
  }
}
