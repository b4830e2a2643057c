package io.upstream4j.core;

import static io.upstream4j.core.World.A;
import static io.upstream4j.core.World.B;
import static io.upstream4j.core.World.C;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.api.spi.AddressFilter;
import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.core.backends.HostPeers;
import io.upstream4j.core.backends.OutsideBackends;
import io.upstream4j.core.event.UpstreamEvent.BackendAdded;
import io.upstream4j.core.event.UpstreamEvent.BackendRemoved;
import io.upstream4j.core.event.UpstreamEvent.BackendsAdded;
import io.upstream4j.core.event.UpstreamEvent.BackendsRemoved;
import io.upstream4j.core.event.UpstreamEvent.DiscoveryFailed;
import io.upstream4j.core.event.UpstreamEvent.DiscoveryRecovered;
import io.upstream4j.core.event.UpstreamEvent.PluginFailed;
import io.upstream4j.core.event.UpstreamEvent.UpstreamDown;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.TlsOptions;
import io.upstream4j.core.stats.BackendStats;
import io.upstream4j.testkit.FakeRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GenerationsTest {
  private static final FakeRequest GET = FakeRequest.get("/");

  private final World world = new World();

  @Test
  void beforeTheFirstAnswerRequestsAreRefusedWithThatReason() {
    world.apply(world.setup());

    assertThatThrownBy(() -> world.api().newHttpPeer())
        .isInstanceOf(NoBackendException.class)
        .hasMessage("upstream \"api\": no backends yet");
    assertThat(world.api().stats().refused()).isEqualTo(1);
    assertThat(world.set.current().isReady()).isFalse();
  }

  @Test
  void whatADiscoveryFindsIsPicked() {
    world.apply(world.setup());
    world.find(A, B);

    assertThat(world.picks(4)).containsExactly(A, B, A, B);
    assertThat(world.api().newHttpPeer().upstream()).isEqualTo("api");
    assertThat(world.events(BackendAdded.class))
        .containsExactly(new BackendAdded("api", A), new BackendAdded("api", B));
    assertThat(world.set.current().isReady()).isTrue();
  }

  @Test
  void anIpAddressIsNotLookedUpAndANameIsLeftToTheConnector() {
    world.apply(world.setup());
    world.find(A, Backend.of("::1", 81), Backend.of("api.internal", 82));

    var first = world.api().newHttpPeer().address();
    var second = world.api().newHttpPeer().address();
    var third = world.api().newHttpPeer().address();
    assertThat(first.isUnresolved()).isFalse();
    assertThat(first.getAddress().getHostAddress()).isEqualTo("10.0.0.1");
    assertThat(second.isUnresolved()).isFalse();
    assertThat(second.getPort()).isEqualTo(81);
    assertThat(third.isUnresolved()).isTrue();
    assertThat(third.getHostString()).isEqualTo("api.internal");
  }

  @Test
  void anEqualSetChangesNothingAndEmitsNothingWhateverItsOrder() {
    world.apply(world.setup());
    world.find(A, B, C);
    int prepared = world.balancer.prepared.get();
    int events = world.events.size();
    long generation = world.api().stats().generation();

    world.find(A, B, C);
    world.find(C, A, B);

    assertThat(world.balancer.prepared).hasValue(prepared);
    assertThat(world.events).hasSize(events);
    assertThat(world.api().stats().generation()).isEqualTo(generation);
  }

  @Test
  void slotsKeepTheOrderOfFirstAppearance() {
    world.apply(world.setup());
    world.find(C, A);
    world.find(B, A, C);

    assertThat(world.api().stats().backends())
        .extracting(BackendStats::backend)
        .containsExactly(C, A, B);
  }

  @Test
  void stateFollowsTheEndpointThroughAWeightChange() {
    world.apply(world.setup());
    world.find(A, B);
    Exchange exchange = world.api().begin(GET);
    assertThat(exchange.newHttpPeer().backend()).isEqualTo(A);

    Backend heavier = Backend.of("10.0.0.1", 80, 7);
    world.find(heavier, B);

    assertThat(world.stats(A).backend()).isEqualTo(heavier);
    assertThat(world.stats(A).inFlight()).isEqualTo(1);
    assertThat(world.stats(A).requests()).isEqualTo(1);
    assertThat(world.retired).as("connections stay").isEmpty();
    assertThat(world.events(BackendRemoved.class)).isEmpty();
    exchange.close();
    assertThat(world.stats(A).inFlight()).isZero();
  }

  @Test
  void aRemovedBackendDrains() {
    world.apply(world.setup());
    world.find(A, B);
    Exchange exchange = world.api().begin(GET);
    var peer = exchange.newHttpPeer();
    assertThat(peer.backend()).isEqualTo(A);

    world.find(B);

    assertThat(world.picks(3)).containsOnly(B);
    assertThat(world.retired).containsExactly(peer);
    assertThat(world.events(BackendRemoved.class))
        .containsExactly(new BackendRemoved("api", A.endpoint()));
    exchange.succeeded(200);
    exchange.close();
  }

  @Test
  void aBackendThatReturnsWithinTheGracePeriodIsTheSameAndLaterANewOne() {
    world.apply(world.setup());
    world.find(A, B);
    world.picks(0);
    Exchange exchange = world.api().begin(GET);
    exchange.newHttpPeer();
    exchange.close();

    world.find(B);
    world.advance(Setup.GRACE.minusMillis(1));
    world.find(B, A);
    assertThat(world.stats(A).requests()).as("remembered").isEqualTo(1);

    world.advance(Setup.GRACE);
    assertThat(world.stats(A).requests()).as("the first removal's timer ended").isEqualTo(1);

    world.find(B);
    world.advance(Setup.GRACE);
    world.find(B, A);
    assertThat(world.stats(A).requests()).as("forgotten").isZero();
    assertThat(world.time.pending()).as("timers left").isZero();
  }

  @Test
  void anEmptyAnswerIsAnAnswer() {
    world.apply(world.setup());
    world.find(A);
    world.find();

    assertThatThrownBy(() -> world.api().newHttpPeer()).hasMessage("upstream \"api\": no backends");
    assertThat(world.events(UpstreamDown.class)).hasSize(1);
    assertThat(world.events(DiscoveryFailed.class)).isEmpty();
  }

  @Test
  void anAnswerThatIsNotWholeIsUsedAndEndsNoFailure() {
    world.apply(world.setup());
    world.discovery.findsPartly("SERVFAIL", A);
    world.time.runReady();
    assertThat(world.picks(2)).containsOnly(A);
    assertThat(world.set.current().isReady()).isTrue();
    for (int i = 0; i < 3; i++) {
      world.discovery.findsPartly("SERVFAIL again", A, B);
      world.discovery.findsPartly("SERVFAIL again", A);
      world.time.runReady();
    }
    assertThat(world.api().stats().discoveryError()).contains("SERVFAIL again");
    assertThat(world.events(DiscoveryFailed.class))
        .containsExactly(new DiscoveryFailed("api", "SERVFAIL"));
    assertThat(world.events(DiscoveryRecovered.class)).isEmpty();

    world.find(A);
    assertThat(world.events(DiscoveryRecovered.class)).hasSize(1);
  }

  @Test
  void aFailingDiscoveryKeepsTheLastGoodSetAndSaysSoOnceForEachSeries() {
    world.apply(world.setup());
    world.find(A);
    world.discovery.fails("no route to the name server");
    world.discovery.fails("time-out");
    world.time.runReady();

    assertThat(world.picks(2)).containsOnly(A);
    assertThat(world.api().stats().discoveryError()).contains("time-out");
    assertThat(world.events(DiscoveryFailed.class))
        .containsExactly(new DiscoveryFailed("api", "no route to the name server"));

    world.find(A);
    assertThat(world.events(DiscoveryRecovered.class)).hasSize(1);
    assertThat(world.api().stats().discoveryError()).isEmpty();

    world.discovery.fails("again");
    world.time.runReady();
    assertThat(world.events(DiscoveryFailed.class)).hasSize(2);
  }

  @Test
  void aDiscoveryThatNeverAnsweredIsTheReasonOfRefusals() {
    world.apply(world.setup());
    world.discovery.fails("no such name");
    world.time.runReady();

    assertThatThrownBy(() -> world.api().newHttpPeer())
        .hasMessage("upstream \"api\": no backends yet; discovery failed: no such name");
  }

  @Test
  void anAnswerWithABackendTwiceIsAFailure() {
    world.apply(world.setup());
    world.find(A, B);
    world.discovery.finds(A, C, Backend.of("10.0.0.1", 80, 9));
    world.time.runReady();

    assertThat(world.api().stats().discoveryError())
        .contains("the discovery answered 10.0.0.1:80 twice (expected: each backend once)");
    assertThat(world.picks(2)).containsExactly(A, B);
  }

  @Test
  void anAnswerThatIsNullOrHoldsNullIsAFailure() {
    world.apply(world.setup());
    world.find(A);
    world.discovery.finds((List<Backend>) null);
    world.time.runReady();
    assertThat(world.api().stats().discoveryError()).hasValueSatisfying(e -> e.contains("null"));

    world.find(A);
    world.discovery.finds(A, null);
    world.time.runReady();
    assertThat(world.api().stats().discoveryError()).isPresent();
    assertThat(world.picks(1)).containsExactly(A);
  }

  @Test
  void aDiscoveryThatCannotStartIsStartedAgainWithBackOff() {
    world.discovery.crash = new IllegalStateException("bug");
    world.apply(world.setup());
    assertThat(world.api().stats().discoveryError())
        .contains(
            "plug-in \"fake\" threw java.lang.IllegalStateException: bug in start() for upstream"
                + " \"api\"");

    world.advance(Duration.ofSeconds(1));
    assertThat(world.discovery.starts).isEqualTo(2);
    world.advance(Duration.ofSeconds(1));
    assertThat(world.discovery.starts).isEqualTo(2);
    world.discovery.crash = null;
    world.advance(Duration.ofSeconds(1));
    assertThat(world.discovery.starts).isEqualTo(3);

    world.find(A);
    assertThat(world.picks(1)).containsExactly(A);
    assertThat(world.events(DiscoveryFailed.class)).hasSize(1);
    assertThat(world.events(DiscoveryRecovered.class)).hasSize(1);
  }

  @Test
  void refreshAsksTheDiscovery() {
    world.apply(world.setup());
    world.api().refresh();
    world.time.runReady();

    assertThat(world.discovery.refreshes).isEqualTo(1);
  }

  @Test
  void aPickerThatThrowsFailsThatRequestOnlyAndIsAnnouncedOnceASecond() {
    world.balancer.twist =
        picker ->
            (request, candidates) -> {
              if (request.path().equals("/bug")) {
                throw new ArithmeticException("/ by zero");
              }
              return picker.pick(request, candidates);
            };
    world.apply(world.setup());
    world.find(A);

    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> world.api().newHttpPeer(FakeRequest.get("/bug")))
          .isInstanceOf(NoBackendException.class)
          .hasMessage(
              "upstream \"api\": plug-in \"rotating\" threw java.lang.ArithmeticException: / by zero"
                  + " in pick()");
    }
    assertThat(world.api().newHttpPeer(GET).backend()).isEqualTo(A);
    assertThat(world.events(PluginFailed.class)).hasSize(1);

    world.advance(Duration.ofSeconds(1));
    assertThatThrownBy(() -> world.api().newHttpPeer(FakeRequest.get("/bug")))
        .isInstanceOf(NoBackendException.class);
    assertThat(world.events(PluginFailed.class)).hasSize(2);
  }

  @Test
  void aPickerThatAnswersNonsenseFailsThatRequestOnly() {
    world.balancer.twist =
        picker ->
            (request, candidates) ->
                switch (request.path()) {
                  case "/null" -> null;
                  case "/beyond" -> new Pick.To(A, 1);
                  default -> picker.pick(request, candidates);
                };
    world.apply(world.setup());
    world.find(A);

    assertThatThrownBy(() -> world.api().newHttpPeer(FakeRequest.get("/null")))
        .hasMessage("upstream \"api\": plug-in \"rotating\" picked null");
    assertThatThrownBy(() -> world.api().newHttpPeer(FakeRequest.get("/beyond")))
        .hasMessage("upstream \"api\": plug-in \"rotating\" picked slot 1 of 1");
    assertThat(world.api().newHttpPeer(GET).backend()).isEqualTo(A);
  }

  @Test
  void aChangeOfManyBackendsIsToldByItsFirstAndANumber() {
    Backend[] many = new Backend[30];
    for (int i = 0; i < many.length; i++) {
      many[i] = Backend.of("10.1.0." + i, 80);
    }
    world.apply(world.setup());
    world.find(many);
    assertThat(world.events(BackendAdded.class)).hasSize(10);
    assertThat(world.events(BackendsAdded.class)).containsExactly(new BackendsAdded("api", 20));

    world.find(A);
    assertThat(world.events(BackendRemoved.class)).hasSize(10);
    assertThat(world.events(BackendsRemoved.class)).containsExactly(new BackendsRemoved("api", 20));
  }

  @Test
  void aBalancerThatCannotPrepareLeavesTheGenerationBefore() {
    world.apply(world.setup());
    world.find(A);
    world.balancer.crash = new IllegalStateException("ring");
    world.find(A, B);

    assertThat(world.picks(2)).containsOnly(A);
    assertThat(world.events(PluginFailed.class))
        .containsExactly(
            new PluginFailed(
                "\"rotating\"",
                "threw java.lang.IllegalStateException: ring in prepare() for upstream"
                    + " \"api\""));
    assertThat(world.events(BackendAdded.class)).hasSize(1);

    world.balancer.crash = null;
    world.find(A, B);
    assertThat(world.picks(2)).containsExactlyInAnyOrder(A, B);
  }

  @Test
  void aStrategyMayMakeItsOwnBackends() {
    world.balancer.twist =
        picker -> (request, candidates) -> Pick.To.outside(Backend.of(request.host(), 443));
    world.apply(world.setup());
    world.find();

    Exchange exchange = world.api().begin(GET.withHost("a.example.com"));
    var peer = exchange.newHttpPeer();
    assertThat(peer.backend()).isEqualTo(Backend.of("a.example.com", 443));
    assertThat(world.api().newHttpPeer(GET.withHost("a.example.com"))).isSameAs(peer);
    exchange.close();
    assertThat(world.events(UpstreamDown.class)).isEmpty();
  }

  @Test
  void theServerNameOfAStrategysOwnBackendMayBeTheHostOfTheRequest() {
    world.balancer.twist =
        picker -> (request, candidates) -> Pick.To.outside(Backend.of(request.host(), 443));
    world.apply(world.setup().withTls(new TlsOptions(TlsOptions.REQUEST_HOST, true, true)));
    world.find();

    for (String host : List.of("a.example.com", "b.example.com")) {
      assertThat(world.api().newHttpPeer(GET.withHost(host)).options().tls())
          .contains(new TlsOptions(host, true, true));
    }
  }

  private HttpPeer peerFor(String host) {
    HttpPeer peer = world.api().newHttpPeer(GET.withHost(host));
    world.time.runReady();
    return peer;
  }

  @Test
  void eachHostHasAPeerOfItsOwnWhereTheServerNameIsTheRequests() {
    TlsOptions ofRequest = new TlsOptions(TlsOptions.REQUEST_HOST, true, true);
    world.apply(world.setup().withTls(ofRequest));
    world.find(A);
    HttpPeer first = peerFor("a.example.com");
    HttpPeer second = peerFor("b.example.com");
    assertThat(first.options().tls()).contains(new TlsOptions("a.example.com", true, true));
    assertThat(second.options().tls()).contains(new TlsOptions("b.example.com", true, true));
    assertThat(first.address()).isEqualTo(second.address());
    assertThat(first).isNotEqualTo(second);
    assertThat(peerFor("a.example.com")).isSameAs(first);
    assertThat(world.api().newHttpPeer().options().tls())
        .as("of a request without a host")
        .contains(new TlsOptions("10.0.0.1", true, true));

    world.find(Backend.of("10.0.0.1", 80, 7));
    assertThat(peerFor("a.example.com")).as("with another weight").isSameAs(first);
    assertThat(world.retired).isEmpty();

    world.find(B);
    world.time.runReady();
    assertThat(world.retired).contains(first, second);
  }

  @Test
  void hostsThatAreTooManyAreLetGoOf() {
    world.apply(world.setup().withTls(new TlsOptions(TlsOptions.REQUEST_HOST, true, true)));
    world.find(A);
    List<HttpPeer> peers = new ArrayList<>();
    for (int i = 0; i < HostPeers.MAX + 10; i++) {
      peers.add(peerFor("h" + i));
    }
    assertThat(world.retired).containsExactlyElementsOf(peers.subList(0, 10));
    assertThat(peerFor("h" + HostPeers.MAX)).isSameAs(peers.get(HostPeers.MAX));
  }

  @Test
  void aBackendOfAStrategysOwnThatChangesKeepsItsStateAndItsConnectionsWhileThePeerIsEqual() {
    world.balancer.twist =
        picker ->
            (request, candidates) ->
                Pick.To.outside(
                    request.path().equals("/filtered")
                        ? new Backend(
                            new Endpoint("a", 443),
                            1,
                            Attributes.none()
                                .with(Attributes.ADDRESS_FILTER, new AddressFilter(List.of())))
                        : Backend.of("a", 443, Integer.parseInt(request.path().substring(1))));
    world.apply(world.setup());
    world.find();

    HttpPeer first = world.api().newHttpPeer(FakeRequest.get("/1"));
    world.api().newHttpPeer(FakeRequest.get("/2"));
    world.time.runReady();
    assertThat(world.retired).as("another weight").isEmpty();

    HttpPeer filtered = world.api().newHttpPeer(FakeRequest.get("/filtered"));
    world.time.runReady();
    assertThat(filtered).isNotEqualTo(first);
    assertThat(world.retired).as("another filter").containsExactly(first);
  }

  @Test
  void backendsOfAStrategysOwnAreRememberedUpToABound() {
    world.balancer.twist =
        picker -> (request, candidates) -> Pick.To.outside(Backend.of(request.host(), 443));
    world.apply(world.setup());
    world.find();

    Exchange busy = world.api().begin(GET.withHost("busy"));
    var kept = busy.newHttpPeer();
    for (int i = 0; i < 3 * OutsideBackends.MAX; i++) {
      world.api().newHttpPeer(GET.withHost("host-" + i));
    }
    world.time.runReady();

    assertThat(world.retired).hasSize(2 * OutsideBackends.MAX + 1).doesNotContain(kept);
    assertThat(world.api().newHttpPeer(GET.withHost("busy"))).isSameAs(kept);
    world.set.close();
    world.time.runReady();
    assertThat(world.retired).hasSize(3 * OutsideBackends.MAX + 1).doesNotHaveDuplicates();
    busy.close();
  }

  @Test
  void whatAStrategyCountsIsInTheStatistics() {
    world.balancer.counters = () -> Map.of("absent_keys", 7L);
    world.apply(world.setup());
    assertThat(world.api().stats().strategy()).isEmpty();

    world.find(A);
    assertThat(world.api().stats().strategy()).isEqualTo(Map.of("absent_keys", 7L));
  }

  @Test
  void aStrategyThatCannotTellItsCountersIsAnnouncedAndTheRestIsTold() {
    world.balancer.counters =
        () -> {
          throw new IllegalStateException("broken");
        };
    world.apply(world.setup());
    world.find(A);

    assertThat(world.api().stats().strategy()).isEmpty();
    assertThat(world.api().stats().backends()).hasSize(1);
    assertThat(world.events(PluginFailed.class)).isNotEmpty();
  }

  @Test
  void theRequestsInFlightOverAllSlotsAreTheirSum() {
    List<Long> totals = new ArrayList<>();
    world.balancer.twist =
        picker ->
            (request, candidates) -> {
              totals.add(candidates.inFlightTotal(2));
              return picker.pick(request, candidates);
            };
    world.apply(world.setup());
    world.find(A, B);
    for (int i = 0; i < 3; i++) {
      world.api().begin(GET).newHttpPeer();
    }
    assertThat(totals).containsExactly(0L, 1L, 2L);
  }
}
