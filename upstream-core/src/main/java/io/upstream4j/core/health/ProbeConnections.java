package io.upstream4j.core.health;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.Future;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.ProbeBytes;
import io.upstream4j.api.spi.ProbeClient;
import io.upstream4j.api.spi.ProbeReply;
import io.upstream4j.api.spi.ProbeRequest;
import io.upstream4j.api.spi.ProbeResponse;
import io.upstream4j.core.backends.Peers;
import io.upstream4j.core.config.HealthConfig;
import io.upstream4j.core.config.UpstreamConfig;
import io.upstream4j.core.connect.Connector;
import io.upstream4j.core.connect.HttpStream;
import io.upstream4j.core.peer.Alpn;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerOptions;
import io.upstream4j.core.peer.PoolLimits;
import io.upstream4j.core.peer.Timeouts;
import io.upstream4j.core.peer.TlsOptions;
import io.upstream4j.core.runtime.ResponseCollector;
import io.upstream4j.core.runtime.ResponseCollector.Collected;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Probes through the connector that the traffic uses, with the traffic's TLS and socket options and
 * the health check's time limits. Every probe has a connection of its own, which is closed after
 * it, unless they are to share one; they are counted apart from the traffic's, so that neither
 * waits for the other.
 *
 * <p>No limit of a pool may make a probe wait or fail: what bounds probes is how many each health
 * check has at the same time.
 */
public final class ProbeConnections implements ProbeClient {
  private static final int UNLIMITED = 1_000_000;

  /** How many parts of a body are read after all that matters is there. */
  private static final int MAX_IDLE_PARTS = 64;

  private final Connector connector;
  private final String upstream;
  private final PeerOptions traffic;
  private final Duration connect;
  private final Duration read;
  private final boolean reuse;
  private final Duration idle;

  /** When the connections to a peer end that probes share. */
  private final Map<HttpPeer, Future<?>> kept = new ConcurrentHashMap<>();

