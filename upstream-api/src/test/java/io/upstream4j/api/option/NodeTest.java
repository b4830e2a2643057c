package io.upstream4j.api.option;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NodeTest {
  private static final Location HERE = new Location("f", 1, 1);
  private static final Location THERE = new Location("g", 9, 9);

  private static Node.Mapping mapping(Location location, String... keys) {
    return new Node.Mapping(
        location,
        Arrays.stream(keys)
            .map(key -> new Node.Entry(location, key, new Node.Scalar(location, key)))
            .toList());
  }

  @Test
  void nodesThatSayTheSameAreEqualWhereverTheyStand() {
    assertThat(new Node.Scalar(HERE, "a"))
        .isEqualTo(new Node.Scalar(THERE, "a"))
        .hasSameHashCodeAs(new Node.Scalar(THERE, "a"))
        .isNotEqualTo(new Node.Scalar(HERE, "b"));
    assertThat(mapping(HERE, "a", "b"))
        .isEqualTo(mapping(THERE, "b", "a"))
        .hasSameHashCodeAs(mapping(THERE, "b", "a"))
        .isNotEqualTo(mapping(HERE, "a"))
        .isNotEqualTo(mapping(HERE, "a", "c"));
    assertThat(new Node.Sequence(HERE, List.of(mapping(HERE, "a"), mapping(HERE, "b"))))
        .isEqualTo(new Node.Sequence(THERE, List.of(mapping(THERE, "a"), mapping(THERE, "b"))))
        .isNotEqualTo(new Node.Sequence(HERE, List.of(mapping(HERE, "b"), mapping(HERE, "a"))));
    assertThat((Node) new Node.Scalar(HERE, "a")).isNotEqualTo(mapping(HERE, "a"));
  }

  @Test
  void aMappingHasEachKeyOnce() {
    assertThatThrownBy(() -> mapping(HERE, "a", "b", "a"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("duplicate key \"a\"");
  }

  @Test
  void valuesOfAProgramBecomeNodes() {
    Node.Mapping node =
        Node.Mapping.of(Map.of("list", List.of("a", 1, true, Map.of("k", 2.5)), "map", Map.of()));

    assertThat(node.find("list"))
        .contains(
            new Node.Sequence(
                HERE,
                List.of(
                    new Node.Scalar(HERE, "a"),
                    new Node.Scalar(HERE, "1"),
                    new Node.Scalar(HERE, "true"),
                    Node.Mapping.of(Map.of("k", "2.5")))));
    assertThat(node.find("map")).contains(new Node.Mapping(HERE, List.of()));
    assertThat(node.find("none")).isEmpty();
    assertThatThrownBy(() -> Node.Mapping.of(Map.of("x", new Object())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "value of class java.lang.Object (expected: String, Number, Boolean, List or Map)");
  }

  @Test
  void linesAndColumnsCountFromOne() {
    assertThat(new Location("dir/f.yaml", 12, 9)).hasToString("dir/f.yaml:12:9");
    assertThatThrownBy(() -> new Location("f", 0, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Location("f", 1, 0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void problemsAreListedInTheOrderOfTheLines() {
    Problems problems = new Problems();
    problems.add(new Location("f", 10, 1), "c", "third");
    problems.add(new Location("f", 2, 9), "b", "second");
    problems.add(new Location("f", 2, 8), "a", "first");

    assertThat(problems.size()).isEqualTo(3);
    assertThat(problems.list())
        .extracting(Problem::message)
        .containsExactly("first", "second", "third");
    assertThatThrownBy(problems::throwIfAny).isInstanceOf(ConfigException.class);
    new Problems().throwIfAny();
  }

  @Test
  void aProblemIsOneLineWhateverTheFileHolds() {
    assertThat(new Problem(HERE, "a\nb", "\"x\r\u001b[31m\" (expected: y)"))
        .hasToString("f:1:1: a\\nb: \"x\\u000d\\u001b[31m\" (expected: y)");
  }
}
