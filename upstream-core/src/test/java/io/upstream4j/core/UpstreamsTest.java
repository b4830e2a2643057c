package io.upstream4j.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.upstream4j.api.option.ConfigException;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.core.connect.HttpStream;
import io.upstream4j.core.connect.TransportType;
import io.upstream4j.core.event.ConfigChange;
import io.upstream4j.core.event.UpstreamEvent;
import io.upstream4j.core.event.UpstreamEvent.BackendHealthy;
import io.upstream4j.core.event.UpstreamEvent.BackendUnhealthy;
import io.upstream4j.core.event.UpstreamEvent.ConfigApplied;
import io.upstream4j.core.event.UpstreamEvent.ConfigRefused;
import io.upstream4j.core.event.UpstreamEvent.SettingIgnored;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.runtime.ResponseCollector;
import io.upstream4j.core.runtime.ResponseCollector.Collected;
import io.upstream4j.core.stats.BackendStats;
import io.upstream4j.testkit.FakeRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** From a file to a response, over real sockets. */
@Timeout(60)
class UpstreamsTest {
  private static final FakeRequest GET = FakeRequest.get("/");

  @TempDir Path folder;
  private final BlockingQueue<UpstreamEvent> events = new LinkedBlockingQueue<>();
  private TextServer server;
  private Upstreams upstreams;

  @BeforeEach
  void start() throws Exception {
    server = new TextServer(0);
  }

  @AfterEach
  void end() throws Exception {
    if (upstreams != null) {
      upstreams.close();
    }
    server.close();
  }

  private Upstreams.Builder builder() {
    return Upstreams.builder()
        .register(new AddressDiscovery())
        .register(new NamedRotation())
        .listener(events::add)
        .threads(1);
  }

  private Upstreams load(String yaml) {
    upstreams = builder().load("test.yaml", yaml);
    return upstreams;
  }

  private String yaml() {
    return yaml("api", "tcp://api?check_frequency=100ms&connection_timeout=10s");
  }

  private String yaml(String name, String check) {
    return """
        upstreams:
          %s:
            addrs: ["127.0.0.1:%d"]
            health_check: %s
        """
        .formatted(name, server.port(), check);
  }

  @Test
  void aSettingThatThisMachineDoesNotHaveIsToldAtTheStart() throws Exception {
    String yaml = yaml("api", "none") + "    tcp_user_timeout: 5s\n";
    upstreams = builder().transport(TransportType.NIO).load("test.yaml", yaml);
    SettingIgnored ignored = null;
    while (ignored == null) {
      UpstreamEvent event = events.poll(20, TimeUnit.SECONDS);
      assertThat(event).as("the event").isNotNull();
      ignored = event instanceof SettingIgnored it ? it : null;
    }
    assertThat(ignored.upstream()).isEqualTo("api");
    assertThat(ignored.reason())
        .startsWith("tcp_user_timeout has no effect, as TCP_USER_TIMEOUT is not offered by NIO")
        .contains("(expected: Linux with netty-transport-native-epoll");
    assertThat(events).noneMatch(SettingIgnored.class::isInstance);

    HttpPeer plain = upstreams.get("api").newHttpPeer(GET);
    assertThat(upstreams.connector().ignored(plain.options())).containsExactly(ignored.reason());
  }

  @Test
  void oneUpstreamIsPutAndRemovedAmongOthersUntilTheFileIsReadAgain() throws Exception {
    Path file = Files.writeString(folder.resolve("upstreams.yaml"), yaml());
    upstreams = builder().load(file);
    Upstream api = upstreams.get("api");

    ConfigChange added =
        upstreams.put("more", "body", "{ addrs: [\"127.0.0.1:" + server.port() + "\"] }");
    assertThat(added.added()).containsExactly("more");
    assertThat(added.unchanged()).containsExactly("api");
    assertThat(send(upstreams.get("more").newHttpPeer(GET))).isEqualTo("hello");
    assertThat(upstreams.put("more", "body", "addrs: [\"127.0.0.1:1\"]").updated())
        .containsExactly("more");
    assertThat(upstreams.put("more", "body", "addrs: ['127.0.0.1:1']").isEmpty()).isTrue();

    assertThat(upstreams.remove("api").removed()).containsExactly("api");
    assertThatThrownBy(() -> upstreams.remove("api")).isInstanceOf(NoSuchElementException.class);
    assertThatThrownBy(() -> api.newHttpPeer(GET)).isInstanceOf(NoBackendException.class);

    ConfigChange reloaded = upstreams.reload();
    assertThat(reloaded.added()).containsExactly("api");
    assertThat(reloaded.removed()).containsExactly("more");
    assertThat(upstreams.get("api")).isSameAs(api);
  }

