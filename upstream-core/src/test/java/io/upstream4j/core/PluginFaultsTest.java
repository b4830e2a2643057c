package io.upstream4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.api.option.ConfigException;
import io.upstream4j.core.event.UpstreamEvent;
import io.upstream4j.core.event.UpstreamEvent.PluginFailed;
import io.upstream4j.testjar.PluginJar;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Plug-ins of a folder that throw or do not return: they harm their own upstream at most. */
@Timeout(120)
class PluginFaultsTest {
  private static final String SOURCE =
      """
      package bad;
      import io.upstream4j.api.option.*;
      import io.upstream4j.api.spi.*;
      public class %1$s implements LoadBalancerProvider {
        public String type() { return "%2$s"; }
        static boolean yes() { return true; }
        static void hold() {
          while (true) {
            try { Thread.sleep(1_000_000); } catch (InterruptedException e) { }
          }
        }
        public LoadBalancer create(Options options, PluginContext context) {
          %3$s
          return snapshot -> {
            %4$s
            return (request, candidates) -> snapshot.pick(0);
          };
        }
      }
      """;

  @TempDir private static Path folder;
  private static boolean made;
  private final BlockingQueue<UpstreamEvent> events = new LinkedBlockingQueue<>();

  @BeforeEach
  void makeJars() {
    if (!made) {
      made = true;
      jar("Fine", "fine", "", "");
      jar("Overflows", "overflows", "if (yes()) throw new StackOverflowError();", "");
      jar("Holds", "holds", "", "if (snapshot.size() > 0) { hold(); }");
      jar("HoldsCreate", "holds_create", "hold();", "");
    }
  }

  private static void jar(String name, String type, String create, String prepare) {
    new PluginJar()
        .source("bad." + name, SOURCE.formatted(name, type, create, prepare))
        .services("bad." + name)
        .write(folder.resolve(type + ".jar"));
  }

  private Upstreams load(String more) {
    return Upstreams.builder()
        .plugins(folder)
        .register(new AddressDiscovery())
        .register(new RotatingBalancer())
        .listener(events::add)
        .load("u.yaml", "upstreams:\n  api: " + upstream("rotating") + "\n" + more);
  }

  private static String upstream(String algo) {
    return "{ addrs: [\"127.0.0.1:1\"], health_check: none, algo: " + algo + " }";
  }

  private PluginFailed awaitFailure() throws InterruptedException {
    for (; ; ) {
      UpstreamEvent event = events.poll(60, TimeUnit.SECONDS);
      assertThat(event).as("an event of a plug-in").isNotNull();
      if (event instanceof PluginFailed failed) {
        return failed;
      }
    }
  }

  @Test
  void anErrorInCreateRefusesTheConfigurationAndNothingElse() {
    try (Upstreams upstreams = load("")) {
      assertThatThrownBy(() -> upstreams.put("b", "body", upstream("overflows")))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining(
              "plug-in \"overflows\" (overflows.jar) threw java.lang.StackOverflowError in create()"
                  + " for upstream \"b\"");
      assertThat(upstreams.find("b")).isEqualTo(Optional.empty());
      assertThat(upstreams.get("api").newHttpPeer()).isNotNull();
      upstreams.put("b", "body", upstream("fine"));
      assertThat(upstreams.get("b").newHttpPeer()).as("when the change returns").isNotNull();
    }
  }

  @Test
  void aStrategyThatHoldsItsThreadHarmsItsOwnUpstreamOnly() throws Exception {
    try (Upstreams upstreams = load("")) {
      upstreams.put("b", "body", upstream("holds"));
      upstreams.put("c", "body", upstream("fine"));

      assertThat(upstreams.get("c").newHttpPeer()).isNotNull();
      assertThat(upstreams.get("b").stats().backends()).isEmpty();
      assertThatThrownBy(() -> upstreams.get("b").newHttpPeer())
          .isInstanceOf(NoBackendException.class);
      PluginFailed told = awaitFailure();
      assertThat(told.plugin()).isEqualTo("\"holds\" (holds.jar)");
      assertThat(told.reason())
          .startsWith("has been in prepare() for upstream \"b\" for 5 s, at java.lang.Thread.sleep")
          .contains("bad.Holds.hold");
      assertThat(upstreams.unready())
          .singleElement()
          .asString()
          .contains("plug-in \"holds\" (holds.jar) has been in prepare() for upstream \"b\" for");
      upstreams.remove("b");
    } // which ends at once
  }

  @Test
  void aCreateThatDoesNotReturnIsGivenUpAndCostsNoSecondWait() {
    try (Upstreams upstreams = load("")) {
      for (String when : List.of("for 5 s, at ", "for ")) {
        assertThatThrownBy(() -> upstreams.put("b", "body", upstream("holds_create")))
            .isInstanceOf(ConfigException.class)
            .hasMessageContaining(
                "plug-in \"holds_create\" (holds_create.jar) has been in create() for upstream"
                    + " \"b\" "
                    + when);
      }
      assertThat(upstreams.get("api").newHttpPeer()).isNotNull();
    }
  }
}
