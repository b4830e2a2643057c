package io.upstream4j.discovery.dns;

import static io.upstream4j.discovery.dns.FakeNames.a;
import static io.upstream4j.discovery.dns.FakeNames.aaaa;
import static io.upstream4j.discovery.dns.FakeNames.srv;
import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.testkit.FakePluginContext;
import io.upstream4j.testkit.RecordingListener;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.Record;
import org.xbill.DNS.Type;

/** Tests the reports of a watch with a fake clock. */
class DnsWatchTest {
  private final FakeNames names = new FakeNames();
  private final FakePluginContext context = new FakePluginContext();
  private final RecordingListener listener = new RecordingListener();

  private Discovery.Subscription start(Map<String, ?> options) {
    DnsProvider provider = new DnsProvider();
    Options read = Options.of(provider.options(), Node.Mapping.of(options));
    Discovery.Subscription subscription =
        provider.create(read, context, () -> names).start(listener);
    context.runReady();
    return subscription;
  }

  private List<String> last() {
    return listener.last().stream().map(Backend::toString).toList();
  }

  private Duration untilAskedAgain() {
    int asked = names.asked().size();
    long begin = context.scheduler().nanoTime();
    while (names.asked().size() == asked) {
      assertThat(context.scheduler().pending()).as("timers").isPositive();
      context.advance(Duration.ofMillis(10));
    }
    return Duration.ofNanos(context.scheduler().nanoTime() - begin);
  }

  @Test
  void everyAddressOfEveryNameIsABackendWithItsNamesPortAndWeight() {
    names.withHost("one.test", 30, "10.0.0.2", "10.0.0.1").withHost("two.test", 30, "10.0.1.1");
    start(Map.of("addrs", List.of("one.test:8080 5", "two.test", "10.9.9.9:81 2")));
    assertThat(last())
        .containsExactly("10.0.0.1:8080 5", "10.0.0.2:8080 5", "10.0.1.1:80 1", "10.9.9.9:81 2");
    assertThat(listener.last().get(0).attributes().find(Attributes.SERVER))
        .contains("one.test:8080");
    assertThat(listener.last().get(2).attributes().find(Attributes.SERVER)).contains("two.test");
  }

  @Test
  void theBackendsOfAServiceNameAreServersOfTheirOwn() {
    names.withHost("one.test", 30, "10.0.0.1", "10.0.0.2");
    start(Map.of("name", "one.test:8080 3"));
    assertThat(last()).containsExactly("10.0.0.1:8080 3", "10.0.0.2:8080 3");
    assertThat(listener.last().get(0).attributes().find(Attributes.SERVER)).isEmpty();
  }

  @Test
  void addressesOfBothKindsAreTakenUnlessIpv4Only() {
    names.with(a("one.test", "10.0.0.1", 30)).with(aaaa("one.test", "2001:db8::1", 30));
    start(Map.of("name", "one.test"));
    assertThat(last()).containsExactly("10.0.0.1:80 1", "[2001:db8::1]:80 1");
    start(Map.of("name", "one.test", "ipv4_only", true));
    assertThat(last()).containsExactly("10.0.0.1:80 1");
    start(Map.of("name", "one.test", "record", "aaaa"));
    assertThat(last()).containsExactly("[2001:db8::1]:80 1");
    assertThat(names.asked())
        .containsExactly("A one.test", "AAAA one.test", "A one.test", "AAAA one.test");
  }

  @Test
  void anAddressIsAskedForAgainWithinItsTimeToLiveWhateverHappens() {
    names.withHost("one.test", 40, "10.0.0.1");
    start(Map.of("name", "one.test"));
    for (int i = 0; i < 20; i++) {
      assertThat(untilAskedAgain()).isBetween(Duration.ofSeconds(38), Duration.ofSeconds(41));
    }
  }

  @Test
  void theLeastTimeToLiveIsASecond() {
    names.withHost("zero.test", 0, "10.0.0.1");
    start(Map.of("name", "zero.test"));
    assertThat(untilAskedAgain()).isBetween(Duration.ofSeconds(1), Duration.ofMillis(1070));
  }

  @Test
  void theGreatestTimeToLiveIsFiveMinutes() {
    names.withHost("ever.test", 0x7fffffffL, "10.0.0.1");
    start(Map.of("name", "ever.test"));
    assertThat(untilAskedAgain()).isBetween(Duration.ofSeconds(285), Duration.ofSeconds(301));
  }

  @Test
  void updateFrequencyIsAnUpperBound() {
    names.withHost("ever.test", 3600, "10.0.0.1");
    start(Map.of("name", "ever.test", "update_frequency", "7s"));
    assertThat(untilAskedAgain()).isBetween(Duration.ofMillis(6900), Duration.ofMillis(7010));
  }

