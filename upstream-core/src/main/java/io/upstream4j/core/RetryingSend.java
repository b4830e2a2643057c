package io.upstream4j.core;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.Future;
import io.upstream4j.api.spi.Scheduler;
import io.upstream4j.core.backends.Peers;
import io.upstream4j.core.connect.HttpStream;
import io.upstream4j.core.http.ResponseTooLargeException;
import io.upstream4j.core.http.UpstreamRequest;
import io.upstream4j.core.http.UpstreamResponse;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.runtime.Connections;
import io.upstream4j.core.runtime.OffLoopFuture;
import io.upstream4j.core.runtime.OpenSends;
import io.upstream4j.core.runtime.ResponseCollector;
import io.upstream4j.core.runtime.ResponseCollector.Collected;
import io.upstream4j.core.runtime.SharedServices;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One request that is sent whole, over its tries. Each step follows from the one before, on the
 * event loop that the stream is on; who waits may give up on any thread.
 */
final class RetryingSend implements OpenSends.Send {
  private final Exchange exchange;
  private final Connections connections;
  private final Scheduler scheduler; // waits before another try at the same backend
  private final OpenSends sendings;
  private final UpstreamRequest request;
  private final CompletableFuture<UpstreamResponse> done = new OffLoopFuture<>();
  private @Nullable HttpPeer peer;
  private volatile @Nullable Future<HttpStream> opening;

  RetryingSend(Exchange exchange, SharedServices shared, UpstreamRequest request) {
    this.exchange = exchange;
    this.connections = shared.connections();
    this.scheduler = shared.loop();
    this.sendings = shared.sendings();
    this.request = request;
  }

  /** Begins; called once. */
  @SuppressWarnings("FutureReturnValueIgnored") // it only cleans up after done
  CompletableFuture<UpstreamResponse> begin() {
    done.whenComplete(
        (response, failure) -> {
          sendings.remove(this);
          if (failure != null) {
            abandon();
          }
        });
    if (sendings.add(this)) {
      tryNext();
    } else {
      done.completeExceptionally(exchange.closed());
    }
    return done;
  }

  /** The upstreams were closed, and its event loop has not told how it went. */
  @Override
  public void abandonAtClose() {
    done.completeExceptionally(exchange.closed());
  }

  private void tryNext() {
    HttpPeer picked;
    try {
      picked = exchange.newHttpPeer();
    } catch (NoBackendException | IllegalStateException e) { // or it was given up meanwhile
      done.completeExceptionally(e);
      return;
    }
    peer = picked;
    await(connections.open(picked));
  }

  private void await(Future<HttpStream> future) {
    opening = future;
    if (done.isDone()) { // given up meanwhile, by another thread, which may have seen none
      abandon();
    }
    future.addListener(
        opened -> {
          if (future.isSuccess()) {
            exchangeOn(future.getNow());
          } else if (future.cause() instanceof PeerException e) {
            onBroken(e);
          } else {
            done.completeExceptionally(future.cause());
          }
        });
  }

  private void exchangeOn(HttpStream stream) {
    try {
      stream.begin(message(), new ResponseCollector(stream, request.maxBodyBytes(), new Reader()));
    } catch (IllegalArgumentException e) { // what this version of HTTP cannot express
      done.completeExceptionally(e);
      return;
    }
    stream.flush();
    stream.read();
  }

  private FullHttpRequest message() {
    FullHttpRequest message =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1,
            HttpMethod.valueOf(request.method()),
            request.target(),
            Unpooled.wrappedBuffer(request.body()));
    request.headers().forEach(header -> message.headers().add(header.name(), header.value()));
    int length = message.content().readableBytes();
    if (length > 0 || isWithBody(request.method())) {
      message.headers().set(HttpHeaderNames.CONTENT_LENGTH, length);
    }
    if (request.host() == null) {
      message.headers().set(HttpHeaderNames.HOST, Peers.host(peer()));
    }
    return message;
  }

  /** Methods whose requests tell that they have no body: RFC 9110, 8.6. */
  private static boolean isWithBody(String method) {
    return switch (method) {
      case "POST", "PUT", "PATCH" -> true;
      default -> false;
    };
  }

  private final class Reader implements ResponseCollector.Reader {
    @Override
    public void onHead(int status) {
      exchange.responded(status);
    }

    @Override
    public void onExcess() {
      done.completeExceptionally(new ResponseTooLargeException(peer(), request));
    }

    @Override
    public void onResponse(Collected response) {
      exchange.succeeded(response.status());
      exchange.close();
      done.complete(
          new UpstreamResponse(
              response.status(),
              response.headers(),
              response.trailers(),
              response.content(),
              peer().backend()));
    }

    @Override
    public void onFailure(PeerException cause) {
      onBroken(cause);
    }
  }

  private void onBroken(PeerException cause) {
    RetryStep next = exchange.failed(cause, Exchange.Body.REPEATABLE);
    switch (next.action()) {
      case SAME_PEER -> await(connections.open(peer()));
      case SAME_PEER_FRESH -> await(connections.openFresh(peer()));
      case NEXT_PEER -> {
        if (next.delay().isZero()) {
          tryNext();
        } else {
          scheduler.schedule(next.delay(), this::tryNext);
        }
      }
      case GIVE_UP -> done.completeExceptionally(cause);
    }
  }

  /** Nobody waits any more. */
  private void abandon() {
    exchange.close();
    Future<HttpStream> last = opening;
    if (last != null && !last.cancel(false) && last.isSuccess()) {
      last.getNow().cancel();
    }
  }

  private HttpPeer peer() {
    return requireNonNull(peer, "peer");
  }
}
