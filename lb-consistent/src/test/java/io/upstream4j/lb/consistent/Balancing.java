package io.upstream4j.lb.consistent;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.LoadBalancer;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.api.spi.Picker;
import io.upstream4j.testkit.FakeCandidates;
import io.upstream4j.testkit.FakePluginContext;
import io.upstream4j.testkit.FakeRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** A balancer over a set of backends that all accept requests. */
final class Balancing {
  final LoadBalancer balancer;
  final BackendSnapshot snapshot;
  final Picker picker;
  final FakeCandidates candidates;

  private Balancing(LoadBalancer balancer, List<Backend> backends) {
    this.balancer = balancer;
    this.snapshot = new BackendSnapshot(0, backends);
    this.picker = balancer.prepare(snapshot);
    this.candidates = new FakeCandidates(backends.size());
  }

  static Balancing over(Map<String, ?> options, List<Backend> backends) {
    return new Balancing(create(options), backends);
  }

  /** Applies another set of backends to the same balancer. */
  Balancing then(List<Backend> backends) {
    return new Balancing(balancer, backends);
  }

  static LoadBalancer create(Map<String, ?> options) {
    ConsistentProvider provider = new ConsistentProvider();
    return provider.create(
        Options.of(provider.options(), Node.Mapping.of(options)), new FakePluginContext());
  }

  /** Creates a backend from a server as the configuration writes it. */
  static Backend server(String text, int weight) {
    return new Backend(
        Endpoint.parse(text, 80), weight, Attributes.none().with(Attributes.SERVER, text));
  }

  /** Creates {@code count} backends {@code 10.x.y.z:8080} of weight 1. */
  static List<Backend> servers(int count) {
    return new ArrayList<>(
        IntStream.range(0, count)
            .mapToObj(
                i -> server("10." + i / 62_500 + "." + i / 250 % 250 + "." + i % 250 + ":8080", 1))
            .toList());
  }

  Pick pick(FakeRequest request) {
    return picker.pick(request, candidates.forget());
  }

  /** Returns the slot for a path. */
  int slot(String path) {
    return slot(FakeRequest.get(path));
  }

  int slot(FakeRequest request) {
    if (pick(request) instanceof Pick.To to) {
      return to.slot();
    }
    throw new AssertionError("no backend for " + request);
  }

  String endpoint(String path) {
    return endpoint(FakeRequest.get(path));
  }

  String endpoint(FakeRequest request) {
    return snapshot.backend(slot(request)).endpoint().toString();
  }
}
