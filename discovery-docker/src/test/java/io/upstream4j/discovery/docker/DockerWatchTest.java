package io.upstream4j.discovery.docker;

import static io.upstream4j.discovery.docker.FakeEngines.container;
import static io.upstream4j.discovery.docker.FakeEngines.waiting;
import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.discovery.docker.Engine.Kind;
import io.upstream4j.discovery.docker.Placement.AddressKind;
import io.upstream4j.testkit.FakePluginContext;
import io.upstream4j.testkit.RecordingListener;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DockerWatchTest {
  private static final Map<String, String> WEB = Map.of("app", "web");
  private static final Container A = container("a", "172.17.0.2", WEB);
  private static final Container B = container("b", "172.17.0.3", WEB);

  private final FakeEngines engines = new FakeEngines();
  private final FakePluginContext context = new FakePluginContext();
  private final RecordingListener listener = new RecordingListener();
  private Discovery.Subscription subscription;

  private void start(Container... containers) {
    engines.containers.addAll(List.of(containers));
    subscription =
        new DockerDiscovery(
                List.of(Entry.read("app=web")),
                new Placement(AddressKind.CONTAINER, Optional.empty(), "127.0.0.1"),
                Duration.ofMinutes(1),
                engines::connect,
                () -> 0,
                context)
            .start(listener);
    context.runReady();
  }

  @AfterEach
  void close() {
    subscription.close();
    assertThat(engines.open).isEmpty();
  }

  private List<String> known() {
    return listener.last().stream().map(Backend::endpoint).map(Object::toString).toList();
  }

  private void pass(long millis) {
    context.advance(Duration.ofMillis(millis));
  }

  @Test
  void containersWithTheLabelAreBackendsWhileTheyServe() {
    start(A, waiting(B), container("c", "172.17.0.4", Map.of("app", "db")));
    assertThat(known()).containsExactly("172.17.0.2:80");
    pass(1_000);

    engines.containers.set(1, B);
    engines.tell(Kind.CHANGED, "b");
    pass(100);
    assertThat(known()).containsExactly("172.17.0.2:80", "172.17.0.3:80");
  }

  @Test
  void aStormOfEventsMakesOneListATime() {
    start(A);
    pass(1_000);
    int asked = engines.asked;
    for (int i = 0; i < 1_000; i++) {
      engines.tell(Kind.CHANGED, "a");
    }
    pass(100);
    assertThat(engines.asked).isEqualTo(asked + 1);
  }

  @Test
  void aContainerThatIsToldToStopLeavesAtOnceAndComesBackWhenItStarts() {
    start(A, B);
    pass(1_000);
    engines.tell(Kind.STOPPING, "a");
    context.runReady();
    assertThat(known()).containsExactly("172.17.0.3:80");

    engines.tell(Kind.CHANGED, "b"); // still running, so it is in the next list
    pass(100);
    assertThat(known()).containsExactly("172.17.0.3:80");

    engines.tell(Kind.STARTED, "a");
    pass(100);
    assertThat(known()).containsExactly("172.17.0.2:80", "172.17.0.3:80");
  }

  @Test
  void containersThatAnEngineStopsAndStartsWithItselfAreUsedAgain() {
    start(A, B);
    pass(1_000);
    engines.broken = true;
    engines.tell(Kind.STOPPING, "a");
    engines.tell(Kind.STOPPING, "b");
    engines.cutOff();
    pass(1_000);
    assertThat(listener.last()).isEmpty();

    engines.broken = false; // restarted under their old ids before the engine reports events
    context.advance(Duration.ofSeconds(30));
    assertThat(known()).containsExactly("172.17.0.2:80", "172.17.0.3:80");
  }

  @Test
  void aContainerThatRunsLongAfterItWasToldToStopIsUsedAgain() {
    start(A, B);
    engines.tell(Kind.STOPPING, "a");
    context.advance(Duration.ofMinutes(9));
    assertThat(known()).containsExactly("172.17.0.3:80");
    context.advance(Duration.ofMinutes(2));
    assertThat(known()).containsExactly("172.17.0.2:80", "172.17.0.3:80");
  }

  @Test
  void whatHappensDuringTheFirstListIsNotMissed() {
    engines.duringList =
        () -> {
          engines.duringList = () -> {};
          engines.containers.add(B);
          engines.tell(Kind.STARTED, "b");
        };
    start(A);
    pass(100);
    assertThat(known()).containsExactly("172.17.0.2:80", "172.17.0.3:80");
  }

  @Test
  void changesThatNoEventToldOfAreSeenAtTheFrequency() {
    start(A);
    pass(1_000);
    engines.containers.add(B);
    context.advance(Duration.ofMinutes(1));
    assertThat(known()).containsExactly("172.17.0.2:80", "172.17.0.3:80");
  }

  @Test
  void whenTheEngineIsLostTheLastAnswerStaysAndItIsAskedForEver() {
    start(A, B);
    int answers = listener.found().size();
    engines.broken = true;
    engines.cutOff();
    context.runReady();
    assertThat(listener.failures()).hasSize(1).first().asString().contains("engine is gone");

    context.advance(Duration.ofHours(1));
    assertThat(listener.failures().size()).as("tries in an hour").isBetween(120, 130);
    assertThat(listener.found()).hasSize(answers);
    engines.broken = false;
    engines.containers.remove(A);
    context.advance(Duration.ofSeconds(30));
    assertThat(known()).containsExactly("172.17.0.3:80");
  }

  @Test
  void anAnswerThatIsAsBeforeTellsThatTheEngineIsBack() {
    start(A);
    int answers = listener.found().size();
    engines.cutOff();
    pass(1_000);
    assertThat(listener.found()).hasSize(answers + 1);
    assertThat(known()).containsExactly("172.17.0.2:80");
  }

  @Test
  void eventsThatEndBeforeTheFirstListMakeItBeginAnew() {
    engines.duringList =
        () -> {
          engines.duringList = () -> {};
          engines.cutOff();
        };
    start(A);
    assertThat(listener.failures()).hasSize(1);
    pass(1_000);
    assertThat(engines.open).hasSize(1);
    pass(1_000);
    engines.containers.add(B);
    engines.tell(Kind.STARTED, "b");
    pass(100);
    assertThat(known()).containsExactly("172.17.0.2:80", "172.17.0.3:80");
  }

  @Test
  void aContainerInTheNetworkOfAnotherIsReachedThereAndLeavesWithIt() {
    Container owner = container("vpn", "172.17.0.9", Map.of());
    start(FakeEngines.inNetworkOf(owner, "web", WEB), owner);
    assertThat(known()).containsExactly("172.17.0.9:80");

    engines.tell(Kind.STOPPING, "vpn");
    context.runReady();
    assertThat(listener.last()).isEmpty();

    engines.containers.remove(owner);
    engines.tell(Kind.CHANGED, "vpn");
    pass(1_000);
    assertThat(listener.failures())
        .last()
        .extracting(Throwable::getMessage)
        .isEqualTo(
            "container \"web\": has the network of container id-vpn, which has no address or does not"
                + " run");
  }

  @Test
  void aWrongLabelHarmsItsContainerAlone() {
    Container wrong = container("c", "172.17.0.4", Map.of("app", "web", Labels.PORT, "http"));
    start(A, wrong, B);
    assertThat(known()).containsExactly("172.17.0.2:80", "172.17.0.3:80");
    assertThat(listener.failures())
        .singleElement()
        .extracting(Throwable::getMessage)
        .isEqualTo("container \"c\": upstream4j.port is \"http\" (expected: 1 to 65535)");

    pass(1_000);
    engines.tell(Kind.CHANGED, "a");
    pass(100);
    assertThat(listener.failures()).as("told once").hasSize(1);

    int answers = listener.found().size();
    engines.containers.remove(wrong);
    engines.tell(Kind.CHANGED, "c");
    pass(100);
    assertThat(listener.found()).as("that all is well").hasSize(answers + 1);
  }

  @Test
  void twoContainersAtOneAddressAreOneBackendAndAnError() {
    start(A, container("b", "172.17.0.2", WEB));
    assertThat(known()).containsExactly("172.17.0.2:80");
    assertThat(listener.failures())
        .singleElement()
        .extracting(Throwable::getMessage)
        .isEqualTo("container \"b\": is at 172.17.0.2:80 as container \"a\" is");
  }
}