  @Test
  void anUpstreamThatIsPutIsCheckedAsTheFileIsAndReadsNothingOfThisMachine() {
    load(yaml());
    assertThatThrownBy(
            () -> upstreams.put("more", "body", "addrs: ['127.0.0.1:1']\nread_timeout: soon\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("body:2:15: upstreams.more.read_timeout: \"soon\"");
    assertThatThrownBy(() -> upstreams.put("a b", "body", "addrs: ['127.0.0.1:1']"))
        .hasMessageContaining("body:1:1: upstreams.a b: not a name");
    assertThatThrownBy(() -> upstreams.put("more", "body", "addrs: ['${file:/etc/passwd}']"))
        .hasMessageContaining("body:1:9: addrs[0]: ${...} is put in only where a file is read")
        .hasMessageNotContaining("root");
    assertThatThrownBy(() -> upstreams.put("more", "body", "addrs: ['${PATH}']"))
        .isInstanceOf(ConfigException.class);
    assertThatThrownBy(() -> upstreams.put("more", "body", "")).isInstanceOf(ConfigException.class);
    assertThat(upstreams.all()).hasSize(1);
  }

  @Test
  void anUpstreamThatARouteLeadsToIsNotRemoved() {
    load(yaml() + "routes: [{ path: /x, upstream: api }]\n");
    assertThatThrownBy(() -> upstreams.remove("api"))
        .isInstanceOf(UpstreamInUseException.class)
        .hasMessage("upstream \"api\": the route /x leads to it (expected: no route to it)");
    assertThat(upstreams.get("api")).isNotNull();
  }

  @Test
  void aBackendIsAdministeredOverRealConnections() throws Exception {
    load(yaml("api", "none"));
    Upstream api = upstreams.get("api");
    Endpoint endpoint = new Endpoint("127.0.0.1", server.port());
    assertThat(send(api.newHttpPeer(GET))).isEqualTo("hello");
    api.disable(endpoint).get(10, TimeUnit.SECONDS);

    assertThatThrownBy(() -> api.newHttpPeer(GET)).isInstanceOf(NoBackendException.class);
    assertThat(api.stats().backends().get(0).connections().idle()).isZero();
    api.enable(endpoint).get(10, TimeUnit.SECONDS);
    assertThat(send(api.newHttpPeer(GET))).isEqualTo("hello");
    upstreams.close();
    assertThat(api.drain(endpoint)).isCompletedExceptionally();
  }

  private <E extends UpstreamEvent> E await(Class<E> type) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (true) {
      UpstreamEvent event = events.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      assertThat(event).as("an event of " + type.getSimpleName()).isNotNull();
      if (type.isInstance(event)) {
        return type.cast(event);
      }
    }
  }

  private String send(HttpPeer peer) throws Exception {
    return StandardCharsets.UTF_8
        .decode(begin(peer).get(10, TimeUnit.SECONDS).content())
        .toString();
  }

  private CompletableFuture<Collected> begin(HttpPeer peer) throws Exception {
    EventLoop loop = upstreams.connector().eventLoops().next();
    HttpStream stream = upstreams.connector().open(peer, loop).get(10, TimeUnit.SECONDS);
    FullHttpRequest request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/");
    request.headers().set("host", "api");
    CompletableFuture<Collected> done = new CompletableFuture<>();
    stream.begin(
        request,
        new ResponseCollector(
            stream,
            1_000,
            new ResponseCollector.Reader() {
              @Override
              public void onResponse(Collected response) {
                done.complete(response);
              }

              @Override
              public void onFailure(PeerException cause) {
                done.completeExceptionally(cause);
              }
            }));
    stream.flush();
    stream.read();
    return done;
  }

  @Test
  void connectionsAreReadyBeforeTheFirstRequestAndEndWithTheirUpstream() throws Exception {
    load(yaml("api", "none") + "    min_idle_connections: 2\n");
    upstreams.put("more", "body", "{ addrs: [\"127.0.0.1:" + server.port() + "\"] }");
    Upstream api = upstreams.get("api");
    awaitIdle(api, 2);

    upstreams.remove("api");

    awaitIdle(api, 0);
  }