  @Test
  void theShortestTimeToLiveOfAllRecordsCounts() {
    names.with(a("one.test", "10.0.0.1", 300), a("one.test", "10.0.0.2", 20));
    names.with(aaaa("one.test", "2001:db8::1", 300));
    start(Map.of("name", "one.test"));
    assertThat(untilAskedAgain()).isBetween(Duration.ofSeconds(19), Duration.ofSeconds(21));
  }

  @Test
  void aFailureKeepsWhatIsKnownAndIsRetriedWithGrowingPausesForEver() {
    names.withHost("one.test", 1, "10.0.0.1");
    start(Map.of("name", "one.test"));
    names.reachable(false);
    context.advance(Duration.ofMillis(1100));
    assertThat(listener.failures()).hasSize(1);
    List<Duration> pauses = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      pauses.add(untilAskedAgain());
    }
    long[] least = {800, 1600, 3200, 6400, 12800, 25600, 25600, 25600, 25600};
    for (int i = 0; i < least.length; i++) {
      assertThat(pauses.get(i).toMillis()).isBetween(least[i] - 20, least[i] * 5 / 4 + 20);
    }
    assertThat(listener.failures()).hasSize(10);
    assertThat(last()).containsExactly("10.0.0.1:80 1");
    names.reachable(true).withHost("one.test", 1, "10.0.0.2");
    context.advance(Duration.ofSeconds(33));
    assertThat(last()).containsExactly("10.0.0.2:80 1");
  }

  @Test
  void maxStaleBoundsHowLongAnAnswerIsUsed() {
    names.withHost("one.test", 10, "10.0.0.1");
    start(Map.of("name", "one.test", "max_stale", "60s"));
    names.reachable(false);
    context.advance(Duration.ofMillis(59_900));
    assertThat(last()).containsExactly("10.0.0.1:80 1");
    context.advance(Duration.ofMillis(200));
    assertThat(last()).isEmpty();
    assertThat(listener.failures().get(listener.failures().size() - 1))
        .hasMessageContaining("its backend is given up, max_stale after the last good answer");
    names.reachable(true);
    context.advance(Duration.ofSeconds(33));
    assertThat(last()).containsExactly("10.0.0.1:80 1");
  }

  @Test
  void withoutMaxStaleALastGoodAnswerIsUsedForEver() {
    names.withHost("one.test", 10, "10.0.0.1");
    start(Map.of("name", "one.test"));
    names.reachable(false);
    context.advance(Duration.ofDays(1));
    assertThat(last()).containsExactly("10.0.0.1:80 1");
    assertThat(listener.found()).hasSize(1);
  }

  @Test
  void anEmptyAnswerKeepsTheBackendsAndIsToldApartFromAFailure() {
    names.withHost("one.test", 10, "10.0.0.1");
    start(Map.of("name", "one.test"));
    names.without("one.test", Type.A, Answer.Kind.NO_NAME, 5);
    context.advance(Duration.ofSeconds(11));
    assertThat(last()).containsExactly("10.0.0.1:80 1");
    assertThat(listener.failures().get(0))
        .isInstanceOf(EmptyAnswerException.class)
        .hasMessage("host \"one.test\" does not exist");
    names.without("one.test", Type.A, Answer.Kind.NO_DATA, 5);
    context.advance(Duration.ofSeconds(6));
    assertThat(listener.failures().get(listener.failures().size() - 1))
        .hasMessage("host \"one.test\" has no address");
    assertThat(untilAskedAgain()).isLessThan(Duration.ofSeconds(6)); // answered, so no back-off
    assertThat(listener.found()).hasSize(1);
  }

  @Test
  void anEmptyAnswerDrainsTheBackendsWhenToldTo() {
    names.withHost("one.test", 10, "10.0.0.1");
    start(Map.of("name", "one.test", "on_empty", "drain"));
    names.without("one.test", Type.A, Answer.Kind.NO_NAME, 5);
    context.advance(Duration.ofSeconds(11));
    assertThat(last()).isEmpty();
    assertThat(listener.failures()).isEmpty();
  }

  @Test
  void aTimeOutDoesNotDrain() {
    names.withHost("one.test", 10, "10.0.0.1");
    start(Map.of("name", "one.test", "on_empty", "drain"));
    names.reachable(false);
    context.advance(Duration.ofHours(1));
    assertThat(last()).containsExactly("10.0.0.1:80 1");
  }

  @Test
  void aNameThatFailsDoesNotHarmTheOthers() {
    names.withHost("one.test", 10, "10.0.0.1").withHost("two.test", 10, "10.0.1.1");
    start(Map.of("addrs", List.of("one.test", "two.test", "three.test")));
    assertThat(last()).containsExactly("10.0.0.1:80 1", "10.0.1.1:80 1");
    names.failing("one.test", Type.A, new IOException("SERVFAIL"));
    names.failing("one.test", Type.AAAA, new IOException("SERVFAIL"));
    names.withHost("two.test", 10, "10.0.1.2");
    context.advance(Duration.ofSeconds(11));
    assertThat(last()).containsExactly("10.0.0.1:80 1", "10.0.1.2:80 1");
  }

  @Test
  void oneKindOfAddressesThatCannotBeLookedUpKeepsItsLast() {
    names.with(a("one.test", "10.0.0.1", 10)).with(aaaa("one.test", "2001:db8::1", 10));
    start(Map.of("name", "one.test"));
    names.failing("one.test", Type.AAAA, new IOException("SERVFAIL for AAAA"));
    names.with(a("one.test", "10.0.0.2", 10));
    context.advance(Duration.ofSeconds(11));
    assertThat(last()).containsExactly("10.0.0.2:80 1", "[2001:db8::1]:80 1");
    assertThat(listener.failures().get(0)).hasMessage("SERVFAIL for AAAA");
  }

  @Test
  void oneKindOfAddressesThatCouldNeverBeLookedUpIsNoFailureBesideTheOther() {
    names.with(a("one.test", "10.0.0.1", 10));
    names.failing("one.test", Type.AAAA, new IOException("SERVFAIL for AAAA"));
    start(Map.of("name", "one.test"));
    assertThat(last()).containsExactly("10.0.0.1:80 1");
    for (int i = 2; i < 10; i++) {
      names.with(a("one.test", "10.0.0." + i, 10));
      context.advance(Duration.ofSeconds(11));
      assertThat(last()).containsExactly("10.0.0." + i + ":80 1");
    }
    assertThat(listener.failures()).isEmpty();

    names.with(aaaa("one.test", "2001:db8::1", 10));
    context.advance(Duration.ofSeconds(11));
    assertThat(last()).containsExactly("10.0.0.9:80 1", "[2001:db8::1]:80 1");
  }

  @Test
  void aChangeWhileOneNameFailsIsAnAnswerButNoRecovery() {
    names.withHost("one.test", 5, "10.0.0.1").withHost("two.test", 5, "10.0.1.1");
    start(Map.of("addrs", List.of("one.test", "two.test")));
    names.failing("one.test", Type.A, new IOException("SERVFAIL"));
    context.advance(Duration.ofSeconds(10));
    for (int i = 2; i < 10; i++) {
      names.withHost("two.test", 5, "10.0.1." + i);
      context.advance(Duration.ofSeconds(10));
      assertThat(last()).containsExactly("10.0.0.1:80 1", "10.0.1." + i + ":80 1");
      assertThat(listener.isTroubled()).as("the last it heard is the failure").isTrue();
    }
  }

  @Test
  void whileOneNameFailsAnEqualAnswerOfAnotherIsNoRecovery() {
    names.withHost("one.test", 5, "10.0.0.1").withHost("two.test", 5, "10.0.1.1");
    start(Map.of("addrs", List.of("one.test", "two.test")));
    names.failing("one.test", Type.A, new IOException("SERVFAIL"));
    context.advance(Duration.ofMinutes(1));
    int told = listener.found().size();
    context.advance(Duration.ofMinutes(5));
    assertThat(listener.found()).hasSize(told);
    names.withHost("one.test", 5, "10.0.0.1");
    context.advance(Duration.ofMinutes(1));
    assertThat(listener.found().size()).isGreaterThan(told);
  }

  @Test
  void aServiceHasTargetsPortsPrioritiesAndWeights() {
    names
        .with(
            srv("_http._tcp.s.test", 30, 20, 1, 8083, "c.test"),
            srv("_http._tcp.s.test", 30, 10, 30, 8082, "b.test"),
            srv("_http._tcp.s.test", 30, 10, 0, 8084, "d.test"),
            srv("_http._tcp.s.test", 30, 10, 10, 8081, "a.test"))
        .withHost("a.test", 30, "10.0.0.1")
        .withHost("b.test", 30, "10.0.0.2")
        .withHost("c.test", 30, "10.0.0.3")
        .withHost("d.test", 30, "10.0.0.4");
    start(Map.of("name", "_http._tcp.s.test"));
    assertThat(last())
        .containsExactly(
            "10.0.0.1:8081 10", "10.0.0.2:8082 30", "10.0.0.4:8084 0", "10.0.0.3:8083 1");
    assertThat(listener.last())
        .extracting(backend -> backend.attributes().find(Attributes.PRIORITY).orElseThrow())
        .containsExactly(10, 10, 10, 20);
  }

  @Test
  void targetsAreTakenFromTheAdditionalSectionAndOnlyWhatIsMissingIsLookedUp() {
    names.with(
        List.of(srv("_http._tcp.s.test", 30, 1, 1, 81, "a.test")),
        List.of(a("a.test", "10.0.0.1", 30)));
    names.without("a.test", Type.AAAA, Answer.Kind.NO_DATA, 300);
    start(Map.of("name", "_http._tcp.s.test"));
    assertThat(last()).containsExactly("10.0.0.1:81 1");
    assertThat(names.asked()).containsExactly("SRV _http._tcp.s.test", "AAAA a.test");
    context.advance(Duration.ofSeconds(31));
    assertThat(names.asked()).hasSize(3).endsWith("SRV _http._tcp.s.test");
  }

  @Test
  void aTargetThatCannotBeLookedUpKeepsItsAddresses() {
    names
        .with(
            srv("_http._tcp.s.test", 10, 1, 1, 81, "a.test"),
            srv("_http._tcp.s.test", 10, 1, 1, 82, "b.test"))
        .withHost("a.test", 10, "10.0.0.1")
        .withHost("b.test", 10, "10.0.0.2");
    start(Map.of("name", "_http._tcp.s.test"));
    names.failing("a.test", Type.A, new IOException("SERVFAIL for a"));
    names.failing("a.test", Type.AAAA, new IOException("SERVFAIL for a"));
    names.withHost("b.test", 10, "10.0.0.3");
    context.advance(Duration.ofSeconds(11));
    assertThat(last()).containsExactly("10.0.0.1:81 1", "10.0.0.3:82 1");
  }

  @Test
  void whenNoServerAnswersTheTargetsAreNotAskedForOneByOne() {
    List<Record> records = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      records.add(srv("_http._tcp.s.test", 10, 1, 1, 81, "t" + i + ".test"));
      names.withHost("t" + i + ".test", 10, "10.0.0." + (i + 1));
    }
    names.with(records, List.of());
    start(Map.of("name", "_http._tcp.s.test"));
    assertThat(last()).hasSize(100);
    names.reachable(false);
    int asked = names.asked().size();
    context.advance(Duration.ofMillis(10_500));
    assertThat(names.asked().size() - asked).isEqualTo(1);
    assertThat(last()).hasSize(100);
  }

  @Test
  void aServiceThatIsDecidedlyNotThereIsEmpty() {
    names.with(
        srv("_http._tcp.s.test", 10, 0, 0, 0, "").withName(FakeNames.name("_http._tcp.s.test")));
    start(Map.of("name", "_http._tcp.s.test", "on_empty", "drain"));
    assertThat(last()).isEmpty();
  }

  @Test
  void theHostsFileComesFirst() {
    names.withHost("one.test", 10, "10.0.0.1").withHosts("one.test", "10.1.1.1", "2001:db8::1");
    start(Map.of("name", "one.test"));
    assertThat(last()).containsExactly("10.1.1.1:80 1", "[2001:db8::1]:80 1");
    assertThat(names.asked()).isEmpty();
  }

  @Test
  void addressesThatNoBackendHasAreRefused() {
    names.withHost("one.test", 10, "0.0.0.0");
    start(Map.of("name", "one.test"));
    assertThat(listener.found()).isEmpty();
    assertThat(listener.failures().get(0))
        .hasMessage("host \"one.test\" has the address 0.0.0.0, which no backend can have");
  }

  @Test
  void aRotatedAnswerIsTheSameAnswer() {
    names.withHost("one.test", 10, "10.0.0.1", "10.0.0.2", "10.0.0.2");
    start(Map.of("name", "one.test"));
    List<String> before = last();
    names.withHost("one.test", 10, "10.0.0.2", "10.0.0.1");
    context.advance(Duration.ofSeconds(11));
    assertThat(listener.found()).hasSize(2);
    assertThat(last()).isEqualTo(before);
  }

  @Test
  void manyUpstreamsSpreadTheirQuestions() {
    Map<Long, Integer> moments = new HashMap<>();
    names.withHost("one.test", 100, "10.0.0.1");
    Pace pace =
        new Pace(
            Duration.ofSeconds(1),
            Duration.ofMinutes(5),
            null,
            () -> ThreadLocalRandom.current().nextDouble());
    for (int i = 0; i < 1000; i++) {
      long millis = pace.afterAnswer(Duration.ofSeconds(100)).toMillis();
      assertThat(millis).isBetween(95_000L, 100_000L);
      moments.merge(millis / 1000, 1, Integer::sum);
    }
    assertThat(moments).hasSizeGreaterThanOrEqualTo(5);
  }
}
