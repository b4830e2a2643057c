package io.upstream4j.core;

import static io.upstream4j.core.World.A;
import static io.upstream4j.core.World.B;
import static io.upstream4j.core.World.C;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.api.option.ConfigException;
import io.upstream4j.core.backends.Generation;
import io.upstream4j.core.config.Config;
import io.upstream4j.core.event.ConfigChange;
import io.upstream4j.core.event.UpstreamEvent.BackendAdded;
import io.upstream4j.core.event.UpstreamEvent.BackendHealthy;
import io.upstream4j.core.event.UpstreamEvent.BackendRemoved;
import io.upstream4j.core.event.UpstreamEvent.ConfigApplied;
import io.upstream4j.core.event.UpstreamEvent.UpstreamDown;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.TlsOptions;
import io.upstream4j.core.stats.BackendStats;
import io.upstream4j.testkit.FakeRequest;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ReloadTest {
  private final World world = new World();

  @Test
  void anUnchangedUpstreamKeepsItsRunningObject() {
    world.apply(world.setup().withChecker(world.checker));
    world.find(A, B);
    UpstreamRuntime runtime = world.api().runtime();
    Generation generation = world.api().backends().current();
    int events = world.events.size();

    FakeDiscovery other = new FakeDiscovery();
    world.apply(world.setup().withDiscovery(other)); // the same source text

    assertThat(world.api().runtime()).isSameAs(runtime);
    assertThat(world.api().backends().current()).isSameAs(generation);
    assertThat(other.starts).isZero();
    assertThat(world.discovery.closes).isZero();
    assertThat(world.events.subList(events, world.events.size()))
        .containsExactly(
            new ConfigApplied(
                new ConfigChange(List.of(), List.of(), List.of("api"), List.of(), false, false)));
  }

  @Test
  void whatChangedIsToldByName() {
    world.apply(world.setup(), Setup.of("old", world.discovery, world.balancer), other("kept"));
    world.apply(world.setup().withVersion(2), other("kept"), other("new"));

    ConfigChange change = world.events(ConfigApplied.class).get(1).change();
    assertThat(change)
        .isEqualTo(
            new ConfigChange(
                List.of("new"), List.of("api"), List.of("kept"), List.of("old"), false, false));
    assertThat(change).hasToString("1 added (new), 1 updated (api), 1 removed (old)");
    assertThat(change.upstreams()).isEqualTo(3);
  }

  private Setup other(String name) {
    return Setup.of(name, new FakeDiscovery(), new RotatingBalancer());
  }

  @Test
  void aChangedUpstreamKeepsItsBackendsWithTheirStateAndConnections() {
    world.apply(world.setup().withChecker(world.checker));
    world.find(A, B);
    world.checker.sick.add(A);
    world.rounds(3);
    Upstream held = world.api();
    Exchange exchange = held.begin(FakeRequest.get("/"));
    assertThat(exchange.newHttpPeer().backend()).isEqualTo(B);
    RotatingBalancer other = new RotatingBalancer();

    world.apply(world.setup().withChecker(world.checker).withVersion(2).withBalancer(other));

    assertThat(world.api()).isSameAs(held);
    assertThat(other.prepared).as("before its discovery answers").hasValue(1);
    assertThat(world.balancer.closed).hasValue(1);
    assertThat(world.checker.closed).isEqualTo(1);
    assertThat(world.discovery.closes).isEqualTo(1);
    assertThat(world.stats(A).healthy()).isFalse();
    assertThat(world.stats(B).inFlight()).isEqualTo(1);
    assertThat(world.retired).isEmpty();
    world.find(B, A);
    assertThat(world.events(BackendRemoved.class)).isEmpty();
    assertThat(world.events(BackendAdded.class)).hasSize(2);
    exchange.close();
    assertThat(world.stats(B).inFlight()).isZero();
  }

  @Test
  void aNewSetThatIsKnownAtOnceTakesEffectInOneStep() {
    world.discovery.answeringAtOnce(A, B);
    world.apply(world.setup());
    FakeDiscovery other = new FakeDiscovery().answeringAtOnce(C, B);
    RotatingBalancer next = new RotatingBalancer();

    world.apply(world.setup().withVersion(2).withDiscovery(other).withBalancer(next));

    assertThat(next.prepared).as("no generation between").hasValue(1);
    assertThat(world.api().stats().backends())
        .extracting(BackendStats::backend)
        .as("in the order of the new configuration")
        .containsExactly(C, B);
    assertThat(world.events(BackendRemoved.class))
        .containsExactly(new BackendRemoved("api", A.endpoint()));
  }

  @Test
  void theOldDiscoveryIsNotHeardAnyMore() {
    world.apply(world.setup());
    world.find(A);
    FakeDiscovery other = new FakeDiscovery().answeringAtOnce(B);
    world.apply(world.setup().withVersion(2).withDiscovery(other));
    world.find(A, C);

    assertThat(world.picks(2)).containsOnly(B);
  }

  @Test
  void otherPeerOptionsMakeOtherPeersAndCloseTheConnectionsOfTheOld() {
    world.apply(world.setup());
    world.find(A);
    HttpPeer clear = world.api().newHttpPeer();
    world.apply(world.setup().withVersion(2).withTls(new TlsOptions("api", true, true)));

    assertThat(world.api().newHttpPeer().isTls()).isTrue();
    assertThat(world.retired).containsExactly(clear);
  }

  @Test
  void connectionsEndWithTheirUpstreamWhateverAnotherReaches() {
    FakeDiscovery other = new FakeDiscovery().answeringAtOnce(A);
    Setup second = Setup.of("second", other, world.balancer);
    world.apply(world.setup(), second);
    world.find(A, B);
    world.find(B);
    assertThat(world.retired).hasSize(1);

    world.apply(world.setup());
    assertThat(world.retired).hasSize(2);
  }

  @Test
  void aRemovedUpstreamRefusesRequestsAndDrainsAndMayReturn() {
    Setup second = Setup.of("second", new FakeDiscovery(), world.balancer);
    world.apply(world.setup().withChecker(world.checker), second);
    world.find(A, B);
    Upstream held = world.api();
    Exchange exchange = held.begin(FakeRequest.get("/"));
    exchange.newHttpPeer();

    world.apply(second);

    assertThat(world.api()).isNull();
    assertThatThrownBy(held::newHttpPeer)
        .isInstanceOf(NoBackendException.class)
        .hasMessage("upstream \"api\": upstream was removed");
    assertThat(world.retired).hasSize(2);
    assertThat(world.events(BackendRemoved.class)).hasSize(2);
    assertThat(world.events(UpstreamDown.class)).isEmpty();
    exchange.succeeded(200);
    exchange.close();
    world.checker.asked.clear();
    world.rounds(4);
    assertThat(world.checker.asked).isEmpty();
    assertThat(world.time.pending()).as("timers left").isZero();

    world.apply(world.setup().withVersion(3), second);
    world.find(A);
    assertThat(world.api()).isSameAs(held);
    assertThat(held.newHttpPeer().backend()).isEqualTo(A);
  }

  @Test
  void withoutAHealthCheckNobodyStaysUnhealthy() {
    world.apply(world.setup().withChecker(world.checker));
    world.find(A, B);
    world.checker.sick.add(A);
    world.rounds(3);
    assertThat(world.stats(A).healthy()).isFalse();

    world.apply(world.setup().withVersion(2));

    assertThat(world.stats(A).healthy()).isTrue();
    assertThat(world.stats(A).reason()).contains("no longer checked");
    assertThat(world.events(BackendHealthy.class)).hasSize(1);
  }

  @Test
  void optionsThatAPluginRefusesLeaveEverythingAsItWas() {
    world.apply(world.setup());
    world.find(A);
    Generation generation = world.api().backends().current();
    FakeDiscovery badDiscovery = new FakeDiscovery();
    badDiscovery.refusal = new IllegalArgumentException("name and names exclude each other");
    RotatingBalancer badBalancer = new RotatingBalancer();
    badBalancer.refusal = new IllegalStateException("bug");
    RotatingBalancer made = new RotatingBalancer();
    Setup changed = world.setup().withVersion(2).withDiscovery(badDiscovery).withBalancer(made);
    Setup second = Setup.of("second", new FakeDiscovery(), badBalancer);

    assertThatThrownBy(
            () ->
                world.set.plan(
                    new Config(
                        Map.of("api", changed.config(), "second", second.config()), List.of()),
                    new CompletableFuture<>()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("2 configuration problems")
        .hasMessageContaining("upstreams.api.discovery: name and names exclude each other")
        .hasMessageContaining(
            "upstreams.second.algo: plug-in \"rotating\" threw java.lang.IllegalStateException: bug"
                + " in create() for upstream \"second\"");
    assertThat(made.closed).as("what was made already is closed").hasValue(1);
    assertThat(world.api().backends().current()).isSameAs(generation);
    assertThat(world.set.current().upstreams()).containsOnlyKeys("api");
  }
}