  private static void awaitIdle(Upstream upstream, int idle) {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (idle(upstream) != idle) {
      assertThat(System.nanoTime()).as("in time").isLessThan(end);
      LockSupport.parkNanos(1_000_000);
    }
  }

  private static int idle(Upstream upstream) {
    return upstream.stats().backends().stream()
        .mapToInt(backend -> backend.connections().idle())
        .sum();
  }

  @Test
  void aFileLeadsToAResponse() throws Exception {
    load(yaml());
    assertThat(upstreams.awaitReady(Duration.ofSeconds(10))).isTrue();
    Upstream api = upstreams.get("api");

    try (Exchange exchange = api.begin(GET)) {
      HttpPeer peer = exchange.newHttpPeer();
      assertThat(send(peer)).isEqualTo("hello");
      exchange.succeeded(200);
    }
    assertThat(send(api.newHttpPeer())).isEqualTo("hello");
    BackendStats stats = api.stats().backends().get(0);
    assertThat(stats.requests()).isEqualTo(1);
    assertThat(stats.inFlight()).isZero();
    assertThat(stats.connections().opened()).isEqualTo(1);
    assertThat(stats.connections().reused()).isEqualTo(1);
  }

  @Test
  void configuredAddressesCanBePickedAsSoonAsLoadReturns() {
    for (int i = 0; i < 20; i++) {
      load(yaml());
      assertThat(upstreams.get("api").newHttpPeer().backend())
          .isEqualTo(Backend.of("127.0.0.1", server.port()));
      upstreams.close();
    }
  }

  @Test
  void aServerThatDiesAndReturnsIsNoticed() throws Exception {
    load(yaml());
    assertThat(upstreams.awaitReady(Duration.ofSeconds(10))).isTrue();
    int port = server.port();
    server.close();
    BackendUnhealthy died = await(BackendUnhealthy.class);
    assertThat(died.endpoint().port()).isEqualTo(port);
    assertThat(died.reason()).isNotBlank();
    assertThatThrownBy(() -> upstreams.get("api").newHttpPeer())
        .isInstanceOf(NoBackendException.class);

    server = new TextServer(port);
    await(BackendHealthy.class);
    assertThat(send(upstreams.get("api").newHttpPeer())).isEqualTo("hello");
  }

  @Test
  void aFileIsReadAgainAndAMistakeInItChangesNothing() throws Exception {
    Path file = folder.resolve("upstreams.yaml");
    Files.writeString(file, yaml("api", "none"));
    upstreams = builder().load(file);
    Upstream api = upstreams.get("api");
    await(ConfigApplied.class);

    Files.writeString(file, yaml("api", "none") + "    algoo: x\n");
    assertThatThrownBy(upstreams::reload)
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("algoo");
    assertThat(await(ConfigRefused.class).problems()).contains("algoo");
    assertThat(send(api.newHttpPeer())).isEqualTo("hello");

    Files.delete(file);
    assertThatThrownBy(upstreams::reload).isInstanceOf(RuntimeException.class);
    await(ConfigRefused.class);
    assertThat(send(api.newHttpPeer())).isEqualTo("hello");

    Files.writeString(file, yaml("other", "none"));
    upstreams.reload();
    assertThat(await(ConfigApplied.class).upstreams()).isEqualTo(1);
    assertThat(upstreams.all()).extracting(Upstream::name).containsExactly("other");
    assertThat(upstreams.find("api")).isEmpty();
    assertThatThrownBy(api::newHttpPeer).hasMessageContaining("upstream was removed");

    Files.writeString(file, yaml("api", "none"));
    upstreams.reload();
    assertThat(upstreams.get("api")).isSameAs(api);
    assertThat(send(api.newHttpPeer())).isEqualTo("hello");
  }

