package io.upstream4j.lb.consistent;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.api.spi.Backend;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ConfigurationTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"url", "path", "host", "ip", "header:x-user", "cookie:sid", "query:user[id]"})
  void everyKindOfKeyIsRead(String key) {
    assertThatCode(() -> Balancing.create(Map.of("key", key))).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hedder:x",
        "header",
        "header:",
        "header:a b",
        "path:x",
        "",
        "Path",
        "cookie:a;b",
        "query:a b",
        "query:a&b",
        "query:a=b",
        "query:gr\u00f6\u00dfe"
      })
  void anyOtherKeyIsAnErrorThatListsTheKinds(String key) {
    assertThatThrownBy(() -> Balancing.create(Map.of("key", key)))
        .hasMessageContaining(key.isEmpty() ? "key: nothing" : "key: \"" + key + "\"")
        .hasMessageContaining("(expected: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"header:", "cookie:", "query:"})
  void theNameInAKeyHasABound(String kind) {
    assertThatCode(() -> Balancing.create(Map.of("key", kind + "n".repeat(256))))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> Balancing.create(Map.of("key", kind + "n".repeat(257))))
        .hasMessageContaining("at most 256)");
  }

  @Test
  void aSizeThatIsNotPrimeIsAnErrorThatNamesOne() {
    assertThatThrownBy(() -> Balancing.create(Map.of("table", "maglev", "size", 65_538)))
        .hasMessageContaining("size: \"65538\" is not prime (expected: a prime, such as 65539)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "251", "65536", "5000012", "-65537", "many", "99999999999"})
  void aSizeOutOfBoundsIsAnErrorThatSaysWhichBounds(String size) {
    assertThatThrownBy(() -> Balancing.create(Map.of("table", "maglev", "size", size)))
        .hasMessageContaining("(expected: a prime of 65537 to 5000011)");
  }

  @ParameterizedTest
  @CsvSource({"points, 0", "points, 65537", "balance_factor, 99", "balance_factor, 1.25"})
  void numbersOutOfBoundsAreErrors(String option, String value) {
    assertThatThrownBy(() -> Balancing.create(Map.of(option, value)))
        .hasMessageContaining(option + ": \"" + value + "\" (expected: ");
  }

  @Test
  void anOptionOfTheOtherTableIsAnError() {
    assertThatThrownBy(() -> Balancing.create(Map.of("size", 65_537)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("size: only a maglev table has one");
    assertThatThrownBy(() -> Balancing.create(Map.of("table", "maglev", "points", 160)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("points: only a ketama table has them");
  }

  @Test
  void trustedProxiesWithoutTheKeyIpAreAnError() {
    assertThatThrownBy(
            () -> Balancing.create(Map.of("key", "path", "trusted_proxies", List.of("10.0.0.0/8"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected: key: ip");
  }

  @Test
  void aTrustedProxyThatIsNoNetworkIsAnError() {
    assertThatThrownBy(
            () -> Balancing.create(Map.of("key", "ip", "trusted_proxies", List.of("10.0.0.0/40"))))
        .hasMessageContaining("trusted_proxies[0]: \"10.0.0.0/40\" (expected: ");
  }

  @Test
  void aRingOfTooManyPointsIsRefusedWithTheLimit() {
    List<Backend> heavy = List.of(Balancing.server("10.0.0.1:80", Backend.MAX_WEIGHT));
    assertThatThrownBy(() -> Balancing.over(Map.of(), heavy))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("would have 10485600 points (expected: at most 4194304)");
    assertThatCode(() -> Balancing.over(Map.of("points", 64), heavy)).doesNotThrowAnyException();
  }
}
