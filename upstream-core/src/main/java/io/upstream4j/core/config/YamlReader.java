package io.upstream4j.core.config;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Problem;
import io.upstream4j.api.option.Problems;
import io.upstream4j.core.config.Tokens.Kind;
import io.upstream4j.core.config.Tokens.SyntaxException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Reads YAML or JSON into nodes with locations. For one text and one thread.
 *
 * <p>It reads tokens, so no objects are ever constructed from tags. An alias shares the node of its
 * anchor. Because walking the tree visits that node at each alias, nodes are counted as often as
 * they are visited.
 *
 * <p>A text of at most 3 MiB becomes at most half a million nodes of about 150 bytes, not counting
 * their texts. The texts are those of the file and as much again from substitutions, so the total
 * is less than 100 MiB.
 */
final class YamlReader {
  static final int MAX_DEPTH = ConfigLoader.MAX_DEPTH;
  static final int MAX_NODES = 500_000;

  static final int MAX_ENTRIES = ConfigLoader.MAX_ENTRIES;

  static final int MAX_VALUE = ConfigLoader.MAX_VALUE;

  /** The greatest total growth of values by substitution. */
  static final int MAX_PUT_IN = ConfigLoader.MAX_BYTES;

  /** The namespace of {@code !!}. */
  private static final String YAML_TAG = "tag:yaml.org,2002:";

  private static final Set<String> PLAIN_TAGS =
      Set.of("str", "int", "float", "bool", "null", "map", "seq");

  /** An anchored node, with the number of nodes in it. */
  private record Anchored(Node node, int size) {}

