package io.upstream4j.lb.transparent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.AddressFilter;
import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.BackendSnapshot;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.Network;
import io.upstream4j.api.spi.Pick;
import io.upstream4j.api.spi.Picker;
import io.upstream4j.testkit.FakeCandidates;
import io.upstream4j.testkit.FakePluginContext;
import io.upstream4j.testkit.FakeRequest;
import io.upstream4j.testkit.PluginContract;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TransparentTest implements PluginContract {
  @Override
  public LoadBalancerProvider plugin() {
    return new TransparentProvider();
  }

  private Picker picker(Map<String, ?> options) {
    Options read = Options.of(plugin().options(), Node.Mapping.of(options));
    return plugin()
        .create(read, new FakePluginContext())
        .prepare(new BackendSnapshot(0, List.of()));
  }

  private static Pick pick(Picker picker, @Nullable String host, String hostHeader) {
    FakeRequest request = FakeRequest.get("/").withHost(host).withHeader("Host", hostHeader);
    return picker.pick(request, new FakeCandidates(0));
  }

  /** Returns the endpoint, or the reason why there is none. */
  private static String answer(Picker picker, @Nullable String host, String hostHeader) {
    Pick pick = pick(picker, host, hostHeader);
    return pick instanceof Pick.To to
        ? to.backend().endpoint().toString()
        : ((Pick.Nowhere) pick).reason();
  }

  @Test
  void itNeedsNoBackendsThatSomebodyFound() {
    assertThat(plugin().makesBackends()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "api.example.com, api.example.com, api.example.com:80",
    "API.Example.com, API.Example.com, api.example.com:80",
    "api.example.com., api.example.com., api.example.com:80",
    "api.example.com, api.example.com:443, api.example.com:443",
    "a.b.example.org, a.b.example.org, a.b.example.org:80",
    "10.1.2.3, 10.1.2.3, 10.1.2.3:80",
    "2001:db8:0::1, '[2001:db8:0::1]:443', '[2001:db8::1]:443'",
  })
  void anAllowedHostIsTheBackend(String host, String header, String endpoint) {
    Picker picker =
        picker(
            Map.of(
                "allow", List.of("api.example.com", "*.Example.org", "10.1.2.3", "[2001:db8::1]")));
    assertThat(answer(picker, host, header)).isEqualTo(endpoint);
    assertThat(answer(picker, host, header)).isEqualTo(endpoint);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "example.com",
        "example.org",
        "xexample.org",
        "x.api.example.com",
        "api.example.com.evil.net",
        "example.org.evil.net",
        "10.1.2.4",
        "2001:db8::2",
        ".example.org",
        "..example.org",
        "a..example.org",
        "-a.example.org",
        "a_b.example.org",
        "a b.example.org",
        "a\u0000.example.org",
        "evil.net/.example.org",
        "evil.net#.example.org",
        "user@a.example.org",
        "a%00.example.org",
        "\u00e4.example.org",
        "fe80::1%eth0",
        "",
        "."
      })
  void anyOtherHostIsNot(String host) {
    Picker picker =
        picker(
            Map.of(
                "allow", List.of("api.example.com", "*.example.org", "10.1.2.3", "2001:db8::1")));
    assertThat(pick(picker, host, host)).isSameAs(HostPicker.NOT_ALLOWED);
  }

  @Test
  void everyHostMayBeAllowed() {
    Picker picker = picker(Map.of("allow", "*"));
    assertThat(answer(picker, "anything.test", "anything.test")).isEqualTo("anything.test:80");
    assertThat(answer(picker, "bad_name", "bad_name")).contains("allow");
  }

  @Test
  void onlyThePortsThatAreListedMayBeReached() {
    Picker picker = picker(Map.of("allow", "a.test", "ports", List.of(8080)));
    assertThat(answer(picker, "a.test", "a.test:8080")).isEqualTo("a.test:8080");
    assertThat(pick(picker, "a.test", "a.test")).isSameAs(HostPicker.PORT_NOT_ALLOWED);
    assertThat(pick(picker, "a.test", "a.test:22")).isSameAs(HostPicker.PORT_NOT_ALLOWED);
    assertThat(answer(picker, "a.test", "a.test:8080")).isEqualTo("a.test:8080");
  }

  @Test
  void aRequestWithoutAHostGoesNowhere() {
    assertThat(pick(picker(Map.of("allow", "*")), null, "")).isSameAs(HostPicker.NO_HOST);
  }

  @Test
  void theBackendCarriesWhatItsAddressMustPass() {
    Picker picker =
        picker(Map.of("allow", "a.test", "allow_networks", List.of("10.0.0.0/8", "fd00::/8")));
    assertThat(pick(picker, "a.test", "a.test"))
        .isInstanceOfSatisfying(
            Pick.To.class,
            to -> {
              assertThat(to.slot()).isEqualTo(Pick.OUTSIDE);
              assertThat(to.backend().attributes().find(Attributes.ADDRESS_FILTER))
                  .contains(
                      new AddressFilter(
                          List.of(Network.parse("10.0.0.0/8"), Network.parse("fd00::/8"))));
            });
  }

  @Test
  void manyHostsAreToldApart() {
    Picker picker = picker(Map.of("allow", "*.test"));
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < 5_000; i++) {
        assertThat(answer(picker, "h" + i + ".test", "")).isEqualTo("h" + i + ".test:80");
      }
    }
    assertThat(pick(picker, "h1.test", "")).isSameAs(pick(picker, "h1.test", ""));
  }

  @Test
  void withoutAnAllowListThereIsNothingToStart() {
    assertThatThrownBy(() -> picker(Map.of())).hasMessageContaining("allow: missing");
    assertThatThrownBy(() -> picker(Map.of("allow", List.of())))
        .hasMessageContaining("allow: empty");
    assertThatThrownBy(() -> picker(Map.of("allow", "*", "ports", List.of())))
        .hasMessageContaining("ports: empty");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "*.", "*.*.a", "a.*", "a*", "*a", "http://a", "a:80", "*.10.0.0.1", "[a]b"})
  void whatIsNoPatternIsAnError(String pattern) {
    assertThatThrownBy(() -> picker(Map.of("allow", List.of(pattern))))
        .hasMessageContaining(
            pattern.isEmpty() ? "allow[0]: nothing" : "allow[0]: \"" + pattern + "\"")
        .hasMessageContaining("(expected: " + HostPattern.EXPECTED);
  }
}
