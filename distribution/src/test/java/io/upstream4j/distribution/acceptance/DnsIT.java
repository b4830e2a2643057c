package io.upstream4j.distribution.acceptance;

import static io.upstream4j.distribution.acceptance.Waiting.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.upstream4j.testserver.Named;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the linked image under load while the answers of a real name server change. */
class DnsIT {
  private static final String ECHO_PORT = "location / { return 200 $server_port; }";

  /** Can be extended for manual tests with {@code -Dupstream4j.outage=PT1M}. */
  private static final Duration OUTAGE =
      Duration.parse(System.getProperty("upstream4j.outage", "PT6S"));

  @TempDir Path folder;

  @BeforeAll
  static void nginxIsThere() {
    Nginx.assumeInstalled();
  }

  private Nginx nginx(String name) throws IOException, InterruptedException {
    return Nginx.start(folder.resolve(name), ECHO_PORT);
  }

  private Named named(String... records) throws IOException {
    Path own = folder.resolve("named");
    own.toFile().mkdir();
    return Named.start(own, String.join("\n", records));
  }

  private static String record(int priority, int weight, Nginx nginx) {
    return "_http._tcp.s 2 IN SRV " + priority + " " + weight + " " + nginx.port() + " ns";
  }

  private Image serve(Named named) throws IOException, InterruptedException {
    return Image.serve(
        folder,
        """
        upstreams:
          s:
            discovery:
              dns: { name: _http._tcp.s.test, dns_server: "127.0.0.1:%d", timeout: 500ms }
            health_check: tcp://s?check_frequency=1s
        """
            .formatted(named.port()),
        "");
  }

  @Test
  void aChangedRecordIsFollowedWithinItsTimeToLiveAndASecondWithoutAFailure() throws Exception {
    try (Nginx old = nginx("old");
        Nginx fresh = nginx("fresh");
        Named named = named(record(0, 1, old));
        Image image = serve(named);
        Load load = Load.start(image.gateway(), 4)) {
      until(() -> load.answers(old.port()) > 200);

      named.serve(record(0, 1, fresh));
      long changed = System.nanoTime();
      until(() -> load.answers(fresh.port()) > 0);
      Duration took = Duration.ofNanos(System.nanoTime() - changed);
      System.out.println("traffic followed a record with a TTL of 2 s after " + took);
      assertThat(took).isLessThan(Duration.ofSeconds(3));

      // Four clients may have had a request in progress each; after those, there are no more.
      long seen = load.answers(fresh.port());
      until(() -> load.answers(fresh.port()) > seen + 100);
      long last = load.answers(old.port());
      until(() -> load.answers(fresh.port()) > seen + 2_000);
      assertThat(load.answers(old.port())).isEqualTo(last);
      load.stop();
      assertThat(load.failures()).isEmpty();
    }
  }

  @Test
  void anOutageOfTheNameServerCostsNoRequestAndItsNextAnswerIsFollowed() throws Exception {
    try (Nginx old = nginx("old");
        Nginx fresh = nginx("fresh");
        Named named = named(record(0, 1, old));
        Image image = serve(named);
        Load load = Load.start(image.gateway(), 4)) {
      until(() -> load.answers(old.port()) > 200);

      named.stop();
      long end = System.nanoTime() + OUTAGE.toNanos();
      until(() -> System.nanoTime() - end > 0, OUTAGE);
      long during = load.answers(old.port());
      until(() -> load.answers(old.port()) > during + 200);
      assertThat(image.output()).contains("upstream=s discovery failed: ");

      named.startAgain(record(0, 1, fresh));
      long back = System.nanoTime();
      until(() -> load.answers(fresh.port()) > 0);
      Duration took = Duration.ofNanos(System.nanoTime() - back);
      System.out.println("after an outage of " + OUTAGE + " the answer was followed after " + took);
      assertThat(image.output()).contains("upstream=s discovery works again");
      load.stop();
      assertThat(load.failures()).isEmpty();
    }
  }

  @Test
  void aServicesWeightsAndPrioritiesAreObeyedAndItsSecondTierTakesOver() throws Exception {
    try (Nginx ten = nginx("ten");
        Nginx thirty = nginx("thirty");
        Nginx none = nginx("none");
        Nginx spare = nginx("spare");
        Named named =
            named(
                record(1, 10, ten),
                record(1, 30, thirty),
                record(1, 0, none),
                record(2, 5, spare));
        Image image = serve(named);
        Load load = Load.start(image.gateway(), 4)) {
      until(() -> load.answers(ten.port()) > 500 && load.answers(thirty.port()) > 1_500);
      double all = load.answers(ten.port()) + load.answers(thirty.port());
      assertThat(load.answers(ten.port()) / all).isCloseTo(0.25, within(0.02));
      assertThat(load.answers(none.port())).isZero();
      assertThat(load.answers(spare.port())).isZero();

      ten.kill();
      thirty.kill();
      until(() -> load.answers(spare.port()) > 500);
      load.stop();
      assertThat(load.failures()).isEmpty();
    }
  }
}
