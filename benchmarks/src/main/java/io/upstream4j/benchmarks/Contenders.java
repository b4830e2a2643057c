package io.upstream4j.benchmarks;

import java.util.List;
import java.util.stream.Stream;

/** The measured balancers by name. */
final class Contenders {
  private static final String OWN = "upstream4j: ";

  private static final List<String> PEERS =
      List.of(
          "Armeria: round robin",
          "Armeria: round robin weighted",
          "Armeria: sticky",
          "gRPC: round robin",
          "Vert.x: round robin",
          "Vert.x: P2C",
          "Vert.x: consistent hash",
          "Stork: round robin",
          "Stork: P2C",
          "ServiceTalk: round robin",
          "ServiceTalk: P2C");

  private static final List<String> STRATEGIES =
      List.of(
          "round robin",
          "round robin weighted",
          "random",
          "P2C",
          "peak EWMA",
          "hash by short path",
          "maglev by short path",
          "ketama by short path",
          "hash by path",
          "ketama by path",
          "ketama by header",
          "hash by cookie",
          "ketama by cookie");

  /** A contender and the resource to close after the measurement. */
  record Prepared(Contender contender, AutoCloseable end) {
    static Prepared of(Contender contender) {
      return new Prepared(contender, () -> {});
    }
  }

  private Contenders() {}

  /** Returns all names, in the order of the table. */
  static String[] names() {
    return Stream.concat(STRATEGIES.stream().map(OWN::concat), PEERS.stream())
        .toArray(String[]::new);
  }

  static Prepared prepare(String name, int backends) {
    if (name.startsWith(OWN)) {
      return Prepared.of(OwnPickers.of(name.substring(OWN.length()), backends));
    }
    return Peers.of(name, backends);
  }
}
