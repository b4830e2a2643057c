package io.upstream4j.distribution.convert;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Problem;
import io.upstream4j.api.option.Problems;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Converts configurations of pingap, whose files of one folder are one configuration. For one
 * thread, one conversion.
 *
 * <p>What is not converted is noted with its place; a key that pingap has not, either, is a
 * problem.
 */
public final class Pingap {
  private static final String UPSTREAMS = "upstreams";
  private static final String LOCATIONS = "locations";
  private static final String STORAGES = "storages";

  /** Tables that say nothing of where requests go, and where that is said here. */
  private static final Map<String, String> ELSEWHERE =
      Map.of(
          "basic",
          "the process is told by the arguments of upstream serve",
          "servers",
          "where to listen is told by upstream serve --listen, and all routes are one list",
          "plugins",
          "there is nothing like it",
          "certificates",
          "the gateway has those of upstream serve --tls-cert and --tls-key",
          STORAGES,
          "what is included was put in place");

  private static final Set<String> KNOWN =
      Set.of("basic", "servers", UPSTREAMS, LOCATIONS, "plugins", "certificates", STORAGES);

  private final Set<String> ours;
  private final Problems problems = new Problems();
  private final Notes notes = new Notes();
  private final Map<String, Map<String, Node.Entry>> tables = new LinkedHashMap<>();
  private final Map<String, List<Node.Entry>> included = new HashMap<>();

  /**
   * Creates a conversion.
   *
   * @param ours the keys that an upstream has here
   */
  public Pingap(Set<String> ours) {
    this.ours = Set.copyOf(ours);
  }

  /**
   * Takes a file.
   *
   * @param source its name in messages
   * @param toml what stands in it
   */
  public void add(String source, String toml) {
    Node.Mapping root = Toml.read(requireNonNull(source, "source"), toml, problems);
    if (root == null) {
      return;
    }
    for (Node.Entry section : root.entries()) {
      if (problems.isFull()) {
        return;
      }
      if (KNOWN.contains(section.key()) && section.value() instanceof Node.Mapping table) {
        addTable(section, table);
      } else if (section.value() instanceof Node.Mapping || KNOWN.contains(section.key())) {
        problems.addUnknown(
            section.location(),
            section.key(),
            "unknown table",
            section.key(),
            KNOWN.stream().sorted().toList());
      } else { // of versions before the table basic
        notes.loss(section.location(), section.key(), "left out: " + ELSEWHERE.get("basic"));
      }
    }
  }

  private void addTable(Node.Entry section, Node.Mapping table) {
    String elsewhere = ELSEWHERE.get(section.key());
    Map<String, Node.Entry> into =
        tables.computeIfAbsent(section.key(), key -> new LinkedHashMap<>());
    for (Node.Entry entry : table.entries()) {
      if (problems.isFull()) {
        return;
      }
      String path = section.key() + "." + entry.key();
      Node.Entry earlier = into.putIfAbsent(entry.key(), entry);
      if (earlier != null) {
        problems.add(
            entry.location(),
            path,
            "is there already, at " + earlier.location() + " (expected: once)");
      }
      if (elsewhere != null && !isIncluded(section.key(), entry)) {
        boolean isWebhook = section.key().equals("basic") && entry.key().startsWith("webhook");
        notes.loss(
            entry.location(),
            path,
            "left out: " + (isWebhook ? PingapWebhook.here(entry) : elsewhere));
      }
    }
  }

  private static boolean isIncluded(String section, Node.Entry entry) {
    return section.equals(STORAGES)
        && entry.value() instanceof Node.Mapping storage
        && storage.find("category").orElse(null) instanceof Node.Scalar category
        && category.text().equals("config");
  }

  /**
   * What all files together say.
   *
   * @throws io.upstream4j.api.option.ConfigException with every problem found
   */
  public Converted convert() {
    Map<String, Node.Entry> upstreams = tables.getOrDefault(UPSTREAMS, Map.of());
    Map<String, Node.Entry> locations = tables.getOrDefault(LOCATIONS, Map.of());
    PingapRoutes routes = new PingapRoutes(problems, notes);
    locations.values().forEach(entry -> routes.add(entry, LOCATIONS + "." + entry.key()));
    PingapUpstream converter = new PingapUpstream(ours, problems, notes);
    List<Node.Entry> converted = new ArrayList<>();
    Set<String> leftOut = new LinkedHashSet<>();
    for (Node.Entry entry : upstreams.values()) {
      if (problems.isFull()) {
        break;
      }
      String path = UPSTREAMS + "." + entry.key();
      Node.Mapping whole = withIncluded(entry, path);
      Node.Mapping upstream =
          whole == null ? null : converter.convert(whole, path, routes.hostsOf(entry.key()));
      if (upstream == null) {
        leftOut.add(entry.key());
      } else {
        converted.add(new Node.Entry(entry.location(), entry.key(), upstream));
      }
    }
    Set<String> names = new LinkedHashSet<>();
    converted.forEach(entry -> names.add(entry.key()));
    List<Node> list = routes.routes(names, leftOut);
    problems.throwIfAny();
    return new Converted(root(converted, list), notes.list());
  }

