package io.upstream4j.lb.consistent;

import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.LoadBalancer;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.api.spi.Picker;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/** Builds the lookup tables. Keeps the positions of its rotations over all generations. */
final class Consistent implements LoadBalancer {
  private final KeyPart part;
  private final RequestKey key;
  private final Table.Builder builder;
  private final int balancePercent;
  private final AtomicLong keyless = new AtomicLong(); // their number and rotation's position
  private final AtomicLong drained = new AtomicLong();
  // One position per server with several addresses. Accessed only by prepare.
  private Map<String, AtomicLong> turns = Map.of();

  Consistent(KeyPart part, RequestKey key, Table.Builder builder, int balancePercent) {
    this.part = part;
    this.key = key;
    this.builder = builder;
    this.balancePercent = balancePercent;
  }

  @Override
  public Picker prepare(BackendSnapshot snapshot) {
    if (snapshot.size() == 0) {
      return (request, candidates) -> Pick.Nowhere.NO_BACKENDS;
    }
    int[] configured = snapshot.backends().stream().mapToInt(backend -> backend.weight()).toArray();
    int[] weights = configured.clone();
    if (Arrays.stream(configured).allMatch(weight -> weight == 0)) {
      Arrays.fill(weights, 1); // all are draining, so no other would be used first
    }
    List<Server> servers = Server.of(snapshot, weights);
    Table table = builder.of(servers);
    int[] all = IntStream.range(0, weights.length).toArray();
    int[] placed = Arrays.stream(all).filter(slot -> weights[slot] > 0).toArray();
    int[] draining = Arrays.stream(all).filter(slot -> weights[slot] == 0).toArray();
    return new ConsistentPicker(
        snapshot,
        part,
        key,
        new Walk(
            table,
            addresses(servers, weights),
            new Rotation(withoutEntry(servers, table), weights, drained),
            new LoadBound(balancePercent, snapshot, weights)),
        new Rotation(placed, weights, keyless),
        new Rotation(draining, weights, drained));
  }

  private Rotation[] addresses(List<Server> servers, int[] weights) {
    Map<String, AtomicLong> kept = new HashMap<>();
    Rotation[] rotations = new Rotation[servers.size()];
    for (int i = 0; i < rotations.length; i++) {
      Server server = servers.get(i);
      AtomicLong turn = turns.getOrDefault(server.text(), new AtomicLong());
      if (server.slots().size() > 1) {
        kept.put(server.text(), turn);
      }
      rotations[i] = new Rotation(slots(server), weights, turn);
    }
    turns = kept;
    return rotations;
  }

  private static int[] slots(Server server) {
    return server.slots().stream().mapToInt(slot -> slot).toArray();
  }

  /** Returns the slots without an entry: a small table may have none for a server of low weight. */
  private static int[] withoutEntry(List<Server> servers, Table table) {
    if (table.servers() == servers.size()) {
      return new int[0];
    }
    boolean[] held = new boolean[servers.size()];
    for (int entry = 0; entry < table.length(); entry++) {
      held[table.server(entry)] = true;
    }
    return IntStream.range(0, held.length)
        .filter(server -> !held[server])
        .flatMap(server -> Arrays.stream(slots(servers.get(server))))
        .toArray();
  }

  @Override
  public Map<String, Long> counters() {
    return Map.of("absent_keys", keyless.get());
  }
}
