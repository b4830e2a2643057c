package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpMethod;
import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.ConnectionStats;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.peer.PoolLimits;
import io.upstream4j.core.peer.SocketOptions;
import io.upstream4j.core.peer.TlsOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** HTTP/2 before servers that this project did not write. */
class Http2Test {
  private static final TlsOptions UNVERIFIED = new TlsOptions("localhost", false, false);

  @TempDir Path folder;
  private final Connector connector = new Connector(2);

  @AfterEach
  void close() {
    connector.close();
  }

  private static PeerOptions options(Alpn alpn, Optional<TlsOptions> tls, PoolLimits limits) {
    return new PeerOptions(alpn, tls, Peers.TIMEOUTS, limits, SocketOptions.SYSTEM);
  }

  private static HttpPeer peer(int port, Alpn alpn, Optional<TlsOptions> tls) {
    return Peers.of(port, options(alpn, tls, Peers.LIMITS));
  }

  /** Fetches at once, each again when that is fair; how many came with the right body. */
  private int load(HttpPeer peer, int requests, int parallel, String body) throws Exception {
    AtomicInteger good = new AtomicInteger();
    AtomicInteger left = new AtomicInteger(requests);
    AtomicInteger started = new AtomicInteger();
    AtomicReference<Throwable> bad = new AtomicReference<>();
    CompletableFuture<Void> all = new CompletableFuture<>();
    Runnable next =
        new Runnable() {
          @Override
          public void run() {
            if (started.incrementAndGet() <= requests) {
              fetch(0);
            }
          }

          private void fetch(int tries) {
            connector
                .open(peer, Call.anyLoop(connector))
                .addListener(
                    opened -> {
                      if (!opened.isSuccess()) {
                        ended(null, opened.cause(), tries);
                      } else {
                        Call.start((HttpStream) opened.getNow(), Call.get("/hello"))
                            .done
                            .whenComplete((response, failure) -> ended(response, failure, tries));
                      }
                    });
          }

          private void ended(Call.Response response, Throwable failure, int tries) {
            if (failure instanceof PeerException e && e.isSafeToRetry() && tries < 5) {
              fetch(e.isUnprocessed() ? tries : tries + 1);
              return;
            }
            if (response != null && response.text().equals(body)) {
              good.incrementAndGet();
            } else {
              bad.compareAndSet(
                  null, failure == null ? new AssertionError("" + response) : failure);
            }
            if (left.decrementAndGet() == 0) {
              all.complete(null);
            } else {
              run();
            }
          }
        };
    for (int i = 0; i < parallel; i++) {
      next.run();
    }
    all.get(60, TimeUnit.SECONDS);
    assertThat(bad.get()).isNull();
    return good.get();
  }

  @Test
  void clearTextByPriorKnowledge() throws Exception {
    Files.writeString(folder.resolve("hello"), "hello");
    try (Nghttpd server = Nghttpd.clear(folder)) {
      HttpPeer peer = peer(server.port(), Alpn.H2, Optional.empty());

      assertThat(Call.fetch(connector, peer, "/hello").text()).isEqualTo("hello");
      assertThat(Call.fetch(connector, peer, "/missing").status()).isEqualTo(404);
      Call.Response head =
          Call.fetch(
              connector, peer, Call.request(HttpMethod.HEAD, "/hello", Unpooled.EMPTY_BUFFER));
      assertThat(head.head().headers().get("content-length")).isEqualTo("5");
      assertThat(head.body()).isEmpty();
    }
  }

  @Test
  void manyRequestsShareFewConnections() throws Exception {
    Files.writeString(folder.resolve("hello"), "hello");
    try (Nghttpd server = Nghttpd.clear(folder)) {
      HttpPeer peer = peer(server.port(), Alpn.H2, Optional.empty());

      assertThat(load(peer, 20_000, 100, "hello")).isEqualTo(20_000);

      Await.until("all idle", () -> connector.stats(peer).inUse() == 0);
      ConnectionStats stats = connector.stats(peer);
      assertThat(stats.opened()).isLessThanOrEqualTo(4);
      assertThat(stats.reused()).isEqualTo(20_000 - stats.opened());
    }
  }

