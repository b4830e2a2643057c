package io.upstream4j.discovery.docker;

import static io.upstream4j.discovery.docker.FakeEngines.port;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.discovery.docker.Container.Port;
import io.upstream4j.discovery.docker.Container.Status;
import io.upstream4j.discovery.docker.Engine.Surroundings;
import io.upstream4j.discovery.docker.Placement.AddressKind;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlacementTest {
  private static final Placement OWN =
      new Placement(AddressKind.CONTAINER, Optional.empty(), "127.0.0.1");
  private static final Placement PUBLISHED =
      new Placement(AddressKind.PUBLISHED, Optional.empty(), "engine.test");
  private static final Map<String, String> TWO = Map.of("front", "10.1.0.2", "back", "10.2.0.2");
  private static final Map<String, String> ONE = Map.of("bridge", "172.17.0.2");

  private static Container container(
      Map<String, String> labels, Map<String, String> networks, Port... ports) {
    return new Container(
        "id", "web-1", labels, Status.SERVING, false, Optional.empty(), networks, List.of(ports));
  }

  private static Backend place(Placement placement, Container container, String entry) {
    return placement.backend(container, Entry.read(entry), Surroundings.NONE);
  }

  private static Surroundings within(String... networks) {
    return new Surroundings(Set.of(networks), Optional.of("10.1.0.1"));
  }

  private static String endpoint(Placement placement, Container container, String entry) {
    return place(placement, container, entry).endpoint().toString();
  }

  @Test
  void thePortIsTheLabelsElseTheEntrysElseTheOnlyOneExposed() {
    Container exposing = container(Map.of(), ONE, port(8080));
    assertThat(endpoint(OWN, exposing, "app")).isEqualTo("172.17.0.2:8080");
    assertThat(endpoint(OWN, exposing, "app:90")).isEqualTo("172.17.0.2:90");
    Container labelled = container(Map.of("upstream4j.port", "70"), ONE, port(8080));
    assertThat(endpoint(OWN, labelled, "app:90")).isEqualTo("172.17.0.2:70");
  }

  @Test
  void severalPortsOrNoneAreAnErrorThatNamesThem() {
    assertThatThrownBy(() -> place(OWN, container(Map.of(), ONE, port(81), port(80)), "app=web"))
        .hasMessage(
            "exposes the ports [80, 81] (expected: the label upstream4j.port, or a port behind"
                + " \"app=web\")");
    assertThatThrownBy(() -> place(OWN, container(Map.of(), ONE), "app"))
        .hasMessageStartingWith("exposes no port (expected: ");
  }

  @Test
  void weightPriorityAndZoneAreTheLabelsElseTheEntrys() {
    Container container = container(Map.of(), ONE, port(80));
    Backend entrys = place(OWN, container, "app 5 priority=2 zone=a");
    assertThat(entrys.weight()).isEqualTo(5);
    assertThat(entrys.attributes().find(Attributes.PRIORITY)).contains(2);
    assertThat(entrys.attributes().find(Attributes.ZONE)).contains("a");
    assertThat(place(OWN, container, "app").weight()).isEqualTo(1);

    Map<String, String> labels =
        Map.of("upstream4j.weight", "0", "upstream4j.priority", "1", "upstream4j.zone", "b");
    Backend labelled = place(OWN, container(labels, ONE, port(80)), "app 5 priority=2 zone=a");
    assertThat(labelled.weight()).isZero();
    assertThat(labelled.attributes().find(Attributes.PRIORITY)).contains(1);
    assertThat(labelled.attributes().find(Attributes.ZONE)).contains("b");
  }

  @Test
  void consistentHashingPlacesAContainerByItsNameNotItsAddress() {
    Backend backend = place(OWN, container(Map.of(), ONE, port(80)), "app");
    assertThat(backend.attributes().find(Attributes.SERVER)).contains("web-1:80");
  }

  @Test
  void theNetworkIsTheLabelsElseTheOptionsElseTheSharedOne() {
    Container both = container(Map.of(), TWO, port(80));
    Placement front = new Placement(AddressKind.CONTAINER, Optional.of("front"), "127.0.0.1");
    assertThat(endpoint(front, both, "app")).isEqualTo("10.1.0.2:80");
    Container labelled = container(Map.of("upstream4j.network", "back"), TWO, port(80));
    assertThat(endpoint(front, labelled, "app")).isEqualTo("10.2.0.2:80");
    assertThat(OWN.backend(both, Entry.read("app"), within("back", "other")).endpoint())
        .hasToString("10.2.0.2:80");
  }

  @Test
  void severalNetworksOrAWrongOneAreAnErrorThatNamesThem() {
    Container both = container(Map.of(), TWO, port(80));
    assertThatThrownBy(() -> place(OWN, both, "app"))
        .hasMessage(
            "is in the networks [back, front] (expected: one of them as the option network or the"
                + " label upstream4j.network)");
    Container labelled = container(Map.of("upstream4j.network", "bak"), TWO, port(80));
    assertThatThrownBy(() -> place(OWN, labelled, "app"))
        .hasMessage("has no address in the network \"bak\", but in [back, front]");
    assertThatThrownBy(() -> place(OWN, container(Map.of(), Map.of(), port(80)), "app"))
        .hasMessageStartingWith("has no address in any network");
  }

  @Test
  void aPublishedPortIsReachedAtTheHost() {
    Container all = container(Map.of(), ONE, port(80, "0.0.0.0", 32768), port(80, "::", 32768));
    assertThat(endpoint(PUBLISHED, all, "app")).isEqualTo("engine.test:32768");
    Container one = container(Map.of(), ONE, port(80, "10.9.0.1", 8000), port(81));
    assertThat(endpoint(PUBLISHED, one, "app:80")).isEqualTo("10.9.0.1:8000");
    assertThatThrownBy(() -> place(PUBLISHED, one, "app:81"))
        .hasMessage("does not publish its port 81 (expected: that it does, or address: container)");
  }

  @Test
  void fromAContainerAPublishedPortIsReachedAtTheGatewayOfItsNetwork() {
    Placement here = new Placement(AddressKind.PUBLISHED, Optional.empty(), "127.0.0.1");
    Container all = container(Map.of(), ONE, port(80, "0.0.0.0", 8000));
    assertThat(here.backend(all, Entry.read("app"), within("front")).endpoint())
        .hasToString("10.1.0.1:8000");
    Container own = container(Map.of(), ONE, port(80, "127.0.0.1", 8000));
    assertThatThrownBy(() -> here.backend(own, Entry.read("app"), within("front")))
        .hasMessageStartingWith("publishes its port 80 at 127.0.0.1 of the engine's host");
  }

  @Test
  void aPortPublishedForAnotherHostAloneIsAnError() {
    Container own = container(Map.of(), ONE, port(80, "127.0.0.1", 8000));
    assertThatThrownBy(() -> place(PUBLISHED, own, "app"))
        .hasMessageStartingWith(
            "publishes its port 80 at 127.0.0.1 of the engine's host (expected");
    Placement here = new Placement(AddressKind.PUBLISHED, Optional.empty(), "127.0.0.1");
    assertThat(endpoint(here, own, "app")).isEqualTo("127.0.0.1:8000");
  }

  @Test
  void aContainerInTheNetworkOfItsHostIsReachedThere() {
    Container onHost =
        new Container(
            "id", "web-1", Map.of(), Status.SERVING, true, Optional.empty(), Map.of(), List.of());
    assertThat(endpoint(OWN, onHost, "app:8080")).isEqualTo("127.0.0.1:8080");
    assertThat(OWN.backend(onHost, Entry.read("app:8080"), within("front")).endpoint())
        .as("from a container")
        .hasToString("10.1.0.1:8080");
    assertThat(endpoint(PUBLISHED, onHost, "app:8080")).isEqualTo("engine.test:8080");
  }

  @Test
  void anAddressOfIpv6IsWrittenInBrackets() {
    Container six = container(Map.of(), Map.of("six", "2001:db8::2"), port(80));
    assertThat(endpoint(OWN, six, "app")).isEqualTo("[2001:db8::2]:80");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "upstream4j.port | 0 | upstream4j.port is \"0\" (expected: 1 to 65535)",
        "upstream4j.port | 65536 | upstream4j.port is \"65536\" (expected: 1 to 65535)",
        "upstream4j.weight | -1 | upstream4j.weight is \"-1\" (expected: 0 to 65535)",
        "upstream4j.weight | heavy | upstream4j.weight is \"heavy\" (expected: 0 to 65535)",
        "upstream4j.priority | 1.5 | upstream4j.priority is \"1.5\" (expected: 0 to 65535)",
        "upstream4j.zone | ' ' | upstream4j.zone is empty (expected: a name, or no label)"
      })
  void aLabelThatDoesNotParseIsNamed(String label, String value, String message) {
    assertThatThrownBy(() -> place(OWN, container(Map.of(label, value), ONE, port(80)), "app"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }
}
