package io.upstream4j.distribution.convert;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Problems;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Collects the keys of one upstream, each with the place of what it was made of. */
final class Keyed {
  /** The time limit of connecting, TLS included, when none is given; in milliseconds. */
  static final long TOTAL_UNLESS_GIVEN = 10_000;

  private final Map<String, Node.Entry> entries = new LinkedHashMap<>();
  private final Location at;
  private final Problems problems;

  Keyed(Location at, Problems problems) {
    this.at = at;
    this.problems = problems;
  }

  void put(Location place, String key, String text) {
    entries.put(key, new Node.Entry(place, key, new Node.Scalar(place, text)));
  }

  /** Puts what is made of a text, or adds why it cannot be. */
  void put(Location place, String key, String text, UnaryOperator<String> reading) {
    try {
      put(place, key, reading.apply(text));
    } catch (IllegalArgumentException e) {
      problems.add(place, key, String.valueOf(e.getMessage()));
    }
  }

  /**
   * Puts a time limit of requests: at most a day, which is noted. For connecting, the limit that
   * includes TLS is put as well when the one that holds otherwise is shorter.
   */
  void putLimit(
      Location place, String key, String text, UnaryOperator<String> reading, Notes notes) {
    put(
        place,
        key,
        text,
        given -> {
          String ours = reading.apply(given);
          if (Times.millis(ours) <= Times.DAY) {
            return ours;
          }
          notes.remark(place, key, "1d, the longest time limit here (there: " + text + ")");
          return "1d";
        });
    Node.Entry limit = entries.get(key);
    if (key.equals("connection_timeout")
        && limit != null
        && limit.value() instanceof Node.Scalar scalar
        && Times.millis(scalar.text()) > TOTAL_UNLESS_GIVEN) {
      put(place, "total_connection_timeout", scalar.text());
    }
  }

  void put(Location place, String key, List<String> texts) {
    List<Node> items = texts.stream().<Node>map(text -> new Node.Scalar(place, text)).toList();
    entries.put(key, new Node.Entry(place, key, new Node.Sequence(place, items)));
  }

  void put(Location place, String key, Map<String, String> texts) {
    List<Node.Entry> inner =
        texts.entrySet().stream()
            .map(
                text ->
                    new Node.Entry(place, text.getKey(), new Node.Scalar(place, text.getValue())))
            .toList();
    entries.put(key, new Node.Entry(place, key, new Node.Mapping(place, inner)));
  }

  void put(Location place, String key, Node value) {
    entries.put(key, new Node.Entry(place, key, value));
  }

  Node.Mapping mapping() {
    return new Node.Mapping(at, List.copyOf(entries.values()));
  }
}
