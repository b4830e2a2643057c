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
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Converts configurations of pingap, whose files of one folder are one configuration.
 *
 * <p>What is not converted is noted with its place; a key that pingap has not, either, is a
 * problem.
 */
public final class Pingap implements Conversion {
  private static final String UPSTREAMS = "upstreams";
  private static final String LOCATIONS = "locations";
  private static final String STORAGES = "storages";
  private static final String SERVERS = "servers";

  /** Tables that say nothing of where requests go, and where that is said here. */
  private static final Map<String, String> ELSEWHERE =
      Map.of(
          "basic",
          "the process is told by the arguments of upstream serve",
          SERVERS,
          "where to listen is told by upstream serve --listen, and all routes are one list",
          "plugins",
          "there is nothing like it",
          "certificates",
          "the gateway has those of upstream serve --tls-cert and --tls-key",
          STORAGES,
          "what is included was put in place");

  private static final Set<String> KNOWN =
      Set.of("basic", SERVERS, UPSTREAMS, LOCATIONS, "plugins", "certificates", STORAGES);

  private final ConversionOptions options;
  private final Problems problems = new Problems();
  private final Notes notes = new Notes();
  private final Map<String, Map<String, Node.Entry>> tables = new LinkedHashMap<>();
  private final Map<String, List<Node.Entry>> included = new HashMap<>();

  /** Creates a conversion. */
  public Pingap(ConversionOptions options) {
    this.options = options;
  }

  @Override
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

  @Override
  public Converted convert() {
    Map<String, Node.Entry> upstreams = tables.getOrDefault(UPSTREAMS, Map.of());
    PingapRoutes routes = locations();
    PingapUpstream converter = new PingapUpstream(options.upstreamKeys(), problems, notes);
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
        converted.add(
            new Node.Entry(
                entry.location(), entry.key(), withRetries(upstream, routes.retriesOf(entry))));
      }
    }
    Set<String> names = new LinkedHashSet<>();
    converted.forEach(entry -> names.add(entry.key()));
    RouteList list = routes.routes(names, leftOut);
    Location top = converted.isEmpty() ? new Location("pingap", 1, 1) : converted.get(0).location();
    Node.Entry some =
        tables.getOrDefault(LOCATIONS, Map.of()).values().stream().findFirst().orElse(null);
    if (upstreams.isEmpty() && some != null && problems.isEmpty()) {
      problems.add(
          some.location(),
          LOCATIONS,
          "no location has an upstream (expected: one, as files and answers of plug-ins are not"
              + " served here)");
    } else if (converted.isEmpty() && problems.isEmpty()) {
      problems.add(
          leftOut.isEmpty()
              ? top
              : requireNonNull(upstreams.get(leftOut.iterator().next())).location(),
          UPSTREAMS,
          leftOut.isEmpty()
              ? "no file has upstreams (expected: all files of the configuration, such as its"
                  + " folder)"
              : "none is left: files and fixed answers are not served, and discovery \"transparent\""
                  + " reaches any host (here: algo: { transparent: { allow: [hosts that may be"
                  + " reached] } })");
    }
    problems.throwIfAny();
    if (list.isEmpty()) {
      notes.remark(top, LOCATIONS, "none leads to an upstream, so the routes refuse every request");
    }
    return Converted.of("pingap", top, converted, list.nodes(top), notes)
        .with(Map.of("escaped_slashes", "unescape"));
  }

  private static Node.Mapping withRetries(Node.Mapping upstream, Optional<String> retries) {
    if (retries.isEmpty()) {
      return upstream;
    }
    List<Node.Entry> entries = new ArrayList<>(upstream.entries());
    Location at = upstream.location();
    entries.add(new Node.Entry(at, "retries", new Node.Scalar(at, retries.get())));
    return new Node.Mapping(at, entries);
  }

  /** The locations that the chosen server has. */
  private PingapRoutes locations() {
    Map<String, Node.Entry> locations = tables.getOrDefault(LOCATIONS, Map.of());
    PingapRoutes routes =
        new PingapRoutes(
            problems, notes, tables.getOrDefault("plugins", Map.of()), options.guards());
    Set<String> served = served(locations.keySet());
    for (Node.Entry entry : locations.values()) {
      if (problems.isFull()) {
        break;
      }
      String path = LOCATIONS + "." + entry.key();
      Node.Mapping table = withIncluded(entry, path);
      if (table != null && served.contains(entry.key())) {
        routes.add(entry.location(), table, path);
      } else if (table != null) {
        notes.remark(entry.location(), path, "left out: the server has no such location");
      }
    }
    return routes;
  }

  private Set<String> served(Set<String> all) {
    Map<String, Node.Entry> servers = tables.getOrDefault(SERVERS, Map.of());
    String chosen = options.server().orElse(null);
    if (chosen != null && !servers.containsKey(chosen)) {
      problems.addUnknown(
          new Location("--server", 1, 1),
          "",
          "no server " + Problem.quoted(chosen),
          chosen,
          servers.keySet());
      return Set.of();
    }
    if (servers.isEmpty()) {
      return all;
    }
    Map<String, Set<String>> locations = new LinkedHashMap<>();
    for (Node.Entry server : servers.values()) {
      if (chosen == null || chosen.equals(server.key())) {
        Node.Mapping table = withIncluded(server, SERVERS + "." + server.key());
        locations.put(server.key(), table == null ? Set.of() : texts(table, LOCATIONS));
      }
    }
    Set<String> first = locations.values().iterator().next();
    if (!locations.values().stream().allMatch(first::equals)) {
      problems.add(
          servers.values().iterator().next().location(),
          SERVERS,
          "they have different locations, and a gateway has one list of routes (expected: one of"
              + " them, such as --server "
              + locations.keySet().iterator().next()
              + ")");
      return all;
    }
    return first;
  }

  private static Set<String> texts(Node.Mapping table, String key) {
    Set<String> texts = new LinkedHashSet<>();
    if (table.find(key).orElse(null) instanceof Node.Sequence list) {
      for (Node item : list.items()) {
        texts.add(item instanceof Node.Scalar scalar ? scalar.text() : "");
      }
    }
    return texts;
  }

  /** A table with what the storages that it names under includes say. */
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
