package io.upstream4j.core.config;

import com.fasterxml.jackson.core.ErrorReportConfiguration;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.core.io.ContentReference;
import com.fasterxml.jackson.core.io.IOContext;
import com.fasterxml.jackson.core.util.BufferRecycler;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Problem;
import io.upstream4j.api.option.Problems;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.events.NodeEvent;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.parser.ParserImpl;

/**
 * Reads YAML into nodes with their places. For one thread, one text.
 *
 * <p>It reads events, so no object is ever made from what the text says: tags that name classes are
 * refused by never being looked at. An alias shares the node that its anchor names; since whoever
 * walks the tree meets it again at each alias, nodes are counted as often as they will be met.
 *
 * <p>A text of at most 3 MiB becomes at most half a million nodes of some 150 bytes beside their
 * texts, which are those of the text and as much again that is put in: less than 100 MiB.
 */
final class YamlReader {
  static final int MAX_DEPTH = ConfigLoader.MAX_DEPTH;
  static final int MAX_NODES = 500_000;

  static final int MAX_ENTRIES = ConfigLoader.MAX_ENTRIES;

  /** As for keys that are not marked as such by a question mark. */
  static final int MAX_KEY = ConfigLoader.MAX_KEY;

  static final int MAX_VALUE = ConfigLoader.MAX_VALUE;

  /** What all values together may gain by what is put in. */
  static final int MAX_PUT_IN = ConfigLoader.MAX_BYTES;

  /** What {@code !!} stands for. */
  private static final String YAML_TAG = "tag:yaml.org,2002:";

  private static final Set<String> PLAIN_TAGS =
      Set.of("str", "int", "float", "bool", "null", "map", "seq");

  /** A node that an alias may name, and how many nodes one meets in it. */
  private record Anchored(Node node, int size) {}

  /**
   * What leads to a node. Written out for a problem only: the paths of all nodes would be longer
   * than the text.
   *
   * @param key null for an item of a list
   * @param index of an item
   */
  private record Step(@Nullable Step before, @Nullable String key, int index) {
    static final Step ROOT = new Step(null, "", 0);

    Step key(String name) {
      return new Step(this, name, 0);
    }

    Step item(int number) {
      return new Step(this, null, number);
    }

    @Override
    public String toString() {
      if (before == null) {
        return "";
      }
      String path = before.toString();
      return key == null ? path + "[" + index + "]" : path.isEmpty() ? key : path + "." + key;
    }
  }

  /** What cannot be read any further. */
  private static final class Unreadable extends Exception {
    private static final long serialVersionUID = 1L;
    private final transient Location location;
    private final String path;

    Unreadable(Location location, Step path, String message) {
      super(message, null, false, false);
      this.location = location;
      this.path = path.toString();
    }
  }

