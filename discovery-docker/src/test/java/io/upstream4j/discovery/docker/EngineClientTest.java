package io.upstream4j.discovery.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.discovery.docker.Container.Status;
import io.upstream4j.discovery.docker.Engine.Event;
import io.upstream4j.discovery.docker.Engine.Kind;
import io.upstream4j.testserver.DockerEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests against a real engine. */
class EngineClientTest {
  @TempDir static Path folder;
  private static DockerEngine engine;

  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final BlockingQueue<Exception> ends = new LinkedBlockingQueue<>();
  private final Engine client = EngineClient.of(EngineHost.read(engine.host()), Optional.empty());

  @BeforeAll
  static void start() throws Exception {
    engine = DockerEngine.start(folder);
  }

  @AfterAll
  static void stop() throws Exception {
    if (engine != null) {
      engine.close();
    }
  }

  @AfterEach
  void close() {
    client.close();
  }

  private void watch() throws Exception {
    client.watch(events::add, ends::add);
  }

  private void await(String id, Kind kind) throws InterruptedException {
    Event event;
    do {
      event = events.poll(30, TimeUnit.SECONDS);
      assertThat(event).as("%s of %s", kind, id).isNotNull();
    } while (!event.equals(new Event(id, kind)));
  }

  private Container listed(String id) throws Exception {
    return client.list().stream().filter(each -> each.id().equals(id)).findFirst().orElseThrow();
  }

  @Test
  void aContainerIsReadWithItsLabelsItsAddressAndItsPorts() throws Exception {
    String id = engine.runContainer("read", "--label", "app=web", "-p", "127.0.0.1:0:8080");
    Container container = listed(id);
    assertThat(container.name()).isEqualTo("read");
    assertThat(container.labels()).containsEntry("app", "web");
    assertThat(container.status()).isEqualTo(Status.SERVING);
    assertThat(container.onHost()).isFalse();
    assertThat(container.networks().get("bridge"))
        .isEqualTo(
            engine.docker("inspect", "-f", "{{.NetworkSettings.Networks.bridge.IPAddress}}", id));
    assertThat(container.ports()).extracting(Container.Port::number).containsOnly(8080);
    assertThat(container.ports().get(0).published().orElseThrow().address()).isEqualTo("127.0.0.1");
    assertThat(engine.docker("port", id))
        .endsWith(":" + container.ports().get(0).published().orElseThrow().port());
    assertThat(client.surroundings())
        .as("the test runs in no container")
        .isEqualTo(Engine.Surroundings.NONE);
  }

  @Test
  void aContainerInTheNetworkOfItsHostIsKnownAsSuch() throws Exception {
    String id = engine.runContainer("onhost", "--network", "host", "-e", "PORT=0");
    assertThat(listed(id).onHost()).isTrue();
  }

  @Test
  void stopsStartsAndPausesAreTold() throws Exception {
    watch();
    String id = engine.runContainer("told");
    await(id, Kind.STARTED);
    engine.docker("pause", id);
    await(id, Kind.CHANGED);
    assertThat(listed(id).status()).isEqualTo(Status.WAITING);
    engine.docker("unpause", id);
    await(id, Kind.CHANGED);
    assertThat(listed(id).status()).isEqualTo(Status.SERVING);
    engine.docker("stop", id);
    await(id, Kind.STOPPING);
    await(id, Kind.CHANGED);
    assertThat(client.list()).extracting(Container::id).doesNotContain(id);
    engine.docker("start", id);
    await(id, Kind.STARTED);
    assertThat(ends).isEmpty();
  }

  @Test
  void aSignalThatIsNoStopIsNotTakenForOne() throws Exception {
    watch();
    String id = engine.runContainer("hup");
    await(id, Kind.STARTED);
    engine.docker("kill", "-s", "HUP", id);
    engine.docker("kill", "-s", "KILL", id);
    await(id, Kind.STOPPING);
    await(id, Kind.CHANGED);
    assertThat(events.stream().filter(event -> event.kind() == Kind.STOPPING)).isEmpty();
  }

  @Test
  void theSignalThatAContainerIsStoppedWithIsAStop() throws Exception {
    watch();
    String id = engine.runContainer("winch", "--stop-signal", "SIGWINCH", "--stop-timeout", "1");
    await(id, Kind.STARTED);
    engine.docker("kill", "-s", "USR1", id);
    engine.docker("kill", "-s", "HUP", id);
    engine.docker("stop", id);
    await(id, Kind.STOPPING); // SIGWINCH
    await(id, Kind.STOPPING); // SIGKILL, a second later
    await(id, Kind.CHANGED);
    assertThat(events.stream().filter(event -> event.kind() == Kind.STOPPING)).isEmpty();
  }

  @Test
  void aContainerInTheNetworkOfAnotherHasItsAddressAndItsPorts() throws Exception {
    String owner = engine.runContainer("owner");
    String id = engine.runInNetworkOf("owner", 8081);
    String third = engine.runInNetworkOf(id, 8082);
    Container expected = listed(owner);
    for (String each : List.of(id, third)) {
      assertThat(listed(each).networks()).isEqualTo(expected.networks()).isNotEmpty();
      assertThat(listed(each).ports()).isEqualTo(expected.ports()).isNotEmpty();
      assertThat(listed(each).networkOf()).contains(owner);
      assertThat(listed(each).onHost()).isFalse();
    }
    String host = engine.runContainer("hostowner", "--network", "host", "-e", "PORT=0");
    String onHost = engine.runInNetworkOf(host, 0);
    assertThat(listed(onHost).onHost()).isTrue();
    engine.docker("stop", "-t", "0", owner);
    assertThat(listed(id).networks()).isEmpty();
  }