  @Test
  void aRequestToARemovedBackendMayGoOnForTheGracePeriodAndNoLonger() throws Exception {
    server.responder =
        (head, out) -> TextServer.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    Path file = folder.resolve("upstreams.yaml");
    Files.writeString(file, yaml("api", "none") + "    grace: 200ms\n");
    upstreams = builder().load(file);
    CompletableFuture<Collected> response = begin(upstreams.get("api").newHttpPeer());
    awaitRequest();

    Files.writeString(file, "upstreams:\n  other:\n    addrs: [\"127.0.0.1:1\"]\n");
    long start = System.nanoTime();
    upstreams.reload();

    assertThatThrownBy(() -> response.get(20, TimeUnit.SECONDS))
        .cause()
        .isInstanceOf(PeerException.class)
        .hasMessageContaining("its backend was removed");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(199));
  }

  private void awaitRequest() throws InterruptedException {
    assertThat(server.requests.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void textHasNoFileToReadAgain() {
    load(yaml());
    assertThatThrownBy(upstreams::reload)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no file");
  }

  @Test
  void aWrongFileStartsNothing() {
    assertThatThrownBy(() -> load("upstreams: 7\n")).isInstanceOf(ConfigException.class);
    assertThat(ourThreads()).isEmpty();
  }

  @Test
  void anUnknownNameIsAnsweredWithTheKnownOnes() {
    load(yaml());
    assertThatThrownBy(() -> upstreams.get("apo"))
        .isInstanceOf(NoSuchElementException.class)
        .hasMessage("no upstream \"apo\"; did you mean \"api\"?");
  }

  @Test
  void whatIsNotReadyInTimeIsReportedAsSuch() throws Exception {
    upstreams =
        builder()
            .register(new FakeDiscovery())
            .load(
                "test.yaml",
                """
                upstreams:
                  api:
                    discovery: fake
                """);
    assertThat(upstreams.awaitReady(Duration.ofMillis(20))).isFalse();
  }

  @Test
  void afterCloseNoThreadIsLeftAndPicksFail() throws Exception {
    load(yaml());
    assertThat(upstreams.awaitReady(Duration.ofSeconds(10))).isTrue();
    Upstream api = upstreams.get("api");
    send(api.newHttpPeer());
    assertThat(ourThreads()).contains("upstream4j-control", "upstream4j-events-1");

    upstreams.close(Duration.ofSeconds(1));
    upstreams.close();

    assertThat(ourThreads()).isEmpty();
    assertThatThrownBy(api::newHttpPeer).hasMessage("upstream \"api\": closed");
    assertThatThrownBy(() -> upstreams.apply(null)).isInstanceOf(NullPointerException.class);
    assertThat(upstreams.awaitReady(Duration.ofMillis(1))).isFalse();
    assertThat(api.stats().backends()).isEmpty();
    api.refresh();
  }

  @Test
  void closeEndsBlockingCallsOfPlugins() throws Exception {
    CompletableFuture<Thread> blocked = new CompletableFuture<>();
    upstreams =
        builder()
            .register(
                new BlockingDiscovery(
                    () -> {
                      blocked.complete(Thread.currentThread());
                      try {
                        new java.util.concurrent.CountDownLatch(1).await();
                      } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                      }
                    }))
            .load("test.yaml", "upstreams:\n  api:\n    discovery: blocking\n");
    assertThat(blocked.get(10, TimeUnit.SECONDS).getName()).startsWith("upstream4j-blocking-");

    upstreams.close();

    assertThat(ourThreads()).isEmpty();
  }

  @Test
  void aListenerMayReloadAndClose() throws Exception {
    CompletableFuture<Upstreams> started = new CompletableFuture<>();
    CompletableFuture<Void> closed = new CompletableFuture<>();
    upstreams =
        builder()
            .listener(
                event -> {
                  if (event instanceof ConfigApplied) {
                    started.join().close();
                    closed.complete(null);
                  }
                })
            .load("test.yaml", yaml());
    started.complete(upstreams);
    closed.get(20, TimeUnit.SECONDS);
    upstreams.close();
  }

  @Test
  void closingOnAnEventLoopIsRefusedBeforeAnythingHappens() throws Exception {
    load(yaml());
    CompletableFuture<Throwable> thrown = new CompletableFuture<>();
    upstreams
        .connector()
        .eventLoops()
        .execute(
            () -> {
              try {
                upstreams.close();
                thrown.complete(new AssertionError("closed"));
              } catch (IllegalStateException e) {
                thrown.complete(e);
              }
            });
    assertThat(thrown.get(10, TimeUnit.SECONDS)).hasMessageContaining("must not block");
    assertThat(upstreams.get("api").newHttpPeer()).isNotNull();
  }

  @Test
  void theCoreBringsTheTcpCheck() {
    load(yaml());
    assertThat(upstreams.plugins().plugins())
        .extracting(info -> info.plugin().type())
        .contains("tcp");
    assertThatThrownBy(() -> builder().threads(0)).isInstanceOf(IllegalArgumentException.class);
  }

  private static List<String> ourThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("upstream4j"))
        .toList();
  }
}
