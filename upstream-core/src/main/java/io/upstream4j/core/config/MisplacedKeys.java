package io.upstream4j.core.config;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Problems;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Finds keys at the wrong level, for example because of wrong indentation. Not thread-safe. */
final class MisplacedKeys {
  private static final Set<String> OF_UPSTREAM =
      Keys.ALL.stream().map(key -> key.name()).collect(Collectors.toUnmodifiableSet());

  private static final String EXAMPLE = "{ api: { addrs: [\"host:port\"] } }";

  private final Problems problems;

  MisplacedKeys(Problems problems) {
    this.problems = problems;
  }

  /** Reports top-level keys that belong under {@code upstreams}. Returns whether there were any. */
  boolean reportTop(Node.Mapping top) {
    Optional<Node> upstreams = top.find(ConfigReader.UPSTREAMS.name());
    if (upstreams.isPresent() && !isNothing(upstreams.get())) {
      return false;
    }
    boolean found = false;
    for (Node.Entry entry : top.entries()) {
      if (problems.isFull()) {
        break;
      }
      boolean isUpstream = isUpstream(entry.value());
      boolean isDotted = entry.key().startsWith(ConfigReader.UPSTREAMS.name() + ".");
      boolean isKey = OF_UPSTREAM.contains(entry.key());
      if (!isUpstream && !isDotted && !isKey) {
        continue;
      }
      found = true;
      String where =
          upstreams.isPresent()
              ? "under \"upstreams\", further right than it"
              : "under a key \"upstreams\", further right than it";
      problems.add(
          entry.location(),
          entry.key(),
          isDotted
              ? "dots join no keys (expected: upstreams: " + EXAMPLE + ")"
              : isUpstream
                  ? "an upstream at the top (expected: " + where + ")"
                  : "a key of an upstream at the top (expected: upstreams: " + EXAMPLE + ")");
      if (!isUpstream) {
        break; // the others belong to the same upstream
      }
    }
    return found;
  }

  /** Reports keys of an upstream among the names of upstreams. Returns whether there were any. */
  boolean reportUpstreams(Node.Mapping upstreams) {
    Node.Entry empty = null;
    for (Node.Entry entry : upstreams.entries()) {
      if (entry.key().equals(ConfigReader.ROUTES.name())
          && entry.value() instanceof Node.Sequence) {
        problems.add(
            entry.location(),
            ConfigReader.UPSTREAMS.name() + "." + entry.key(),
            "routes among the upstreams (expected: at the start of a line, as \"upstreams\")");
        return true;
      }
      if (isNothing(entry.value()) && !OF_UPSTREAM.contains(entry.key())) {
        empty = entry;
      } else if (OF_UPSTREAM.contains(entry.key()) && !isUpstream(entry.value())) {
        problems.add(
            entry.location(),
            ConfigReader.UPSTREAMS.name() + "." + entry.key(),
            empty == null
                ? "a key of an upstream, but no upstream (expected: " + EXAMPLE + ")"
                : "indented as far as \""
                    + empty.key()
                    + "\" (expected: further right, as it belongs under \""
                    + empty.key()
                    + "\")");
        return true;
      }
    }
    return false;
  }

  private static boolean isUpstream(Node node) {
    return node instanceof Node.Mapping mapping
        && mapping.entries().stream().anyMatch(entry -> OF_UPSTREAM.contains(entry.key()));
  }

  private static boolean isNothing(Node node) {
    return node instanceof Node.Scalar scalar && scalar.text().isEmpty();
  }
}
