package io.upstream4j.discovery.fixed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.testkit.FakePluginContext;
import io.upstream4j.testkit.RecordingListener;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StaticDiscoveryTest {
  private final FakePluginContext context = new FakePluginContext();
  private final FakeResolver resolver = new FakeResolver();
  private final RecordingListener listener = new RecordingListener();

  @Test
  void addressesAreAnsweredWithinTheStart() {
    start(Map.of("addrs", List.of("10.0.0.1:8080 5", "10.0.0.2", "[2001:DB8::0:1]:9000 0")));
    assertThat(listener.last())
        .extracting(Backend::toString)
        .containsExactly("10.0.0.1:8080 5", "10.0.0.2:80 1", "[2001:db8::1]:9000 0");
    assertThat(context.scheduler().pending()).isZero();
    assertThat(context.blocking().pending()).isZero();
  }

  @Test
  void aSocketIsABackendBesideAddressesAndNames() {
    resolver.with("api.test", "10.0.0.9");
    start(Map.of("addrs", List.of("unix:/run/App.sock 5 zone=a", "10.0.0.1", "api.test")));
    context.runReady();
    assertThat(listener.last())
        .extracting(Backend::toString)
        .containsExactly("unix:/run/App.sock 5", "10.0.0.1:80 1", "10.0.0.9:80 1");
    assertThat(listener.last().get(0).attributes().find(Attributes.ZONE)).contains("a");
    assertThat(listener.last().get(0).attributes().find(Attributes.SERVER))
        .contains("unix:/run/App.sock");
  }

  @Test
  void theDefaultPortIsThatOfTheUpstream() {
    discovery(Map.of("addrs", "10.0.0.1"), new FakePluginContext(443)).start(listener);
    assertThat(listener.last()).extracting(Backend::toString).containsExactly("10.0.0.1:443 1");
  }

  @Test
  void aBackendBearsTheServerAsWritten() {
    resolver.with("api.test", "10.0.0.9");
    start(Map.of("addrs", List.of("10.0.0.1", "10.0.0.2:80", "[::1]:7777 3", "API.test 2")));
    context.runReady();
    assertThat(listener.last())
        .extracting(backend -> backend.attributes().find(Attributes.SERVER).orElseThrow())
        .containsExactly("10.0.0.1", "10.0.0.2:80", "[::1]:7777", "API.test");
  }

  @Test
  void aNameStandsForAllItsAddressesEachWithTheWeight() {
    resolver.with("api.test", "10.0.0.1", "2001:db8::1", "10.0.0.1");
    start(Map.of("addrs", "api.test:8080 3"));
    assertThat(listener.heard()).as("answers before the look-up").isZero();
    context.runReady();
    assertThat(listener.last())
        .extracting(Backend::toString)
        .containsExactly("10.0.0.1:8080 3", "[2001:db8::1]:8080 3");
  }

  @Test
  void ipv4OnlyLeavesOutTheIpv6AddressesOfNames() {
    resolver.with("api.test", "2001:db8::1", "10.0.0.1").with("six.test", "2001:db8::2");
    start(Map.of("addrs", List.of("api.test", "six.test"), "ipv4_only", true));
    context.runReady();
    assertThat(listener.last()).extracting(Backend::toString).containsExactly("10.0.0.1:80 1");
    assertThat(listener.failures())
        .singleElement()
        .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.THROWABLE)
        .hasMessage("host \"six.test\" has IPv6 addresses only, and ipv4_only is true");
  }

  @Test
  void aNameThatCannotBeResolvedIsNamedAndTheOthersAreUsed() {
    resolver.with("api.test", "10.0.0.2");
    start(Map.of("addrs", List.of("10.0.0.1", "missing.test", "api.test")));
    context.runReady();
    assertThat(listener.last())
        .extracting(Backend::toString)
        .containsExactly("10.0.0.1:80 1", "10.0.0.2:80 1");
    assertThat(listener.failures())
        .extracting(Exception::getMessage)
        .containsExactly("host \"missing.test\" cannot be resolved: Name or service not known");
  }

  @Test
  void aNameThatFailsLaterKeepsItsAddressesWhileAnotherChanges() {
    resolver.with("a.test", "10.0.0.1").with("b.test", "10.0.0.2");
    Discovery.Subscription subscription = start(Map.of("addrs", List.of("a.test", "b.test")));
    context.runReady();
    resolver.without("a.test").with("b.test", "10.0.0.3");
    subscription.refresh();
    context.runReady();
    assertThat(listener.last())
        .extracting(Backend::toString)
        .containsExactly("10.0.0.1:80 1", "10.0.0.3:80 1");
    assertThat(listener.failures()).hasSize(1);
  }

  @Test
  void nothingIsAnsweredWhenNoNameCanBeResolved() {
    start(Map.of("addrs", List.of("a.test", "b.test")));
    context.runReady();
    assertThat(listener.found()).isEmpty();
    assertThat(listener.failures()).hasSize(2);
  }

  @Test
  void aNameIsTriedAgainLaterAndLaterWithoutEnd() {
    start(Map.of("addrs", "a.test"));
    context.advance(Duration.ofSeconds(8));
    // At 0 s, and then after pauses of at most 1, 2 and 4 s.
    assertThat(resolver.asked()).hasSizeBetween(4, 5);
    context.advance(Duration.ofHours(2));
    int before = resolver.asked().size();
    assertThat(before).isBetween(120, 150);
    resolver.with("a.test", "10.0.0.1");
    context.advance(Duration.ofMinutes(1));
    assertThat(listener.last()).extracting(Backend::toString).containsExactly("10.0.0.1:80 1");
    assertThat(context.scheduler().pending()).as("timers after the success").isZero();
  }

  @Test
  void namesAreLookedUpAgainAtTheUpdateFrequency() {
    resolver.with("a.test", "10.0.0.1");
    start(Map.of("addrs", "a.test", "update_frequency", "1m"));
    context.runReady();
    resolver.with("a.test", "10.0.0.2");
    context.advance(Duration.ofSeconds(50));
    assertThat(resolver.asked()).hasSize(1);
    context.advance(Duration.ofSeconds(11));
    assertThat(listener.last()).extracting(Backend::toString).containsExactly("10.0.0.2:80 1");
    context.advance(Duration.ofMinutes(1));
    assertThat(resolver.asked()).hasSize(3);
  }

  @Test
  void aFailureDoesNotEndTheUpdates() {
    resolver.with("a.test", "10.0.0.1");
    start(Map.of("addrs", "a.test", "update_frequency", "10s"));
    context.runReady();
    resolver.without("a.test");
    context.advance(Duration.ofMinutes(5));
    resolver.with("a.test", "10.0.0.2");
    context.advance(Duration.ofSeconds(10));
    assertThat(listener.last()).extracting(Backend::toString).containsExactly("10.0.0.2:80 1");
  }

  @Test
  void aRefreshDuringALookUpIsAnsweredByOneMore() {
    resolver.with("a.test", "10.0.0.1");
    Discovery.Subscription subscription = start(Map.of("addrs", "a.test"));
    context.scheduler().runReady();
    subscription.refresh();
    subscription.refresh();
    context.runReady();
    assertThat(resolver.asked()).hasSize(2);
  }

  @Test
  void twoNamesOfOneServerAreOneBackend() {
    resolver.with("a.test", "10.0.0.1").with("b.test", "10.0.0.1");
    start(Map.of("addrs", List.of("a.test 2", "b.test 3")));
    context.runReady();
    assertThat(listener.last()).extracting(Backend::toString).containsExactly("10.0.0.1:80 2");
  }

  @Test
  void addressesThatNoBackendHasAreNotTakenFromNames() {
    resolver.with("local.test", "127.0.0.1", "fe80::1").with("sink.test", "0.0.0.0");
    start(Map.of("addrs", List.of("local.test", "sink.test")));
    context.runReady();
    assertThat(listener.last()).extracting(Backend::toString).containsExactly("127.0.0.1:80 1");
    assertThat(listener.failures())
        .extracting(Exception::getMessage)
        .containsExactly(
            "host \"sink.test\" has the address 0.0.0.0, the unspecified address, which no backend"
                + " can have");
  }

  @Test
  void aResolverThatThrowsSomethingElseIsAFailureToo() {
    StaticProvider provider = new StaticProvider();
    Options options = Options.of(provider.options(), Node.Mapping.of(Map.of("addrs", "a.test")));
    Resolver broken =
        host -> {
          throw new SecurityException("not allowed to resolve " + host);
        };
    provider.create(options, context, broken).start(listener);
    context.runReady();
    assertThat(listener.failures())
        .extracting(Exception::getMessage)
        .containsExactly("not allowed to resolve a.test");
    assertThat(context.scheduler().pending()).as("timer of the next try").isEqualTo(1);
  }

  @Test
  void aNameOfThisHostIsResolvedByTheSystem() {
    StaticProvider provider = new StaticProvider();
    Map<String, ?> values = Map.of("addrs", "localhost:8080", "ipv4_only", true);
    Options options = Options.of(provider.options(), Node.Mapping.of(values));
    provider.create(options, context).start(listener);
    context.runReady();
    assertThat(listener.last()).extracting(Backend::toString).containsExactly("127.0.0.1:8080 1");
  }

  @Test
  void theDefaultPortMakesTwoEntriesTheSame() {
    assertThatThrownBy(() -> start(Map.of("addrs", List.of("a.test", "A.test:80"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"a.test\" and \"A.test:80\" are the same backend");
  }

  @Test
  void anIpv6AddressContradictsIpv4Only() {
    assertThatThrownBy(() -> start(Map.of("addrs", List.of("[::1]:80"), "ipv4_only", true)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"[::1]:80\" is an IPv6 address, but ipv4_only is true");
  }

  private Discovery.Subscription start(Map<String, ?> values) {
    return discovery(values, context).start(listener);
  }

  private Discovery discovery(Map<String, ?> values, FakePluginContext surroundings) {
    StaticProvider provider = new StaticProvider();
    Options options = Options.of(provider.options(), Node.Mapping.of(values));
    return provider.create(options, surroundings, resolver);
  }
}
