package io.upstream4j.api.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BackendTest {
  private static final Attributes.Key<String> TEAM = new Attributes.Key<>("team", String.class);

  @Test
  void aBackendIsPrintedAsTheConfigurationWritesIt() {
    assertThat(Backend.of("10.0.0.1", 8080, 5)).hasToString("10.0.0.1:8080 5");
    assertThat(Backend.of("::1", 80)).hasToString("[::1]:80 1");
  }

  @Test
  void weightsHaveBounds() {
    assertThat(Backend.of("a", 1, 0).weight()).isZero();
    assertThat(Backend.of("a", 1, 65_535).weight()).isEqualTo(65_535);
    assertThatThrownBy(() -> Backend.of("a", 1, -1))
        .hasMessage("weight: -1 (expected: 0 to 65535)");
    assertThatThrownBy(() -> Backend.of("a", 1, 65_536))
        .hasMessage("weight: 65536 (expected: 0 to 65535)");
  }

  @Test
  void backendsAreEqualWhenAllOfThemIs() {
    Backend plain = Backend.of("a", 1);

    assertThat(plain).isEqualTo(Backend.of("a", 1)).isNotEqualTo(Backend.of("a", 1, 2));
    assertThat(new Backend(plain.endpoint(), 1, Attributes.none().with(TEAM, "x")))
        .isNotEqualTo(plain);
  }

  @Test
  void attributesHaveTypes() {
    Attributes attributes =
        Attributes.none()
            .with(Attributes.ZONE, "eu-1")
            .with(Attributes.PRIORITY, 2)
            .with(TEAM, "a");

    assertThat(attributes.find(Attributes.PRIORITY)).contains(2);
    assertThat(attributes.find(TEAM)).contains("a");
    assertThat(attributes.with(TEAM, "b").find(TEAM)).contains("b");
    assertThat(attributes.find(TEAM)).as("the first is unchanged").contains("a");
    assertThat(attributes.find(Attributes.SERVER)).isEmpty();
    assertThat(attributes.find(new Attributes.Key<>("team", Integer.class))).isEmpty();
    assertThat(attributes).hasToString("{priority=2, team=a, zone=eu-1}");
  }

  @Test
  void attributesAreEqualByTheirValues() {
    assertThat(Attributes.none().with(Attributes.ZONE, "a").with(TEAM, "b"))
        .isEqualTo(Attributes.none().with(TEAM, "b").with(Attributes.ZONE, "a"))
        .hasSameHashCodeAs(Attributes.none().with(TEAM, "b").with(Attributes.ZONE, "a"))
        .isNotEqualTo(Attributes.none().with(TEAM, "b"));
    assertThat(Attributes.none()).isEqualTo(Attributes.none());
  }

  @Test
  @SuppressWarnings({"unchecked", "rawtypes"})
  void aValueOfAnotherTypeIsRefused() {
    Attributes.Key raw = Attributes.PRIORITY;

    assertThatThrownBy(() -> Attributes.none().with(raw, "high"))
        .isInstanceOf(ClassCastException.class);
  }

  @Test
  void aSnapshotNamesEachBackendByItsSlot() {
    List<Backend> backends = new ArrayList<>(List.of(Backend.of("a", 1), Backend.of("b", 1)));
    BackendSnapshot snapshot = new BackendSnapshot(7, backends);
    backends.clear();

    assertThat(snapshot.generation()).isEqualTo(7);
    assertThat(snapshot.size()).isEqualTo(2);
    assertThat(snapshot.backends()).containsExactly(Backend.of("a", 1), Backend.of("b", 1));
    assertThat(snapshot.backend(1)).isEqualTo(Backend.of("b", 1));
    assertThat(snapshot.pick(1)).isEqualTo(new Pick.To(Backend.of("b", 1), 1));
    assertThat(snapshot.pick(1)).isSameAs(snapshot.pick(1));
    assertThat(new BackendSnapshot(0, List.of()).size()).isZero();
  }

  @Test
  void aSnapshotHasEachEndpointOnce() {
    List<Backend> twice = List.of(Backend.of("a", 1), Backend.of("b", 1), Backend.of("a", 1, 5));

    assertThatThrownBy(() -> new BackendSnapshot(1, twice))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("backends: a:1 is there twice");
  }
}
