package io.upstream4j.discovery.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.testkit.RecordingListener;
import io.upstream4j.testserver.Named;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xbill.DNS.Type;

/** Tests against BIND, in real time. */
class NamedTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir Path folder;
  private final RealContext context = new RealContext();
  private final RecordingListener listener = new RecordingListener();
  private final Wire wire = new Wire();

  @AfterEach
  void close() {
    wire.close();
    context.close();
  }

  private Discovery.Subscription start(Named named, Map<String, ?> options) {
    Map<String, Object> all = new HashMap<>(options);
    all.putIfAbsent("dns_server", "127.0.0.1:" + named.port());
    all.putIfAbsent("timeout", "200ms");
    DnsProvider provider = new DnsProvider();
    return provider
        .create(
            Options.of(provider.options(), Node.Mapping.of(all)),
            context,
            folder.resolve("no-resolv.conf"),
            folder.resolve("no-hosts"))
        .start(listener);
  }

  private ServerQueries queries(Named named) {
    return queries(List.of(named.address()));
  }

  private ServerQueries queries(List<InetSocketAddress> servers) {
    return new ServerQueries(wire, servers, Duration.ofSeconds(5), 2, new Favourite());
  }

  private boolean is(String... backends) {
    return !listener.found().isEmpty()
        && listener.last().stream().map(Backend::toString).toList().equals(List.of(backends));
  }

  @Test
  void aChangedRecordIsFollowedWithinItsTimeToLiveAndASecond() throws IOException {
    try (Named named = Named.start(folder, "api 2 IN A 10.0.0.1");
        Discovery.Subscription subscription = start(named, Map.of("name", "api.test:8080"))) {
      assertThat(subscription).isNotNull();
      listener.await("the first answer", LIMIT, () -> is("10.0.0.1:8080 1"));
      named.serve("api 2 IN A 10.0.0.2\napi 2 IN A 10.0.0.3");
      long changed = System.nanoTime();
      listener.await("the change", LIMIT, () -> is("10.0.0.2:8080 1", "10.0.0.3:8080 1"));
      Duration took = Duration.ofNanos(System.nanoTime() - changed);
      System.out.println("a change of a record with a TTL of 2 s was followed after " + took);
      assertThat(took).isLessThan(Duration.ofSeconds(3));
      assertThat(listener.failures()).isEmpty();
    }
  }

  @Test
  void aServerThatIsAwayTakesNothingAndIsHeardWhenItReturns() throws IOException {
    try (Named named = Named.start(folder, "api 1 IN A 10.0.0.1");
        Discovery.Subscription subscription = start(named, Map.of("name", "api.test"))) {
      assertThat(subscription).isNotNull();
      listener.await("the first answer", LIMIT, () -> is("10.0.0.1:80 1"));
      named.stop();
      int told = listener.found().size();
      listener.await("three failures", LIMIT, () -> listener.failures().size() >= 3);
      assertThat(listener.failures().get(0))
          .hasMessage(
              "cannot look up A of api.test: 127.0.0.1:"
                  + named.port()
                  + ": nothing listens there");
      assertThat(listener.found().size()).isLessThanOrEqualTo(told + 1);
      assertThat(is("10.0.0.1:80 1")).isTrue();
      named.startAgain("api 1 IN A 10.0.0.9");
      listener.await("the other answer", LIMIT, () -> is("10.0.0.9:80 1"));
    }
  }

  @Test
  void aServiceHasTiersAndWeights() throws IOException {
    String zone =
        """
        _http._tcp.s 5 IN SRV 10 10 8081 a
        _http._tcp.s 5 IN SRV 10 30 8082 b
        _http._tcp.s 5 IN SRV 10 0 8083 c
        _http._tcp.s 5 IN SRV 20 7 8084 d
        a 5 IN A 10.0.0.1
        b 5 IN A 10.0.0.2
        c 5 IN A 10.0.0.3
        d 5 IN A 10.0.0.4
        d 5 IN AAAA 2001:db8::4
        """;
    try (Named named = Named.start(folder, zone);
        Discovery.Subscription subscription = start(named, Map.of("name", "_http._tcp.s.test"))) {
      assertThat(subscription).isNotNull();
      listener.await(
          "the service",
          LIMIT,
          () ->
              is(
                  "10.0.0.1:8081 10",
                  "10.0.0.2:8082 30",
                  "10.0.0.3:8083 0",
                  "10.0.0.4:8084 7",
                  "[2001:db8::4]:8084 7"));
      assertThat(listener.last())
          .extracting(backend -> backend.attributes().find(Attributes.PRIORITY).orElseThrow())
          .containsExactly(10, 10, 10, 20, 20);
    }
  }

  @Test
  void aThousandAddressesComeOverTcp() throws IOException {
    String zone =
        IntStream.range(0, 1000)
            .mapToObj(i -> "many 30 IN A 10.1." + i / 250 + "." + (i % 250 + 1))
            .collect(Collectors.joining("\n"));
    try (Named named = Named.start(folder, zone);
        Discovery.Subscription subscription = start(named, Map.of("name", "many.test"))) {
      assertThat(subscription).isNotNull();
      listener.await("an answer", LIMIT, () -> !listener.found().isEmpty());
      assertThat(listener.last()).hasSize(1000).doesNotHaveDuplicates();
      assertThat(listener.failures()).isEmpty();
    }
  }

  @Test
  void timesToLiveOfNothingAndOfSixtyEightYearsAreRead() throws IOException {
    String zone = "zero 0 IN A 10.0.0.1\never 2147483647 IN A 10.0.0.1";
    try (Named named = Named.start(folder, zone)) {
      assertThat(queries(named).resolve(FakeNames.name("zero.test"), Type.A).ttlSeconds()).isZero();
      assertThat(queries(named).resolve(FakeNames.name("ever.test"), Type.A).ttlSeconds())
          .isEqualTo(2147483647L);
    }
  }

  @Test
  void aliasesAreFollowedAndTheirTimesToLiveCount() throws IOException {
    String zone = "www 3 IN CNAME web\nweb 30 IN CNAME host\nhost 30 IN A 10.0.0.1";
    try (Named named = Named.start(folder, zone)) {
      Answer answer = queries(named).resolve(FakeNames.name("www.test"), Type.A);
      assertThat(answer.records()).hasSize(1);
      assertThat(answer.ttlSeconds()).isEqualTo(3);
      assertThat(queries(named).resolve(FakeNames.name("www.test"), Type.AAAA).kind())
          .isEqualTo(Answer.Kind.NO_DATA);
    }
  }

  @Test
  void aliasesInACircleAreAFailureThatTakesNothingAway() throws IOException {
    String circle = "\nx IN CNAME y\ny IN CNAME x";
    try (Named named = Named.start(folder, "api 1 IN A 10.0.0.1" + circle);
        Discovery.Subscription subscription = start(named, Map.of("name", "api.test"))) {
      assertThat(subscription).isNotNull();
      listener.await("the first answer", LIMIT, () -> is("10.0.0.1:80 1"));
      named.serve("api 1 IN CNAME x" + circle);
      listener.await("a failure", LIMIT, () -> !listener.failures().isEmpty());
      assertThat(is("10.0.0.1:80 1")).isTrue();
      named.serve("api 1 IN A 10.0.0.2" + circle);
      listener.await("the mended answer", LIMIT, () -> is("10.0.0.2:80 1"));
    }
  }

  @Test
  void noSuchNameAndNoSuchRecordAreToldApart() throws IOException {
    try (Named named = Named.start(folder, "api IN A 10.0.0.1")) {
      Answer noName = queries(named).resolve(FakeNames.name("nobody.test"), Type.A);
      assertThat(noName).isEqualTo(Answer.empty(Answer.Kind.NO_NAME, 2));
      Answer noData = queries(named).resolve(FakeNames.name("api.test"), Type.AAAA);
      assertThat(noData).isEqualTo(Answer.empty(Answer.Kind.NO_DATA, 2));
    }
  }

  @Test
  void aServerThatRefusesIsPassedOver() throws IOException {
    Path lame = folder.resolve("lame");
    Path good = folder.resolve("good");
    assertThat(lame.toFile().mkdir() && good.toFile().mkdir()).isTrue();
    try (Named refusing = Named.start(lame, "other", "");
        Named named = Named.start(good, "api IN A 10.0.0.1")) {
      assertThatThrownBy(() -> queries(refusing).resolve(FakeNames.name("api.test"), Type.A))
          .hasMessageEndingWith("answered REFUSED");
      Answer answer =
          queries(List.of(refusing.address(), named.address()))
              .resolve(FakeNames.name("api.test"), Type.A);
      assertThat(answer.records()).hasSize(1);
    }
  }

  @Test
  void aDomainIsTriedBehindANameThatIsNotComplete() throws IOException {
    try (Named named = Named.start(folder, "api.prod IN A 10.0.0.1");
        Discovery.Subscription subscription =
            start(
                named,
                Map.of("addrs", "api", "dns_domain", "dev.test", "dns_search", "prod.test"))) {
      assertThat(subscription).isNotNull();
      listener.await("the answer", LIMIT, () -> is("10.0.0.1:80 1"));
    }
  }
}