  /**
   * A step of the path to a node. Paths are built only for problems, because those of all nodes
   * would be longer than the text.
   *
   * @param key null for an item of a list
   * @param index the index of an item
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

  /** Thrown to stop when there are more problems than are shown. */
  private static final class Hopeless extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Hopeless() {
      super(null, null, false, false);
    }
  }

  private final String source;
  private final Problems problems;
  private final UnaryOperator<String> substitution;
  private final Tokens tokens;
  private final Map<String, Anchored> anchors = new HashMap<>();
  private int nodes;
  private long putIn;

  private YamlReader(
      String source, Tokens tokens, UnaryOperator<String> substitution, Problems problems) {
    this.source = source;
    this.substitution = substitution;
    this.tokens = tokens;
    this.problems = problems;
  }

  /** Reads a text, and substitutes environment variables and files of this process. */
  static @Nullable Node read(String source, String text, Problems problems) {
    return read(source, text, Substitution.OF_PROCESS::apply, problems);
  }

  /**
   * Reads the only document of a text.
   *
   * @param substitution applied to each scalar; its exceptions become problems
   * @return null when the text could not be read to its end; there may be problems in any case
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
    boolean json = JsonTokens.looksLike(yaml);
    SyntaxException notJson = json ? JsonTokens.check(source, yaml) : null;
    Tokens tokens =
        json && notJson == null ? new JsonTokens(source, yaml) : new YamlTokens(source, yaml);
    YamlReader reader = new YamlReader(source, tokens, substitution, problems);
    try {
      Node root = reader.document();
      if (root == null || root instanceof Node.Mapping || !isOtherFormat(source, yaml, problems)) {
        return root;
      }
    } catch (Hopeless e) {
      return null;
    } catch (SyntaxException e) {
      if (notJson != null) {
        notJson.addTo(problems);
      } else if (!isOtherFormat(source, yaml, problems)) {
        e.addTo(problems);
      }
    }
    return null;
  }

  private static boolean isOtherFormat(String source, String text, Problems problems) {
    Optional<String> problem = OtherFormats.problem(text);
    problem.ifPresent(message -> problems.add(new Location(source, 1, 1), "", message));
    return problem.isPresent();
  }

  /** Returns the location after the last character of {@code text}. */
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

  private @Nullable Node document() throws SyntaxException {
    Kind first = tokens.next();
    if (first == Kind.EOF) {
      problems.add(
          new Location(source, 1, 1), "", "nothing in it (expected: a mapping with \"upstreams\")");
      return null;
    }
    Node root = node(first, Step.ROOT, 0);
    if (tokens.next() != Kind.EOF) {
      problems.add(tokens.location(), "", "a second document (expected: one document in a file)");
    }
    return root;
  }

  private void add(Location location, Step path, String message) {
    problems.add(location, path.toString(), message);
    if (problems.isFull()) {
      throw new Hopeless();
    }
  }

  private Node node(Kind kind, Step path, int depth) throws SyntaxException {
    Location location = tokens.location();
    if (depth > MAX_DEPTH) {
      throw new SyntaxException(
          location,
          "",
          "nested deeper than " + MAX_DEPTH + " (expected: at most " + MAX_DEPTH + ")");
    }
    if (kind == Kind.ALIAS) {
      return alias(tokens.text(), location, path);
    }
    checkTag(location, path);
    String anchor = tokens.anchor();
    int before = nodes;
    count(1, location, path);
    Node node =
        switch (kind) {
          case MAPPING -> mapping(location, path, depth);
          case SEQUENCE -> sequence(location, path, depth);
          case NOTHING -> new Node.Scalar(location, "");
          default -> new Node.Scalar(location, substituted(location, path));
        };
    if (anchor != null) {
      anchors.put(anchor, new Anchored(node, nodes - before));
    }
    return node;
  }

  private String substituted(Location location, Step path) throws SyntaxException {
    String text = tokens.text();
    if (text.length() > MAX_VALUE) {
      throw new SyntaxException(
          location,
          path.toString(),
          text.length() + " characters (expected: at most " + MAX_VALUE + ")");
    }
    String result;
    try {
      result = substitution.apply(text);
    } catch (IllegalArgumentException e) {
      problems.addUnreadable(location, path.toString(), String.valueOf(e.getMessage()));
      if (problems.isFull()) {
        throw new Hopeless();
      }
      return text;
    }
    putIn += Math.max(0, result.length() - text.length());
    if (putIn > MAX_PUT_IN) {
      throw new SyntaxException(
          location,
          path.toString(),
          "more than "
              + MAX_PUT_IN
              + " characters put in for ${...} in all values so far (expected: fewer)");
    }
    return result;
  }

  private void checkTag(Location location, Step path) throws SyntaxException {
    String written = tokens.tag();
    if (written == null) {
      return;
    }
    String tag = written.startsWith(YAML_TAG) ? written.substring(YAML_TAG.length()) : written;
    tag = tag.startsWith("!") ? tag.substring(1) : tag;
    if (!PLAIN_TAGS.contains(tag)) {
      add(location, path, "tag " + Problem.quoted(tag) + " (expected: no tag)");
    }
  }

  private void count(int more, Location location, Step path) throws SyntaxException {
    nodes += more;
    if (nodes > MAX_NODES) {
      throw new SyntaxException(
          location,
          path.toString(),
          "more than "
              + MAX_NODES
              + " values, those that aliases repeat included (expected: fewer)");
    }
  }

  private Node alias(String name, Location location, Step path) throws SyntaxException {
    Anchored anchored = anchors.get(name);
    if (anchored == null) {
      throw new SyntaxException(
          location,
          path.toString(),
          "alias *" + name + " (expected: an anchor &" + name + " before it)");
    }
    count(anchored.size(), location, path);
    return anchored.node();
  }

  private Node sequence(Location location, Step path, int depth) throws SyntaxException {
    List<Node> items = new ArrayList<>();
    for (Kind kind = next(); kind != Kind.END; kind = next()) {
      checkRoom(items.size(), "values", path);
      items.add(node(kind, path.item(items.size()), depth + 1));
    }
    return new Node.Sequence(location, items);
  }

  private void checkRoom(int size, String what, Step path) throws SyntaxException {
    if (size == MAX_ENTRIES) {
      throw new SyntaxException(
          tokens.location(),
          path.toString(),
          "more than " + MAX_ENTRIES + " " + what + " (expected: at most that many)");
    }
  }

  private Node mapping(Location location, Step path, int depth) throws SyntaxException {
    Map<String, Node.Entry> entries = new LinkedHashMap<>();
    List<Node.Mapping> merged = new ArrayList<>();
    Location merge = null;
    for (Kind kind = next(); kind != Kind.END; kind = next()) {
      Location place = tokens.location();
      checkRoom(entries.size(), "keys", path);
      String key = key(kind, place, path);
      Step inner = path.key(key);
      boolean merges = key.equals("<<") && tokens.isPlain();
      Node.Entry earlier = entries.get(key);
      Node value = node(next(), inner, depth + 1);
      Location first = merges ? merge : earlier == null ? null : earlier.location();
      if (key.isEmpty()) {
        add(place, path, "an empty key (expected: a name)");
      } else if (space(key) >= 0) {
        add(
            place,
            path,
            String.format(
                "character U+%04X in a key, which looks like a space (expected: a space)",
                space(key)));
      } else if (first != null) {
        add(place, inner, "duplicate key, first at " + first + " (expected: each key once)");
      } else if (merges) {
        merge = place;
        collectMerged(value, inner, merged);
      } else {
        entries.put(key, new Node.Entry(place, key, value));
      }
    }
    for (Node.Mapping other : merged) { // own keys, then those of earlier mappings
      other.entries().forEach(entry -> entries.putIfAbsent(entry.key(), entry));
    }
    return new Node.Mapping(location, List.copyOf(entries.values()));
  }

  /** Returns a character that an editor or web page inserts instead of a space; -1 for none. */
  private static int space(String key) {
    return key.codePoints()
        .filter(c -> c != ' ' && (Character.isSpaceChar(c) || c == 0x200b || c == 0xfeff))
        .findFirst()
        .orElse(-1);
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

  private String key(Kind kind, Location place, Step path) throws SyntaxException {
    String key = tokens.text();
    if (kind == Kind.MAPPING || kind == Kind.SEQUENCE || kind == Kind.ALIAS) {
      String hint = kind == Kind.MAPPING ? "; a value that begins with { goes into quotes" : "";
      throw new SyntaxException(
          place, path.toString(), "a key that is not text (expected: text" + hint + ")");
    }
    if (key.length() > MAX_VALUE) {
      throw new SyntaxException(
          place,
          path.toString(),
          "a key of " + key.length() + " characters (expected: at most " + MAX_VALUE + ")");
    }
    return key;
  }

  private Kind next() throws SyntaxException {
    Kind kind = tokens.next();
    if (kind == Kind.EOF) { // the parser reports unclosed values before this
      throw new SyntaxException(tokens.location(), "", "the text ends within a value");
    }
    return kind;
  }
}
