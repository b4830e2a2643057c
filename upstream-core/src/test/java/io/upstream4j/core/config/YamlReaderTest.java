package io.upstream4j.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Problem;
import io.upstream4j.api.option.Problems;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class YamlReaderTest {
  private static Node read(String yaml) {
    Problems problems = new Problems();
    Node node = YamlReader.read("f", yaml, problems);
    assertThat(problems.list()).isEmpty();
    return node;
  }

  private static List<String> problems(String yaml) {
    Problems problems = new Problems();
    YamlReader.read("f", yaml, problems);
    return problems.list().stream().map(Problem::toString).toList();
  }

  private static Node at(Node node, String... keys) {
    Node inner = node;
    for (String key : keys) {
      inner = ((Node.Mapping) inner).find(key).orElseThrow();
    }
    return inner;
  }

  private static String place(Node node) {
    return node.location().line() + ":" + node.location().column();
  }

  @Test
  void keysAndValuesKnowTheirPlaces() {
    Node root = read("a: 1\nlist:\n  - x\n  - { k: v }\nlast: \"q\"\n");

    assertThat(place(root)).isEqualTo("1:1");
    assertThat(place(at(root, "a"))).isEqualTo("1:4");
    Node.Sequence list = (Node.Sequence) at(root, "list");
    assertThat(place(list)).isEqualTo("3:3");
    assertThat(place(list.items().get(0))).isEqualTo("3:5");
    assertThat(place(list.items().get(1))).isEqualTo("4:5");
    assertThat(place(at(list.items().get(1), "k"))).isEqualTo("4:10");
    assertThat(((Node.Mapping) root).entry("list").orElseThrow().location())
        .isEqualTo(new Location("f", 2, 1));
    assertThat(((Node.Mapping) root).entry("last").orElseThrow().value().location())
        .isEqualTo(new Location("f", 5, 7));
  }

  @Test
  void scalarsKeepTheirTextAsWritten() {
    assertThat(
            read(
                "[1_000, 0x1F, 1.50, yes, on, 12e03, -.inf, 007, 1:30, '5', \"a\\tb\", 2026-11-23,"
                    + " 99999999999999999999999999]"))
        .isEqualTo(
            sequence(
                "1_000",
                "0x1F",
                "1.50",
                "yes",
                "on",
                "12e03",
                "-.inf",
                "007",
                "1:30",
                "5",
                "a\tb",
                "2026-11-23",
                "99999999999999999999999999"));
  }

  @Test
  void nothingIsAnEmptyTextUnlessItIsQuoted() {
    assertThat(read("[~, null, '', 'null', \"~\"]")).isEqualTo(sequence("", "", "", "null", "~"));
    assertThat(read("a:\n")).isEqualTo(Node.Mapping.of(Map.of("a", "")));
  }

  @Test
  void blockScalarsAreJoinedAsYamlSays() {
    assertThat(read("a: |\n  one\n  two\nb: >-\n  one\n  two\n"))
        .isEqualTo(Node.Mapping.of(Map.of("a", "one\ntwo\n", "b", "one two")));
  }

  @Test
  void aByteOrderMarkAndWindowsLineEndsShiftNothing() {
    Node root = read("\uFEFFa: 1\r\nb:\r\n  c: 2\r\n");

    assertThat(root).isEqualTo(Node.Mapping.of(Map.of("a", "1", "b", Map.of("c", "2"))));
    assertThat(place(at(root, "a"))).isEqualTo("1:4");
    assertThat(place(at(root, "b", "c"))).isEqualTo("3:6");
  }

  @Test
  void columnsCountCharactersRatherThanTheirBytesOrSurrogates() {
    Node root = read("\"schlüssel\": { \"🔑🔑\": wert }\n");

    assertThat(place(at(root, "schlüssel", "🔑🔑"))).isEqualTo("1:22");
  }

  @Test
  void anAliasIsWhatItsAnchorNames() {
    assertThat(read("a: &one 1\nb: &map { x: *one }\nc: *map\nd: [*one, *map]\n"))
        .isEqualTo(
            Node.Mapping.of(
                Map.of(
                    "a",
                    "1",
                    "b",
                    Map.of("x", "1"),
                    "c",
                    Map.of("x", "1"),
                    "d",
                    List.of("1", Map.of("x", "1")))));
  }

  @Test
  void anAnchorThatIsSetAgainCountsFromThereOn() {
    assertThat(read("[&a 1, *a, &a 2, *a]")).isEqualTo(sequence("1", "1", "2", "2"));
  }

  @Test
  void anAliasWithoutAnAnchorIsNamed() {
    assertThat(problems("x: 1\na: [*nope]\n"))
        .containsExactly("f:2:5: a[0]: alias *nope (expected: an anchor &nope before it)");
  }

  @Test
  void anAliasWithinItsOwnAnchorIsRefused() {
    assertThat(problems("a: &a [*a]\n"))
        .containsExactly("f:1:8: a[0]: alias *a (expected: an anchor &a before it)");
  }

  @Test
  void aBillionLaughsEndQuickly() {
    StringBuilder yaml = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 12; i++) {
      String alias = "*a" + (i - 1);
      yaml.append("a%d: &a%d [".formatted(i, i))
          .append(String.join(", ", java.util.Collections.nCopies(10, alias)))
          .append("]\n");
    }

    long start = System.nanoTime();
    List<String> problems = problems(yaml.toString());

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    assertThat(problems)
        .singleElement()
        .asString()
        .isEqualTo(
            "f:6:25: a5[3]: more than 500000 values, those that aliases repeat included (expected:"
                + " fewer)");
  }

  @Test
  void aMergeKeyAddsWhatIsNotThere() {
    assertThat(
            at(
                read(
                    """
                    base: &base { a: 1, b: 2 }
                    more: &more { b: 3, c: 4, d: 5 }
                    one:
                      b: own
                      <<: *base
                    two:
                      <<: [*base, *more]
                      d: own
                    three: { <<: { z: 1 } }
                    quoted: { "<<": text }
                    """)))
        .satisfies(
            root -> {
              assertThat(at(root, "one")).isEqualTo(Node.Mapping.of(Map.of("a", "1", "b", "own")));
              assertThat(at(root, "two"))
                  .isEqualTo(Node.Mapping.of(Map.of("a", "1", "b", "2", "c", "4", "d", "own")));
              assertThat(at(root, "three")).isEqualTo(Node.Mapping.of(Map.of("z", "1")));
              assertThat(at(root, "quoted")).isEqualTo(Node.Mapping.of(Map.of("<<", "text")));
              assertThat(place(at(root, "one", "a"))).isEqualTo("1:18");
            });
  }

  @Test
  void aMergeOfSomethingElseIsRefused() {
    assertThat(problems("a:\n  <<: text\nb:\n  <<: [{ x: 1 }, [2]]\n"))
        .containsExactly(
            "f:2:7: a.<<: a text (expected: a mapping, or a list of them)",
            "f:4:18: b.<<: a list (expected: a mapping, or a list of them)");
  }

  @Test
  void aKeyThatIsThereTwiceIsToldWithBothPlaces() {
    assertThat(problems("a:\n  x: 1\n  y: 2\n  x: 3\nb: &m {}\na: 5\nc:\n  <<: *m\n  <<: *m\n"))
        .containsExactly(
            "f:4:3: a.x: duplicate key, first at f:2:3 (expected: each key once)",
            "f:6:1: a: duplicate key, first at f:1:1 (expected: each key once)",
            "f:9:3: c.<<: duplicate key, first at f:8:3 (expected: each key once)");
  }

  @Test
  void aSecondDocumentIsRefused() {
    assertThat(problems("a: 1\n---\nb: 2\n"))
        .containsExactly("f:3:1: a second document (expected: one document in a file)");
    assertThat(problems("---\na: 1\n...\n")).isEmpty();
  }

  @Test
  void aFileWithNothingInItIsSaidToBeSo() {
    for (String nothing : List.of("", "\n\n", "# a comment\n", "\uFEFF")) {
      assertThat(problems(nothing))
          .containsExactly("f:1:1: nothing in it (expected: a mapping with \"upstreams\")");
    }
  }

  @Test
  void tagsAreRefusedAndMakeNothing() {
    assertThat(
            problems(
                "a: !!javax.script.ScriptEngineManager [!!java.net.URL [\"http://x/\"]]\n"
                    + "b: !mine 5\nc: !!str 5\nd: !!binary aGk=\n"))
        .containsExactly(
            "f:1:4: a: tag \"javax.script.ScriptEngineManager\" (expected: no tag)",
            "f:1:40: a[0]: tag \"java.net.URL\" (expected: no tag)",
            "f:2:4: b: tag \"mine\" (expected: no tag)",
            "f:4:4: d: tag \"binary\" (expected: no tag)");
  }

  @Test
  void tabsAndOtherMistakesHavePlaces() {
    assertThat(problems("a: 1\n\tb: 2\n"))
        .containsExactly(
            "f:2:1: not YAML: a tab (expected: spaces, as YAML has no tabs before keys)");
    assertThat(problems("a: [1, 2\nb: 3\n"))
        .containsExactly("f:1:4: not YAML: the [ here is not closed (expected: ] before line 2)");
    assertThat(problems("a: \"x\n"))
        .containsExactly(
            "f:1:4: not YAML: a quote that is not closed (expected: \" at the end of the text)");
    assertThat(problems("a: b: c\n"))
        .containsExactly(
            "f:1:5: not YAML: a second \": \" in one line (expected: text with a colon in quotes, or"
                + " the second key on a line of its own)");
    assertThat(problems("a: @x\n"))
        .containsExactly("f:1:4: not YAML: text that begins with @ (expected: in quotes)");
    assertThat(problems("? [a, b]\n: c\n"))
        .containsExactly("f:1:3: a key that is not text (expected: text)");
    assertThat(problems("a: 1\n? *a\n: c\n"))
        .containsExactly("f:2:3: a key that is not text (expected: text)");
    assertThat(problems("\"\": 1\n")).containsExactly("f:1:1: an empty key (expected: a name)");
  }

  @Test
  void charactersThatAreNotTextHavePlaces() {
    assertThat(problems("a: 1\nb: x\u0007\n"))
        .containsExactly("f:2:5: character U+0007 (expected: text)");
    assertThat(problems("ä🔑\u0000")).containsExactly("f:1:3: character U+0000 (expected: text)");
    assertThat(problems("a: \uD83D\n")).containsExactly("f:1:4: character U+D83D (expected: text)");
  }

  @Test
  void whatYaml12AllowsIsRead() {
    assertThat(read("{ check: http://api/up?x=1, b: ?q }"))
        .isEqualTo(Node.Mapping.of(Map.of("check", "http://api/up?x=1", "b", "?q")));
    assertThat(read("a:\t{ b:\t1 }\n")).isEqualTo(Node.Mapping.of(Map.of("a", Map.of("b", "1"))));
    assertThat(read("{ a: \"x\\/y\" }")).isEqualTo(Node.Mapping.of(Map.of("a", "x/y")));
  }

  @Test
  void jsonIsReadAsJson() {
    String key = "k".repeat(2_000);
    Node root = read("{\"a\":\t\"x\\/y\",\n \"" + key + "\": [1.50, true, null, {}]}");

    assertThat(((Node.Mapping) root).find("a")).contains(new Node.Scalar(root.location(), "x/y"));
    assertThat(at(root, key))
        .isEqualTo(
            new Node.Sequence(
                root.location(),
                List.of(
                    new Node.Scalar(root.location(), "1.50"),
                    new Node.Scalar(root.location(), "true"),
                    new Node.Scalar(root.location(), ""),
                    new Node.Mapping(root.location(), List.of()))));
    assertThat(place(at(root, "a"))).isEqualTo("1:7");
    assertThat(problems("{\"a\": 1, \"a\": 2}"))
        .containsExactly("f:1:10: a: duplicate key, first at f:1:2 (expected: each key once)");
  }

  @Test
  void whatIsNeitherJsonNorYamlHasTheProblemOfJson() {
    assertThat(problems("{\"a\": \"1\" // one\n}"))
        .containsExactly(
            "f:1:11: not JSON: a comment (expected: none, or a file of YAML, with # before"
                + " comments)");
    assertThat(problems("{\"a\": [1,\n 2\n}"))
        .singleElement()
        .asString()
        .startsWith("f:3:1: not JSON: ");
    assertThat(problems("{\"a\": {\"b\": 1}"))
        .containsExactly("f:1:15: not JSON: the { at line 1, column 1 is not closed (expected: })");
    assertThat(read("{\"a\": 1,}")).isEqualTo(Node.Mapping.of(Map.of("a", "1"))); // it is YAML
  }

  @Test
  void nestingIsBounded() {
    int depth = 100_000;
    assertThat(problems("[".repeat(depth) + "]".repeat(depth)))
        .singleElement()
        .asString()
        .isEqualTo("f:1:66: nested deeper than 64 (expected: at most 64)");
  }

  @Test
  void sizeIsBounded() {
    assertThat(problems("#".repeat(ConfigLoader.MAX_BYTES + 1)))
        .containsExactly("f:1:1: 3145729 characters (expected: at most 3145728)");
    assertThat(
            problems("#".repeat(63).concat("\n").repeat(ConfigLoader.MAX_BYTES / 64 - 1) + "a: 1"))
        .isEmpty();
  }

  @Test
  void aKeyHasABound() {
    String key = "k".repeat(YamlReader.MAX_VALUE);
    assertThat(read("a:\n  ? " + key + "\n  : 1\n"))
        .isEqualTo(Node.Mapping.of(Map.of("a", Map.of(key, "1"))));
    assertThat(problems("a:\n  ? " + key + "k\n  : 1\n"))
        .containsExactly("f:2:5: a: a key of 65537 characters (expected: at most 65536)");
  }

  @Test
  void aValueHasABound() {
    String value = "v".repeat(YamlReader.MAX_VALUE);
    assertThat(read("a: " + value)).isEqualTo(Node.Mapping.of(Map.of("a", value)));
    assertThat(problems("a:\n  - b\n  - " + value + "v\n"))
        .containsExactly("f:3:5: a[1]: 65537 characters (expected: at most 65536)");
  }

  @Test
  void listsAndMappingsHaveABound() {
    assertThat(((Node.Sequence) read("[" + "1,".repeat(YamlReader.MAX_ENTRIES) + "]")).items())
        .hasSize(YamlReader.MAX_ENTRIES);
    assertThat(problems("a: [" + "1,".repeat(YamlReader.MAX_ENTRIES + 1) + "]"))
        .containsExactly("f:1:40005: a: more than 20000 values (expected: at most that many)");
    StringBuilder keys = new StringBuilder("a:\n");
    for (int i = 0; i <= YamlReader.MAX_ENTRIES; i++) {
      keys.append("  k").append(i).append(": 1\n");
    }
    assertThat(problems(keys.toString()))
        .containsExactly("f:20002:3: a: more than 20000 keys (expected: at most that many)");
  }

  @Test
  void whatIsPutInHasABoundForAllValuesTogether() {
    Problems problems = new Problems();
    String big = "x".repeat(YamlReader.MAX_VALUE);

    Node node = YamlReader.read("f", "[" + "'',".repeat(100) + "]", text -> big, problems);

    assertThat(node).isNull();
    assertThat(problems.list().stream().map(Problem::toString))
        .containsExactly(
            "f:1:146: [48]: more than 3145728 characters put in for ${...} in all values so far"
                + " (expected: fewer)");
  }

  @Test
  void readingStopsOnceThereAreMoreProblemsThanAreShown() {
    int[] asked = new int[1];
    Problems problems = new Problems();

    Node node =
        YamlReader.read(
            "f",
            "[" + "x,".repeat(10_000) + "]",
            text -> {
              asked[0]++;
              throw new IllegalArgumentException("no");
            },
            problems);

    assertThat(node).isNull();
    assertThat(asked[0]).isEqualTo(101);
    assertThat(problems.isFull()).isTrue();
  }

  @Test
  void longTokensAreReadInOnePass() { // in pieces, each would copy 20 GB
    String long3 = "x".repeat(ConfigLoader.MAX_BYTES - 20);
    for (String yaml :
        List.of("a: 1 #" + long3, "a: " + long3, "a: \"" + long3 + "\"", "a: &" + long3 + " 1")) {
      YamlReader.read("f", yaml, new Problems());
    }
  }

  @Test
  void whateverStandsInAFileIsReadOrRefused() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    String alphabet = "ab:- \n\t[]{},&*<!|>'\"#?%@~.\\\uFEFF1é\r";
    for (int i = 0; i < 20_000; i++) {
      StringBuilder yaml = new StringBuilder();
      for (int length = random.nextInt(40); length > 0; length--) {
        yaml.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      Problems problems = new Problems();
      Node node = null;
      try {
        node = YamlReader.read("f", yaml.toString(), problems);
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed + ": " + yaml, e);
      }
      assertThat(node == null && problems.isEmpty()).as("seed %d: %s", seed, yaml).isFalse();
    }
  }

  private static Node sequence(String... texts) {
    return at(Node.Mapping.of(Map.of("list", List.of(texts))), "list");
  }
}