  private static Node.Mapping root(List<Node.Entry> upstreams, List<Node> routes) {
    Location top = upstreams.isEmpty() ? new Location("pingap", 1, 1) : upstreams.get(0).location();
    List<Node.Entry> entries = new ArrayList<>();
    entries.add(new Node.Entry(top, UPSTREAMS, new Node.Mapping(top, upstreams)));
    if (!routes.isEmpty()) {
      Location at = routes.get(0).location();
      entries.add(new Node.Entry(at, "routes", new Node.Sequence(at, routes)));
    }
    return new Node.Mapping(top, entries);
  }

  /** An upstream with what the storages that it names under includes say. */
  private Node.@Nullable Mapping withIncluded(Node.Entry upstream, String path) {
    if (!(upstream.value() instanceof Node.Mapping table)) {
      problems.add(
          upstream.location(), path, "a " + upstream.value().kind() + " (expected: a table)");
      return null;
    }
    Map<String, Node.Entry> entries = new LinkedHashMap<>();
    table.entries().forEach(entry -> entries.put(entry.key(), entry));
    Node.Entry includes = entries.remove("includes");
    if (includes != null && includes.value() instanceof Node.Sequence names) {
      for (Node name : names.items()) {
        if (problems.isFull()) {
          break;
        }
        include(includes.location(), name, path, entries);
      }
    } else if (includes != null) {
      problems.add(
          includes.location(), path + ".includes", "not a list (expected: a list of names)");
    }
    return new Node.Mapping(table.location(), List.copyOf(entries.values()));
  }

  private void include(Location at, Node named, String path, Map<String, Node.Entry> entries) {
    String name = named instanceof Node.Scalar scalar ? scalar.text() : "";
    Map<String, Node.Entry> storages = tables.getOrDefault(STORAGES, Map.of());
    Node.Entry storage = storages.get(name);
    if (storage == null
        || !(storage.value() instanceof Node.Mapping table)
        || !(table.find("value").orElse(null) instanceof Node.Scalar value)) {
      problems.addUnknown(
          at,
          path + ".includes",
          "no storage " + Problem.quoted(name) + " with a value",
          name,
          storages.keySet());
      return;
    }
    for (Node.Entry moved : included(name, storage.location(), value.text())) {
      Node.Entry earlier = entries.putIfAbsent(moved.key(), moved);
      if (earlier != null) {
        problems.add(
            at,
            path + ".includes",
            "storage \""
                + name
                + "\" brings "
                + moved.key()
                + ", which is there already, at "
                + earlier.location()
                + " (expected: once)");
      }
    }
  }

  /** What a storage says, which is read once; empty when that is wrong. */
  private List<Node.Entry> included(String name, Location at, String toml) {
    List<Node.Entry> known = included.get(name);
    if (known == null) {
      Node.Mapping read = Toml.read(at.source(), toml, new Problems());
      if (read == null) {
        problems.add(at, STORAGES + "." + name, "its value is not TOML, or too large");
        known = List.of();
      } else {
        known =
            read.entries().stream()
                .map(entry -> new Node.Entry(at, entry.key(), at(at, entry.value())))
                .toList();
      }
      included.put(name, known);
    }
    return known;
  }

  /** What stands in a text within the file is where the text is. */
  private static Node at(Location place, Node node) {
    if (node instanceof Node.Sequence list) {
      return new Node.Sequence(place, list.items().stream().map(item -> at(place, item)).toList());
    }
    if (node instanceof Node.Mapping mapping) {
      return new Node.Mapping(
          place,
          mapping.entries().stream()
              .map(entry -> new Node.Entry(place, entry.key(), at(place, entry.value())))
              .toList());
    }
    return new Node.Scalar(place, ((Node.Scalar) node).text());
  }
}
