package io.upstream4j.distribution.convert;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Problems;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads TOML into nodes with their places: an item of a list stands where its key does. */
final class Toml {
  private final Map<List<String>, Location> places;

  private Toml(Map<List<String>, Location> places) {
    this.places = places;
  }

  /** Reads a text, or adds a problem and returns null. */
  static Node.@Nullable Mapping read(String source, String text, Problems problems) {
    JsonNode root;
    try {
      root = new TomlMapper().readTree(text);
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
    return (Node.Mapping)
        new Toml(TomlPlaces.of(source, text)).node(root, List.of(), new Location(source, 1, 1));
  }

  private Node node(JsonNode json, List<String> path, Location around) {
    if (json.isObject()) {
      List<Node.Entry> entries = new ArrayList<>();
      json.properties()
          .forEach(
              field -> {
                List<String> inner = new ArrayList<>(path);
                inner.add(field.getKey());
                Location at = places.getOrDefault(inner, around);
                entries.add(new Node.Entry(at, field.getKey(), node(field.getValue(), inner, at)));
              });
      return new Node.Mapping(around, entries);
    }
    if (json.isArray()) {
      List<Node> items = new ArrayList<>();
      json.forEach(item -> items.add(node(item, path, around)));
      return new Node.Sequence(around, items);
    }
    return new Node.Scalar(around, json.asText());
  }
}