  @Test
  void moreThanTheServersStreamsWaitInLine() throws Exception {
    Files.writeString(folder.resolve("hello"), "hello");
    try (Nghttpd server = Nghttpd.clear(folder, "--max-concurrent-streams=3")) {
      HttpPeer peer =
          Peers.of(
              server.port(),
              options(Alpn.H2, Optional.empty(), new PoolLimits(2, 1_000, Duration.ofSeconds(30))));

      assertThat(load(peer, 2_000, 100, "hello")).isEqualTo(2_000);
      assertThat(connector.stats(peer).opened()).isLessThanOrEqualTo(2);
      assertThat(connector.stats(peer).pending()).isZero();
    }
  }

  @Test
  void bodiesAndTrailersGoBothWays() throws Exception {
    try (Nghttpd server = Nghttpd.clear(folder, "--echo-upload", "--trailer=grpc-status: 0")) {
      HttpPeer peer = peer(server.port(), Alpn.H2, Optional.empty());
      byte[] body = new byte[3_000_000];
      new java.util.Random(7).nextBytes(body);

      Call.Response response =
          Call.fetch(
              connector,
              peer,
              Call.request(HttpMethod.POST, "/echo", Unpooled.wrappedBuffer(body)));

      assertThat(response.status()).isEqualTo(200);
      assertThat(response.body()).isEqualTo(body);
      assertThat(response.trailers().get("grpc-status")).isEqualTo("0");
    }
  }

  @Test
  void http2OverTlsIsAgreedOnByAlpn() throws Exception {
    Files.writeString(folder.resolve("hello"), "hello");
    Certificates certificates = Certificates.in(folder);
    certificates.issue("server", "ca", "localhost", 30);
    try (Nghttpd server =
        Nghttpd.secure(folder, certificates.path("server.key"), certificates.path("server.pem"))) {
      for (Alpn alpn : new Alpn[] {Alpn.H2, Alpn.H2H1}) {
        HttpPeer peer = peer(server.port(), alpn, Optional.of(UNVERIFIED));
        assertThat(load(peer, 1_000, 50, "hello")).isEqualTo(1_000);
      }
    }
  }

  private Nginx nginx(String protocol, String more) throws Exception {
    Certificates certificates = Certificates.in(folder);
    certificates.issue("server", "ca", "localhost", 30);
    return Nginx.start(
        folder,
        """
        ssl_certificate %s; ssl_certificate_key %s; %s
        location / { return 200 'hello'; }
        """
            .formatted(certificates.path("server.pem"), certificates.path("server.key"), more),
        " ssl" + protocol);
  }

  @Test
  void aServerThatEndsConnectionsInTheMiddleOfALoadFailsNoRequest() throws Exception {
    try (Nginx nginx = nginx(" http2", "keepalive_requests 50;")) {
      HttpPeer peer = peer(nginx.port(), Alpn.H2H1, Optional.of(UNVERIFIED));

      assertThat(load(peer, 5_000, 100, "hello")).isEqualTo(5_000);
      assertThat(connector.stats(peer).opened()).isGreaterThanOrEqualTo(100);
    }
  }

  @Test
  void http1IsSpokenWhereThePeerOffersNoHttp2() throws Exception {
    try (Nginx nginx = nginx("", "")) {
      HttpPeer either = peer(nginx.port(), Alpn.H2H1, Optional.of(UNVERIFIED));
      assertThat(load(either, 500, 20, "hello")).isEqualTo(500);

      HttpPeer http2 = peer(nginx.port(), Alpn.H2, Optional.of(UNVERIFIED));
      Await.until("refused", () -> refusal(http2) != null);
      assertThat(refusal(http2).failure()).isEqualTo(Failure.TLS);
    }
  }

  private PeerException refusal(HttpPeer peer) {
    try {
      Call.open(connector, peer);
      return null;
    } catch (Exception e) {
      return e.getCause() instanceof PeerException cause ? cause : null;
    }
  }
}
