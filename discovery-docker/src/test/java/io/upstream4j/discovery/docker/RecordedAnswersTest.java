package io.upstream4j.discovery.docker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.model.EventActor;
import com.sun.net.httpserver.HttpServer;
import io.upstream4j.discovery.docker.Engine.Event;
import io.upstream4j.discovery.docker.Engine.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Tests recorded answers of engines that a test cannot start, reduced to the fields that are read.
 */
class RecordedAnswersTest {
  private static final String NETWORKS =
      """
      [{"Name":"bridge","Id":"n1","Scope":"local","Driver":"bridge","Ingress":false},
       {"Name":"doorway","Id":"n2","Scope":"swarm","Driver":"overlay","Ingress":true},
       {"Name":"ingress","Id":"n3","Scope":"local","Driver":"bridge","Ingress":false},
       {"Name":"inner","Id":"n4","Scope":"swarm","Driver":"overlay","Ingress":false}]
      """;

  private final Map<String, String> answers = new HashMap<>();
  private HttpServer server;

  private List<Container> list() throws Exception {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String path = exchange.getRequestURI().getPath();
          String answer = answers.get(path.replaceFirst("^/v[0-9.]+/", "/"));
          try (exchange) {
            byte[] body = (answer == null ? "{\"message\":\"forbidden\"}" : answer).getBytes(UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(answer == null ? 403 : 200, body.length);
            exchange.getResponseBody().write(body);
          }
        });
    server.start();
    EngineHost host = EngineHost.read("tcp://127.0.0.1:" + server.getAddress().getPort());
    try (Engine engine = EngineClient.of(host, Optional.empty())) {
      return engine.list();
    }
  }

  @AfterEach
  void stop() throws IOException {
    if (server != null) {
      server.stop(0);
    }
  }

  private static String container(String name, String mode, String labels, String networks) {
    return """
        {"Id":"id-%s","Names":["/%s"],"Labels":%s,"State":"running","Status":"Up 8 seconds",
         "HostConfig":%s,"NetworkSettings":{"Networks":%s},
         "Ports":[{"PrivatePort":8080,"Type":"tcp"}]}
        """
        .formatted(
            name,
            name,
            labels,
            mode.isEmpty() ? "null" : "{\"NetworkMode\":\"" + mode + "\"}",
            networks);
  }

  private static String task(String networks) {
    return container(
        "task", "default", "{\"app\":\"web\",\"com.docker.swarm.task.id\":\"t1\"}", networks);
  }

  private Container only(String container) throws Exception {
    answers.put("/containers/json", "[" + container + "]");
    return list().get(0);
  }

  @Test
  void theIngressNetworkOfASwarmIsNoCandidateWhateverItsName() throws Exception {
    answers.put("/networks", NETWORKS);
    Container task =
        only(
            task(
                "{\"doorway\":{\"IPAddress\":\"10.0.0.6\"},\"inner\":{\"IPAddress\":\"10.0.1.3\"}}"));
    assertThat(task.networks()).isEqualTo(Map.of("inner", "10.0.1.3"));
  }

  @Test
  void aNetworkThatIsOnlyCalledIngressIsOne() throws Exception {
    answers.put("/networks", NETWORKS);
    Container own =
        only(container("web", "ingress", "{}", "{\"ingress\":{\"IPAddress\":\"172.18.0.2\"}}"));
    assertThat(own.networks()).isEqualTo(Map.of("ingress", "172.18.0.2"));
  }

  @Test
  void withoutLeaveToListNetworksTheNameDecides() throws Exception {
    Container task =
        only(
            task(
                "{\"ingress\":{\"IPAddress\":\"10.0.0.6\"},\"inner\":{\"IPAddress\":\"10.0.1.3\"}}"));
    assertThat(task.networks()).isEqualTo(Map.of("inner", "10.0.1.3"));
  }

  @Test
  void podmanSaysOfEveryContainerThatItsModeIsHost() throws Exception {
    Container bridged =
        only(container("web", "host", "null", "{\"podman\":{\"IPAddress\":\"10.88.0.2\"}}"));
    assertThat(bridged.onHost()).isFalse();
    assertThat(bridged.networks()).isEqualTo(Map.of("podman", "10.88.0.2"));
    assertThat(bridged.labels()).isEmpty();
    stop();
    Container rootless = only(container("web", "host", "{}", "{\"pasta\":{\"IPAddress\":\"\"}}"));
    assertThat(rootless.onHost()).isFalse();
  }

  @Test
  void theNetworkOfTheHostIsKnownByTheModeOrByTheListOfNetworks() throws Exception {
    assertThat(only(container("web", "host", "{}", "{}")).onHost()).isTrue();
    stop();
    assertThat(only(container("web", "host", "{}", "null")).onHost()).isTrue();
    stop();
    assertThat(only(container("web", "", "{}", "{\"host\":{\"IPAddress\":\"\"}}")).onHost())
        .isTrue();
    stop();
    assertThat(only(container("web", "none", "{}", "{\"none\":{\"IPAddress\":\"\"}}")).onHost())
        .isFalse();
  }

  @Test
  void aContainerMayNameTheOneWhoseNetworkItHas() throws Exception {
    answers.put(
        "/containers/json",
        "["
            + container("web", "container:vpn", "{}", "{}")
            + ","
            + container("vpn", "default", "{}", "{\"bridge\":{\"IPAddress\":\"172.17.0.2\"}}")
            + ","
            + container("lost", "container:gone", "{}", "{}")
            + ","
            + container("loop", "container:id-loop", "{}", "{}")
            + ","
            + container(
                "pod", "container:infra", "{}", "{\"podman\":{\"IPAddress\":\"10.88.0.3\"}}")
            + "]");
    Map<String, Map<String, String>> networks = new HashMap<>();
    list().forEach(each -> networks.put(each.name(), each.networks()));
    assertThat(networks.get("web")).isEqualTo(Map.of("bridge", "172.17.0.2"));
    assertThat(networks.get("lost")).isEmpty();
    assertThat(networks.get("loop")).isEmpty();
    assertThat(networks.get("pod")).isEqualTo(Map.of("podman", "10.88.0.3"));
  }

  @Test
  void aKillThatNamesNoSignalIsAChange() {
    assertThat(read(Map.of())).isEqualTo(new Event("id", Kind.CHANGED));
    assertThat(read(Map.of("signal", "SIGTERM"))).isEqualTo(new Event("id", Kind.STOPPING));
    assertThat(read(Map.of("signal", "28"))).isEqualTo(new Event("id", Kind.STOPPING));
    assertThat(read(Map.of("signal", "1"))).isNull();
    assertThat(read(Map.of("signal", "what"))).isNull();
  }

  /** Reads an event of a container that is stopped with SIGWINCH. */
  private static Event read(Map<String, String> attributes) {
    com.github.dockerjava.api.model.Event kill =
        new com.github.dockerjava.api.model.Event()
            .withAction("kill")
            .withEventActor(new EventActor().withId("id").withAttributes(attributes));
    return EventReader.read(kill, id -> 28);
  }
}