  public ProbeConnections(Connector connector, UpstreamConfig config) {
    this.connector = connector;
    this.upstream = config.name();
    this.traffic = config.peer();
    this.connect =
        config
            .health()
            .map(HealthConfig::connectionTimeout)
            .orElse(config.peer().timeouts().totalConnection());
    this.reuse = config.health().map(HealthConfig::reuse).orElse(false);
    // As long as it takes until the next probe, and then some.
    this.idle =
        config
            .health()
            .map(health -> longer(health.frequency(), health.unhealthyFrequency()).multipliedBy(2))
            .orElse(Duration.ZERO)
            .plus(connect)
            .plusMillis(1);
    this.read =
        config.health().map(HealthConfig::readTimeout).orElse(config.peer().timeouts().read());
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) > 0 ? one : other;
  }

  @Override
  public CompletionStage<Void> connect(Backend backend) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    open(
        Peers.of(
            upstream,
            backend,
            traffic.isForEachHost() // so there is no certificate to expect, and no handshake
                ? options(Alpn.H1, Optional.empty())
                : options(traffic.alpn(), traffic.tls())),
        done,
        stream -> {
          stream.cancel();
          done.complete(null);
        });
    return done;
  }

  @Override
  public CompletionStage<ProbeResponse> send(Backend backend, ProbeRequest request) {
    return send(backend, request, (status, body) -> false);
  }

  @Override
  public CompletionStage<ProbeResponse> send(Backend backend, ProbeRequest request, Enough enough) {
    CompletableFuture<ProbeResponse> done = new CompletableFuture<>();
    Optional<TlsOptions> tls = tls(backend, request);
    Supplier<FullHttpRequest> message = () -> message(backend, request, tls.isPresent());
    try {
      message.get().release();
    } catch (IllegalArgumentException e) {
      done.completeExceptionally(e);
      return done;
    }
    HttpPeer peer = Peers.of(upstream, backend, options(alpn(request), tls));
    Question question = new Question(peer, message, request.maxBodyBytes(), enough, done);
    if (reuse) {
      open(connector.open(peer, connector.eventLoops().next()), done, question::ask);
      endWithItsBackend(peer, done);
    } else {
      open(peer, done, question::ask);
    }
    return done;
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // it only cleans up after done
  public CompletionStage<ProbeReply> talk(Backend backend, ProbeBytes bytes) {
    CompletableFuture<ProbeReply> done = new CompletableFuture<>();
    HttpPeer peer =
        Peers.of(
            upstream,
            backend,
            options(Alpn.H1, traffic.tls().map(tls -> named(tls, backend.endpoint().host()))));
    done.whenComplete((reply, failure) -> connector.retire(peer)); // backends come and go
    connector
        .openBytes(peer, connector.eventLoops().next(), new ProbeTalk(bytes, read, done))
        .addListener(
            opening -> {
              if (!opening.isSuccess()) {
                done.completeExceptionally(opening.cause());
              }
            });
    return done;
  }

  /** A request and who waits for the answer. */
  private final class Question {
    private final HttpPeer peer;
    private final Supplier<FullHttpRequest> message;
    private final int maxBodyBytes;
    private final Enough enough;
    private final CompletableFuture<ProbeResponse> done;

    Question(
        HttpPeer peer,
        Supplier<FullHttpRequest> message,
        int maxBodyBytes,
        Enough enough,
        CompletableFuture<ProbeResponse> done) {
      this.peer = peer;
      this.message = message;
      this.maxBodyBytes = maxBodyBytes;
      this.enough = enough;
      this.done = done;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // it only cleans up after done
    void ask(HttpStream stream) {
      // The read time-out ends a silent response, this one that drips.
      Future<?> limit =
          stream
              .eventLoop()
              .schedule(
                  () -> {
                    expire(done);
                    stream.cancel();
                  },
                  nanos(),
                  NANOSECONDS);
      done.whenComplete(
          (response, failure) -> {
            if (failure != null) {
              limit.cancel(false);
              stream.cancel();
            }
          });
      stream.begin(
          message.get(), new ResponseCollector(stream, maxBodyBytes, new Answer(stream, limit)));
      stream.flush();
      stream.read();
    }

    /** Reads the response to one try of the question. On the event loop of its stream. */
    private final class Answer implements ResponseCollector.Reader {
      private final HttpStream stream;
      private final Future<?> limit;
      private boolean early;
      private int idleParts;

      Answer(HttpStream stream, Future<?> limit) {
        this.stream = stream;
        this.limit = limit;
      }

      @Override
      public boolean isEnough(int status, Supplier<ByteBuffer> kept) {
        ByteBuffer body = kept.get();
        try {
          early = body.remaining() >= maxBodyBytes || enough.test(status, body.asReadOnlyBuffer());
        } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
          done.completeExceptionally(e); // a third party's code
        }
        return early;
      }

      @Override
      public void onExcess() {
        if (early && ++idleParts > MAX_IDLE_PARTS) {
          limit.cancel(false);
          stream.cancel();
        }
      }

      @Override
      public void onResponse(Collected response) {
        done.complete(
            new ProbeResponse(
                response.status(), response.headers(), response.trailers(), response.content()));
        if (!early) { // else the rest is read for a while, to close in good order or to reuse
          onEnd();
        }
      }

      @Override
      public void onEnd() {
        limit.cancel(false);
      }

      @Override
      public void onFailure(PeerException cause) {
        limit.cancel(false);
        if (!stream.isReused()) {
          done.completeExceptionally(cause);
        } else if (!done.isDone()) {
          // That a server closes a connection that was idle says nothing of its health.
          EventLoop loop = connector.eventLoops().next();
          open(connector.openFresh(peer, loop), done, Question.this::ask);
        }
      }
    }
  }

  private long nanos() {
    return connect.plus(read).toNanos();
  }

  private void expire(CompletableFuture<?> done) {
    done.completeExceptionally(
        new TimeoutException(
            "no complete response within " + connect.plus(read).toMillis() + " ms"));
  }

  private interface Use {
    void with(HttpStream stream);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // it only cleans up after done
  private void open(HttpPeer peer, CompletableFuture<?> done, Use use) {
    done.whenComplete((result, failure) -> connector.retire(peer)); // backends come and go
    open(connector.openFresh(peer, connector.eventLoops().next()), done, use);
  }

  private static void open(Future<HttpStream> opening, CompletableFuture<?> done, Use use) {
    opening.addListener(
        future -> {
          if (!future.isSuccess()) {
            done.completeExceptionally(future.cause());
            return;
          }
          use.with(opening.getNow());
        });
  }

  /** Backends come and go: one that is asked no more keeps no connection. */
  @SuppressWarnings("FutureReturnValueIgnored") // it only cleans up after done
  private void endWithItsBackend(HttpPeer peer, CompletableFuture<?> done) {
    EventLoop loop = connector.eventLoops().next();
    done.whenComplete(
        (result, failure) -> {
          if (loop.isShuttingDown()) {
            return; // and ends all connections
          }
          Future<?> end =
              loop.schedule(
                  () -> {
                    kept.remove(peer);
                    connector.retire(peer);
                  },
                  idle.toNanos(),
                  NANOSECONDS);
          Future<?> before = kept.put(peer, end);
          if (before != null) {
            before.cancel(false);
          }
        });
  }

  private Alpn alpn(ProbeRequest request) {
    return switch (request.protocol()) {
      case AS_TRAFFIC -> traffic.alpn();
      case HTTP_2 -> Alpn.H2;
    };
  }

  private PeerOptions options(Alpn alpn, Optional<TlsOptions> tls) {
    return new PeerOptions(
        alpn,
        tls,
        new Timeouts(connect, connect, read, read, reuse ? idle : traffic.timeouts().idle()),
        new PoolLimits(UNLIMITED, 0, connect),
        traffic.socket(),
        traffic.http2(),
        traffic.responses());
  }

  private Optional<TlsOptions> tls(Backend backend, ProbeRequest request) {
    Optional<TlsOptions> tls =
        switch (request.security()) {
          case AS_TRAFFIC -> traffic.tls();
          case CLEAR -> Optional.empty();
          case TLS ->
              traffic
                  .tls()
                  .or(() -> Optional.of(new TlsOptions(TlsOptions.REQUEST_HOST, true, true)));
        };
    return tls.map(options -> named(options, name(backend, request)));
  }

  private static TlsOptions named(TlsOptions options, String host) {
    return options.isOfRequest() ? options.withServerName(host) : options;
  }

  /** What the certificate must be for when the traffic has no name for it: whom is asked for. */
  private static String name(Backend backend, ProbeRequest request) {
    for (var header : request.headers().entrySet()) {
      if (header.getKey().equalsIgnoreCase("host")) {
        return Endpoint.parse(header.getValue(), 443).host();
      }
    }
    return backend.endpoint().host();
  }

  private FullHttpRequest message(Backend backend, ProbeRequest request, boolean encrypted) {
    FullHttpRequest message =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1,
            HttpMethod.valueOf(request.method()),
            request.path(),
            Unpooled.wrappedBuffer(request.content()));
    request.headers().forEach(message.headers()::set);
    int length = message.content().readableBytes();
    if (length > 0) {
      message.headers().set(HttpHeaderNames.CONTENT_LENGTH, length);
    }
    if (!message.headers().contains(HttpHeaderNames.HOST)) {
      message
          .headers()
          .set(HttpHeaderNames.HOST, Peers.host(backend.endpoint(), traffic.tls(), encrypted));
    }
    if (!reuse) {
      message.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
    return message;
  }
}
