package io.upstream4j.distribution.convert;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.toml.TomlFactory;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Problems;
import io.upstream4j.core.config.ConfigLoader;
import io.upstream4j.distribution.convert.TomlPlaces.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads TOML into nodes with their places: an item of a list stands where its key does. What is
 * larger than may stand in a configuration is a problem.
 */
final class Toml {
  private static final TomlMapper MAPPER =
      new TomlMapper(
          TomlFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder()
                      .maxNestingDepth(ConfigLoader.MAX_DEPTH)
                      .maxNameLength(ConfigLoader.MAX_VALUE)
                      .build())
              .build());

  private final Problems problems;

  private Toml(Problems problems) {
    this.problems = problems;
  }

  /** Reads a text, or adds a problem and returns null. */
  static Node.@Nullable Mapping read(String source, String text, Problems problems) {
    JsonNode root;
    try {
      root = MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      problems.add(
          at == null
              ? new Location(source, 1, 1)
              : new Location(source, Math.max(1, at.getLineNr()), Math.max(1, at.getColumnNr())),
          "",
          "not TOML: " + e.getOriginalMessage().lines().findFirst().orElse(""));
      return null;
    }
    int before = problems.size();
    Node node =
        new Toml(problems).node(root, TomlPlaces.of(source, text), "", new Location(source, 1, 1));
    return problems.size() == before ? (Node.Mapping) node : null;
  }

  private Node node(JsonNode json, @Nullable Place place, String path, Location around) {
    if (json.isObject()) {
      List<Node.Entry> entries = new ArrayList<>();
      if (fits(json, "keys", path, around)) {
        for (Map.Entry<String, JsonNode> field : json.properties()) {
          String key = field.getKey();
          Place inner = place == null ? null : place.inner(key);
          Location at = inner == null ? around : inner.at();
          String innerPath = path.isEmpty() ? key : path + "." + key;
          entries.add(new Node.Entry(at, key, node(field.getValue(), inner, innerPath, at)));
        }
      }
      return new Node.Mapping(around, entries);
    }
    if (json.isArray()) {
      List<Node> items = new ArrayList<>();
      if (fits(json, "values", path, around)) {
        json.forEach(item -> items.add(node(item, place, path, around)));
      }
      return new Node.Sequence(around, items);
    }
    String text = json.asText();
    if (text.length() > ConfigLoader.MAX_VALUE) {
      problems.add(
          around,
          path,
          text.length() + " characters (expected: at most " + ConfigLoader.MAX_VALUE + ")");
      text = "";
    }
    return new Node.Scalar(around, text);
  }

  private boolean fits(JsonNode json, String what, String path, Location at) {
    if (json.size() <= ConfigLoader.MAX_ENTRIES) {
      return true;
    }
    problems.add(
        at,
        path,
        json.size() + " " + what + " (expected: at most " + ConfigLoader.MAX_ENTRIES + ")");
    return false;
  }
}