  @Test
  void aContainerWithoutANetworkHasNoAddress() throws Exception {
    Container none = listed(engine.runContainer("none", "--network", "none"));
    assertThat(none.networks()).isEmpty();
    assertThat(none.onHost()).isFalse();
  }

  @Test
  void healthIsFollowedAndTheNoiseOfItsChecksIsNotHeard() throws Exception {
    watch();
    String id =
        engine.runContainer(
            "healthy",
            "--health-cmd",
            "test -f /tmp/fine",
            "--health-interval",
            "300ms",
            "--health-retries",
            "2",
            "--health-start-period",
            "60s");
    await(id, Kind.STARTED);
    assertThat(listed(id).status()).as("while it starts").isEqualTo(Status.WAITING);
    engine.docker("exec", id, "touch", "/tmp/fine");
    await(id, Kind.CHANGED);
    assertThat(listed(id).status()).isEqualTo(Status.SERVING);
    engine.docker("exec", id, "rm", "/tmp/fine");
    await(id, Kind.CHANGED);
    assertThat(listed(id).status()).isEqualTo(Status.WAITING);
    assertThat(events).as("of exec_start and the like").isEmpty();
  }

  @Test
  void aNetworkThatIsJoinedIsTold() throws Exception {
    String id = engine.runContainer("joins");
    engine.docker("network", "create", "second");
    watch();
    engine.docker("network", "connect", "second", id);
    assertThat(events.poll(30, TimeUnit.SECONDS)).isNotNull();
    assertThat(listed(id).networks()).containsOnlyKeys("bridge", "second");
  }

  @Test
  void anEngineThatIsNotThereIsNamed() {
    EngineHost nobody = EngineHost.read("unix://" + folder.resolve("nobody"));
    Engine other = EngineClient.of(nobody, Optional.empty());
    assertThatThrownBy(() -> other.watch(events::add, ends::add))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("engine " + nobody + ": ");
    assertThatThrownBy(other::list)
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("engine " + nobody + ": ");
    other.close();
  }

  @Test
  void anEngineThatGoesAwayEndsTheEvents() throws Exception {
    String id = engine.runContainer("stays");
    watch();
    engine.stop();
    assertThat(ends.poll(30, TimeUnit.SECONDS)).isNotNull();
    engine.startAgain();
    watch();
    assertThat(listed(id).status()).isEqualTo(Status.SERVING);
    engine.docker("rm", "-f", id);
    await(id, Kind.STOPPING);
  }

  @Test
  void aCloseEndsTheEventsWithoutAWord() throws Exception {
    watch();
    client.close();
    client.close();
    engine.runContainer("after");
    assertThat(events).isEmpty();
    assertThat(ends).isEmpty();
  }

  @Test
  void anEngineOverTlsWantsItsClientsCertificate() throws Exception {
    Path certificates = Files.createDirectories(folder.resolve("tls"));
    openssl(
        certificates,
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem");
    issue(certificates, "server", "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n");
    issue(certificates, "client", "extendedKeyUsage=clientAuth\n");
    Files.move(certificates.resolve("client.pem"), certificates.resolve("cert.pem"));
    Files.move(certificates.resolve("client.key"), certificates.resolve("key.pem"));
    int port;
    try (java.net.ServerSocket free = new java.net.ServerSocket(0)) {
      port = free.getLocalPort();
    }
    engine.stop();
    try (DockerEngine encrypted =
        DockerEngine.start(
            Files.createDirectories(folder.resolve("e")),
            "-H",
            "tcp://127.0.0.1:" + port,
            "--tlsverify",
            "--tlscacert=" + certificates.resolve("ca.pem"),
            "--tlscert=" + certificates.resolve("server.pem"),
            "--tlskey=" + certificates.resolve("server.key"))) {
      String id = encrypted.runContainer("tls");
      EngineHost host = EngineHost.read("tcp://127.0.0.1:" + port);
      try (Engine known = EngineClient.of(host, Optional.of(certificates))) {
        known.watch(events::add, ends::add);
        assertThat(known.list()).extracting(Container::id).containsExactly(id);
      }
      Path without = Files.createDirectories(folder.resolve("without"));
      assertThatThrownBy(() -> EngineClient.of(host, Optional.of(without)))
          .hasMessage("engine " + host + ": " + without + ": no file key.pem");
      try (Engine unknown = EngineClient.of(host, Optional.empty())) {
        assertThatThrownBy(unknown::list)
            .isInstanceOf(IOException.class)
            .hasMessageContaining("HTTPS");
      }
    } finally {
      engine.startAgain();
    }
  }

  private static void issue(Path certificates, String name, String extensions) throws Exception {
    Files.writeString(certificates.resolve(name + ".ext"), extensions);
    openssl(
        certificates,
        "req -newkey rsa:2048 -nodes -subj /CN="
            + name
            + " -keyout "
            + name
            + ".key -out "
            + name
            + ".csr");
    openssl(
        certificates,
        "x509 -req -in "
            + name
            + ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile "
            + name
            + ".ext -out "
            + name
            + ".pem");
  }

  private static void openssl(Path directory, String arguments) throws Exception {
    List<String> command = new java.util.ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments.split(" ", -1)));
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("openssl.log").toFile())
            .start();
    assertThat(process.waitFor()).as(arguments).isZero();
  }
}