  /** There are more problems already than anybody is told. */
  private static final class Hopeless extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Hopeless() {
      super(null, null, false, false);
    }
  }

  private final String source;
  private final Problems problems;
  private final UnaryOperator<String> substitution;
  private final Events events;
  private final Map<String, Anchored> anchors = new HashMap<>();
  private int nodes;
  private long putIn;

  private YamlReader(
      String source, Events events, UnaryOperator<String> substitution, Problems problems) {
    this.source = source;
    this.substitution = substitution;
    this.events = events;
    this.problems = problems;
  }

  /** As below, with what the environment and files of this process say. */
  static @Nullable Node read(String source, String text, Problems problems) {
    return read(source, text, Substitution.OF_PROCESS::apply, problems);
  }

  /**
   * Reads the only document of a text.
   *
   * @param substitution of each scalar; what it throws is a problem
   * @return null when it cannot be read to its end; there may be problems in any case
   */
  static @Nullable Node read(
      String source, String text, UnaryOperator<String> substitution, Problems problems) {
    String yaml = text.startsWith("\uFEFF") ? text.substring(1) : text;
    if (yaml.length() > ConfigLoader.MAX_BYTES) {
      problems.add(
          new Location(source, 1, 1),
          "",
          yaml.length() + " characters (expected: at most " + ConfigLoader.MAX_BYTES + ")");
      return null;
    }
    int odd = unprintable(yaml);
    if (odd >= 0) {
      problems.add(
          end(source, yaml.substring(0, odd)),
          "",
          String.format("character U+%04X (expected: text)", (int) yaml.charAt(odd)));
      return null;
    }
    try (Events events = new Events(yaml)) {
      return new YamlReader(source, events, substitution, problems).document();
    } catch (Hopeless e) {
      return null;
    } catch (Unreadable e) {
      problems.add(e.location, e.path, String.valueOf(e.getMessage()));
    } catch (JsonProcessingException e) {
      addSyntaxError(source, e, problems);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a string does not fail to be read
    }
    return null;
  }

  /** The place behind the last character of {@code text}. */
  static Location end(String source, String text) {
    int line = 1;
    int begin = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\n' || (c == '\r' && !text.startsWith("\n", i + 1))) {
        line++;
        begin = i + 1;
      }
    }
    return new Location(source, line, text.codePointCount(begin, text.length()) + 1);
  }

  private static int unprintable(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean lone =
          Character.isSurrogate(c)
              && !(Character.isHighSurrogate(c)
                  && i + 1 < text.length()
                  && Character.isLowSurrogate(text.charAt(i + 1)))
              && !(Character.isLowSurrogate(c)
                  && i > 0
                  && Character.isHighSurrogate(text.charAt(i - 1)));
      boolean control =
          (c < ' ' && c != '\t' && c != '\n' && c != '\r') || (c >= 0x7f && c < 0xa0 && c != 0x85);
      if (lone || control || c >= 0xfffe) {
        return i;
      }
    }
    return -1;
  }

  private static void addSyntaxError(
      String source, JsonProcessingException error, Problems problems) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof MarkedYAMLException marked && marked.getProblemMark() != null) {
        Mark context = marked.getContextMark();
        Mark at = marked.getProblemMark();
        boolean elsewhere =
            context != null
                && (context.getLine() != at.getLine() || context.getColumn() != at.getColumn());
        problems.add(
            new Location(source, at.getLine() + 1, at.getColumn() + 1),
            "",
            "not YAML: "
                + marked.getProblem()
                + (marked.getContext() == null ? "" : " " + marked.getContext())
                + (elsewhere ? " that begins at line " + (context.getLine() + 1) : ""));
        return;
      }
    }
    String message = error.getOriginalMessage();
    problems.add(
        at(source, error.getLocation()),
        "",
        message.startsWith("Expected a field name")
            ? "a key that is not text (expected: text)"
            : "not YAML: " + message);
  }

  private static Location at(String source, @Nullable JsonLocation location) {
    return location == null
        ? new Location(source, 1, 1)
        : new Location(
            source, Math.max(1, location.getLineNr()), Math.max(1, location.getColumnNr()));
  }

  private Location here() {
    return at(source, events.currentTokenLocation());
  }

  private @Nullable Node document() throws IOException, Unreadable {
    JsonToken first = events.nextToken();
    if (first == null) {
      problems.add(
          new Location(source, 1, 1), "", "nothing in it (expected: a mapping with \"upstreams\")");
      return null;
    }
    Node root = node(first, Step.ROOT, 0);
    if (events.nextToken() != null) {
      problems.add(here(), "", "a second document (expected: one document in a file)");
    }
    return root;
  }

  private void add(Location location, Step path, String message) {
    problems.add(location, path.toString(), message);
    if (problems.isFull()) {
      throw new Hopeless();
    }
  }

  private Node node(JsonToken token, Step path, int depth) throws IOException, Unreadable {
    Location location = here();
    if (depth > MAX_DEPTH) {
      throw new Unreadable(
          location,
          Step.ROOT,
          "nested deeper than " + MAX_DEPTH + " (expected: at most " + MAX_DEPTH + ")");
    }
    if (events.isCurrentAlias()) {
      return alias(events.getText(), location, path);
    }
    checkTag(location, path);
    String anchor = events.anchor();
    int before = nodes;
    count(1, location, path);
    Node node =
        switch (token) {
          case START_OBJECT -> mapping(location, path, depth);
          case START_ARRAY -> sequence(location, path, depth);
          case VALUE_NULL -> new Node.Scalar(location, "");
          default -> new Node.Scalar(location, substituted(location, path));
        };
    if (anchor != null) {
      anchors.put(anchor, new Anchored(node, nodes - before));
    }
    return node;
  }

  private String substituted(Location location, Step path) throws IOException, Unreadable {
    String text = events.scalar();
    if (text.length() > MAX_VALUE) {
      throw new Unreadable(
          location, path, text.length() + " characters (expected: at most " + MAX_VALUE + ")");
    }
    String result;
    try {
      result = substitution.apply(text);
    } catch (IllegalArgumentException e) {
      add(location, path, String.valueOf(e.getMessage()));
      return text;
    }
    putIn += Math.max(0, result.length() - text.length());
    if (putIn > MAX_PUT_IN) {
      throw new Unreadable(
          location,
          path,
          "more than "
              + MAX_PUT_IN
              + " characters put in for ${...} in all values so far (expected: fewer)");
    }
    return result;
  }

  private void checkTag(Location location, Step path) throws IOException {
    String written = events.getTypeId();
    if (written == null) {
      return;
    }
    String tag = written.startsWith(YAML_TAG) ? written.substring(YAML_TAG.length()) : written;
    if (!PLAIN_TAGS.contains(tag)) {
      add(location, path, "tag " + Problem.quoted(tag) + " (expected: no tag)");
    }
  }

  private void count(int more, Location location, Step path) throws Unreadable {
    nodes += more;
    if (nodes > MAX_NODES) {
      throw new Unreadable(
          location,
          path,
          "more than "
              + MAX_NODES
              + " values, those that aliases repeat included (expected: fewer)");
    }
  }

  private Node alias(String name, Location location, Step path) throws Unreadable {
    Anchored anchored = anchors.get(name);
    if (anchored == null) {
      throw new Unreadable(
          location, path, "alias *" + name + " (expected: an anchor &" + name + " before it)");
    }
    count(anchored.size(), location, path);
    return anchored.node();
  }

  private Node sequence(Location location, Step path, int depth) throws IOException, Unreadable {
    List<Node> items = new ArrayList<>();
    for (JsonToken token = next(); token != JsonToken.END_ARRAY; token = next()) {
      checkRoom(items.size(), "values", path);
      items.add(node(token, path.item(items.size()), depth + 1));
    }
    return new Node.Sequence(location, items);
  }

  private void checkRoom(int size, String what, Step path) throws Unreadable {
    if (size == MAX_ENTRIES) {
      throw new Unreadable(
          here(), path, "more than " + MAX_ENTRIES + " " + what + " (expected: at most that many)");
    }
  }

  private Node mapping(Location location, Step path, int depth) throws IOException, Unreadable {
    Map<String, Node.Entry> entries = new LinkedHashMap<>();
    List<Node.Mapping> merged = new ArrayList<>();
    Location merge = null;
    for (JsonToken token = next(); token != JsonToken.END_OBJECT; token = next()) {
      Location place = here();
      checkRoom(entries.size(), "keys", path);
      String key = events.currentName();
      if (key.length() > MAX_KEY) {
        throw new Unreadable(
            place,
            path,
            "a key of " + key.length() + " characters (expected: at most " + MAX_KEY + ")");
      }
      Step inner = path.key(key);
      boolean merges = key.equals("<<") && events.isPlain();
      Node.Entry earlier = entries.get(key);
      Node value = node(next(), inner, depth + 1);
      Location first = merges ? merge : earlier == null ? null : earlier.location();
      if (key.isEmpty()) {
        add(place, path, "an empty key (expected: a name)");
      } else if (first != null) {
        add(place, inner, "is there already, at " + first + " (expected: each key once)");
      } else if (merges) {
        merge = place;
        collectMerged(value, inner, merged);
      } else {
        entries.put(key, new Node.Entry(place, key, value));
      }
    }
    for (Node.Mapping other : merged) { // what stands here, or in an earlier one, goes first
      other.entries().forEach(entry -> entries.putIfAbsent(entry.key(), entry));
    }
    return new Node.Mapping(location, List.copyOf(entries.values()));
  }

  private void collectMerged(Node value, Step path, List<Node.Mapping> merged) {
    List<Node> values = value instanceof Node.Sequence list ? list.items() : List.of(value);
    for (Node each : values) {
      if (each instanceof Node.Mapping mapping) {
        merged.add(mapping);
      } else {
        add(
            each.location(),
            path,
            "a " + each.kind() + " (expected: a mapping, or a list of them)");
      }
    }
  }

  private JsonToken next() throws IOException {
    JsonToken token = events.nextToken();
    if (token == null) { // the parser reports what is not closed before it comes to this
      throw new IOException("the document ends within a value");
    }
    return token;
  }

  /** The parser's tokens, and of their events what tokens leave out: anchors and quotes. */
  private static final class Events extends YAMLParser {
    Events(String yaml) {
      super(
          new IOContext(
              StreamReadConstraints.defaults(),
              StreamWriteConstraints.defaults(),
              ErrorReportConfiguration.defaults(),
              new BufferRecycler(),
              ContentReference.rawReference("yaml"),
              false),
          0,
          0,
          null,
          Reader.nullReader(),
          new ParserImpl(new WholeText(yaml), limits()));
    }

    private static LoaderOptions limits() {
      LoaderOptions limits = new LoaderOptions();
      limits.setCodePointLimit(ConfigLoader.MAX_BYTES);
      limits.setAllowDuplicateKeys(true); // found here, so that both places are told
      return limits;
    }

    @Nullable String anchor() {
      return _lastEvent instanceof NodeEvent event ? event.getAnchor() : null;
    }

    boolean isPlain() {
      return _lastEvent instanceof ScalarEvent event && event.isPlain();
    }

    /** As written, whatever type YAML would make of it. */
    String scalar() {
      return ((ScalarEvent) _lastEvent).getValue();
    }
  }
}
