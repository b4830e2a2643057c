package io.upstream4j.distribution.convert;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What became of a configuration.
 *
 * @param origin the program whose configuration it was
 * @param root the configuration in our terms; its places are those of what it was made of
 * @param notes what is different here, and what there is no word for and was left out
 */
public record Converted(String origin, Node.Mapping root, List<Note> notes) {
  /** Copies the components. */
  public Converted {
    notes = List.copyOf(notes);
  }

  /**
   * Puts upstreams and routes together.
   *
   * @param top the place of the whole
   */
  static Converted of(
      String origin, Location top, List<Node.Entry> upstreams, List<Node> routes, Notes notes) {
    return new Converted(
        origin,
        new Node.Mapping(
            top,
            List.of(
                new Node.Entry(top, "upstreams", new Node.Mapping(top, upstreams)),
                new Node.Entry(top, "routes", new Node.Sequence(top, routes)))),
        notes.list());
  }

  /**
   * The same with the rules by which the program compares paths.
   *
   * @param rules keys of {@code gateway} with their values
   */
  Converted with(Map<String, String> rules) {
    Location top = root.location();
    List<Node.Entry> entries = new ArrayList<>();
    List<Node.Entry> gateway = new ArrayList<>();
    rules.forEach(
        (key, value) -> gateway.add(new Node.Entry(top, key, new Node.Scalar(top, value))));
    entries.add(new Node.Entry(top, "gateway", new Node.Mapping(top, gateway)));
    entries.addAll(root.entries());
    return new Converted(origin, new Node.Mapping(top, entries), notes);
  }

  /**
   * A remark about a part.
   *
   * @param what where, and what became of it
   * @param isLoss whether requests are dealt with otherwise than there
   */
  public record Note(Problem what, boolean isLoss) {}

  /** Whether something that matters to requests is not in it. */
  public boolean isPartial() {
    return notes.stream().anyMatch(Note::isLoss);
  }

  /** As YAML, the notes above it. */
  public String yaml() {
    StringBuilder text = new StringBuilder("# Converted from a configuration of " + origin + ".\n");
    for (Note note : notes) {
      text.append("# ").append(note.what()).append('\n');
    }
    return text.append(YamlText.of(root)).toString();
  }
}
