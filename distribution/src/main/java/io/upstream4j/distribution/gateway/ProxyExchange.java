package io.upstream4j.distribution.gateway;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.upstream4j.core.Exchange;
import io.upstream4j.core.NoBackendException;
import io.upstream4j.core.RetryStep;
import io.upstream4j.core.Upstream;
import io.upstream4j.core.connect.Connector;
import io.upstream4j.core.connect.HttpStream;
import io.upstream4j.core.connect.MemoryAccount;
import io.upstream4j.core.connect.codec.HeadCost;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way through the gateway: over one or more tries to a backend, and the response
 * on its way back. Its state is confined to the client's event loop; a stream on another loop is
 * heard there, and what it says is passed on to the client's.
 *
 * <p>Three things go on at once, each at its own pace: the request's body comes in ({@link
 * RequestBody}), a stream to a backend is sought and found, the response goes out. It is over when
 * the response is complete or can no longer become so.
 */
final class ProxyExchange implements HttpStream.Handler {
  private static final int CLIENT_LEFT = 499; // as nginx logs it; it is never sent

  private static final BadRequest SHORT_OF_MEMORY =
      new BadRequest(
          HttpResponseStatus.SERVICE_UNAVAILABLE,
          "the gateway is short of memory, and this connection holds much of it");

  private final ClientSide client;
  private final Gateway gateway;
  private final EventLoop loop;
  private final HttpRequest request;
  private final ForwardHeaders headers;
  private final MemoryAccount account;
  private final RequestBody body;
  private final String requested; // the target as received
  private final boolean hostKnown;
  private final @Nullable AccessEntry entry;
  private boolean keepAlive;

  private @Nullable NettyRequestView view;
  private @Nullable RouteTable<RouteTarget> routes;
  private @Nullable Upstream upstream;
  private @Nullable Exchange exchange;
  private @Nullable HttpPeer peer;
  private @Nullable Future<HttpStream> opening;
  private @Nullable Future<?> delayed; // another try at the same backend
  private @Nullable HttpStream stream;
  private int status;
  private boolean responding;
  private boolean unflushed; // some of the request was written and not yet sent
  private boolean readPending; // more of the response is wanted once the client has taken this
  private ResponseEnd responseEnd = ResponseEnd.BODY;
  private boolean tunnel; // the client and the backend speak another protocol
  private boolean over;

  ProxyExchange(ClientSide client, Gateway gateway, HttpRequest request, ForwardHeaders headers) {
    this.client = client;
    this.gateway = gateway;
    this.loop = client.channel().eventLoop();
    this.request = request;
    this.headers = headers;
    this.account = client.account().part();
    this.account.add(HeadCost.of(request.headers()) + request.uri().length());
    this.body =
        new RequestBody(
            client.channel().alloc(), account, client::consumed, headers.hasBody(request));
    this.requested = request.uri();
    this.hostKnown = headers.host() != null;
    this.entry = AccessEntry.begin(gateway.accessLog(), headers, request);
    this.keepAlive = headers.isKeepAlive();
  }

  /** Finds the upstream of the request, whose head was read and found right, and begins. */
  void begin(NettyRequestView shown) {
    if (!client.account().mayBegin()) {
      gateway.shed();
      answer(SHORT_OF_MEMORY.status(), SHORT_OF_MEMORY.reason());
      return;
    }
    RouteTable<RouteTarget> table = gateway.routes();
    RouteTarget target = table.find(headers.host(), requested);
    Upstream found = target == null ? null : target.upstream();
    if (target == null || found == null) {
      BadRequest refusal = table.refusal(requested);
      if (target != null) {
        answer(HttpResponseStatus.valueOf(target.status()), "refused by a route");
      } else if (refusal == null) {
        answer(HttpResponseStatus.NOT_FOUND, "no route for this host and path");
      } else {
        answer(refusal.status(), refusal.reason());
      }
      return;
    }
    routes = table;
    view = shown;
    shown.show(request, headers.host(), headers.forwardedFor());
    headers.toBackend(request);
    TraceParents traces = gateway.traces();
    if (traces != null) {
      traces.putInto(request.headers());
    }
    routeTo(table, target, found, shown);
    tryNext();
  }

  /** Whether another configuration, in force since the request was routed, leads it elsewhere. */
  private boolean isMoved() {
    RouteTable<RouteTarget> now = gateway.routes();
    NettyRequestView shown = view;
    if (now == routes || shown == null) {
      return false;
    }
    routes = now;
    RouteTarget target = now.find(headers.host(), requested);
    Upstream found = target == null ? null : target.upstream();
    if (target == null || found == null || found == upstream) {
      return false;
    }
    exchange().close();
    routeTo(now, target, found, shown);
    return true;
  }

  private void routeTo(
      RouteTable<RouteTarget> table, RouteTarget target, Upstream found, NettyRequestView shown) {
    upstream = found;
    request.setUri(
        target.replacement() == null
            ? table.forwarded(requested)
            : target.rewritten(table.path(requested), requested));
    exchange = found.begin(shown);
    if (entry != null) {
      entry.routed(found.name());
    }
  }

  private void tryNext() {
    HttpPeer picked;
    try {
      picked = exchange().newHttpPeer();
    } catch (NoBackendException e) {
      if (isMoved()) {
        tryNext();
        return;
      }
      note(e.reason());
      answer(HttpResponseStatus.SERVICE_UNAVAILABLE, GatewayErrors.reason(e.refusal()));
      return;
    }
    HttpPeer reached = headers.asksForUpgrade() ? picked.overHttp1().orElse(picked) : picked;
    peer = reached;
    if (entry != null) {
      entry.picked(picked);
    }
    if (!hostKnown) { // HTTP/1.0 may do without
      request.headers().set(HttpHeaderNames.HOST, picked.backend().endpoint().toString());
    }
    await(gateway.connector().open(reached, loop));
  }

  private void await(Future<HttpStream> future) {
    opening = future;
    if (future.isDone()) { // an idle connection of this loop
      onOpened(future);
    } else {
      future.addListener(
          ignored -> {
            if (loop.inEventLoop()) {
              onOpened(future);
            } else {
              loop.execute(() -> onOpened(future));
            }
          });
    }
  }

  @SuppressWarnings("ReferenceEquality") // the very future that is awaited
  private void onOpened(Future<HttpStream> future) {
    if (opening != future) { // given up meanwhile
      if (future.isSuccess()) {
        future.getNow().cancel();
      }
      return;
    }
    opening = null;
    if (!future.isSuccess()) {
      if (future.cause() instanceof PeerException e) {
        onBroken(e);
      } else {
        exchange().close();
        answer(HttpResponseStatus.INTERNAL_SERVER_ERROR, "the gateway failed");
        throw new IllegalStateException("opening a stream", future.cause());
      }
      return;
    }
    HttpStream opened = future.getNow();
    stream = opened;
    opened.begin(request, this);
    body.sendTo(opened);
    unflushed = true;
    client.flushContentSoon(this);
    opened.read();
  }

  // The request's body.

  /** Whether the request was read to its end. */
  boolean isRequestComplete() {
    return body.isComplete();
  }

  /** Whether the backend takes what the client sends. */
  boolean takesContent() {
    HttpStream current = stream;
    return current != null && current.isWritable();
  }

  /**
   * Whether more of the body may be read from the client: while the backend takes it, and some
   * ahead, so that a client that leaves is noticed behind it.
   */
  boolean wantsContent() {
    return takesContent() || (!tunnel && body.hasRoom());
  }

  /** Takes a part of the body, which may be its end, or of what goes through the tunnel. */
  void onContent(HttpContent content) {
    if (content instanceof LastHttpContent last) {
      ForwardHeaders.stripTrailers(last.trailingHeaders());
    }
    HttpStream current = stream;
    if (tunnel && current != null) {
      int length = content.content().readableBytes();
      current.write(content);
      client.consumed(length);
      unflushed = true;
      return;
    }
    body.add(content, stream);
    unflushed |= stream != null;
  }

  /** Sends what was written to the backend. */
  void flushContent() {
    HttpStream current = stream;
    if (current == null) {
      return;
    }
    unflushed |= body.sendWaiting(current);
    if (unflushed) {
      unflushed = false;
      current.flush();
    }
  }

  @Override
  public void onWritable() {
    onLoop(ProxyExchange::afterWritable);
  }

  private void afterWritable() {
    flushContent();
    client.readIfWanted();
  }

  // The response.

  @Override
  public void onPart(HttpObject part) {
    if (loop.inEventLoop()) {
      take(part);
    } else {
      loop.execute(() -> take(part));
    }
  }

  private void take(HttpObject part) {
    if (over) {
      ReferenceCountUtil.release(part);
      return;
    }
    if (part instanceof HttpResponse head) {
      onHead(head);
    } else if (!responding) {
      ReferenceCountUtil.release(part); // what ends an interim response
    } else if (responseEnd == ResponseEnd.HEAD) {
      ReferenceCountUtil.release(part);
      if (part instanceof LastHttpContent) {
        client.write(LastHttpContent.EMPTY_LAST_CONTENT);
        onEnd();
      }
    } else {
      boolean last = part instanceof LastHttpContent;
      if (last) {
        ForwardHeaders.stripTrailers(((LastHttpContent) part).trailingHeaders());
      }
      HttpContent content = (HttpContent) part;
      if (entry != null) {
        entry.sent(content.content().readableBytes());
      }
      client.write(content);
      if (last) {
        onEnd();
      }
    }
  }

  private void onHead(HttpResponse head) {
    if (head.status().codeClass() == HttpStatusClass.INFORMATIONAL) {
      onInterim(head);
      return;
    }
    if (isProblem(head)) {
      return;
    }
    responding = true;
    status = head.status().code();
    exchange().responded(status);
    body.forget();
    headers.toClient(head, stream);
    responseEnd = ResponseEnd.frame(head, request.method(), headers, stream);
    // An answer before the request's end: the client may stop sending, and then nobody knows where
    // its next request begins.
    keepAlive &= responseEnd != ResponseEnd.CONNECTION && body.isComplete() && client.staysOpen();
    setConnection(head.headers());
    client.counters().responded(status);
    client.writeHead(head, request.method().equals(HttpMethod.HEAD));
  }

  /** Whether the head is none that the client can make use of: then the try has failed. */
  private boolean isProblem(HttpResponse head) {
    String problem = client.problem(head);
    if (problem != null) {
      onBroken(
          PeerException.sent(
              requireNonNull(peer, "peer"), PeerException.Failure.NOT_SWITCHED, problem));
    }
    return problem != null;
  }

  private void setConnection(HttpHeaders fields) {
    if (!keepAlive) {
      fields.add(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    } else if (headers.isHttp10()) {
      fields.add(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
    }
  }

  private void onInterim(HttpResponse head) {
    if (head.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)) {
      onSwitch(head);
      return;
    }
    if (headers.isHttp10()) {
      return; // RFC 9110, 15.2
    }
    headers.toClient(head, stream);
    client.counters().responded(head.status().code());
    client.writeHead(
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            head.status(),
            Unpooled.EMPTY_BUFFER,
            head.headers(),
            LastHttpContent.EMPTY_LAST_CONTENT.trailingHeaders()),
        false);
    client.flush();
  }

  /** The backend grants another protocol: what follows is not looked at. */
  private void onSwitch(HttpResponse head) {
    if (!headers.asksForUpgrade()) {
      onBroken(
          PeerException.sent(
              requireNonNull(peer, "peer"),
              PeerException.Failure.PROTOCOL,
              "101 without having been asked to switch"));
      return;
    }
    if (isProblem(head)) {
      return;
    }
    responding = true;
    tunnel = true;
    keepAlive = false;
    status = head.status().code();
    exchange().responded(status);
    body.forget();
    headers.upgradeToClient(head, stream);
    client.counters().responded(status);
    client.openTunnel(head);
  }

  private void onEnd() {
    exchange().succeeded(status);
    HttpStream ended = stream;
    if (!body.isComplete() && ended != null) {
      ended.cancel(); // the rest of the body has nowhere to go
    }
    end();
  }

  @Override
  public void onReadComplete() {
    onLoop(ProxyExchange::afterRead);
  }

  private void afterRead() {
    client.flush();
    readPending = true;
    onClientWritable();
  }

  /** The client takes more of the response. */
  void onClientWritable() {
    HttpStream current = stream;
    if (readPending && current != null && client.isWritable()) {
      readPending = false;
      current.read();
    }
  }

  @Override
  public MemoryAccount account() {
    return account;
  }

  // Ends.

  @Override
  public void onFailure(PeerException cause) {
    if (loop.inEventLoop()) {
      broken(cause);
    } else {
      loop.execute(() -> broken(cause));
    }
  }

  private void broken(PeerException cause) {
    if (!over) {
      stream = null;
      onBroken(cause);
    }
  }

  private void onBroken(PeerException cause) {
    HttpStream left = stream;
    if (left != null) {
      stream = null;
      left.cancel();
    }
    if (tunnel) { // either side may have ended it, in whatever way
      exchange().succeeded(status);
      breakOff();
      return;
    }
    RetryStep next =
        exchange()
            .failed(
                cause,
                !responding && body.canRepeat() ? Exchange.Body.REPEATABLE : Exchange.Body.GONE);
    HttpPeer same = requireNonNull(peer, "peer");
    Connector connector = gateway.connector();
    if (next.action() != RetryStep.Action.GIVE_UP) {
      client.counters().retries.increment();
    }
    switch (next.action()) {
      case SAME_PEER -> await(connector.open(same, loop));
      case SAME_PEER_FRESH -> await(connector.openFresh(same, loop));
      case NEXT_PEER -> tryNext(next.delay());
      case GIVE_UP -> giveUp(cause);
    }
  }

  private void tryNext(Duration delay) {
    if (delay.isZero()) {
      tryNext();
    } else {
      delayed =
          loop.schedule(
              () -> {
                delayed = null;
                tryNext();
              },
              delay.toNanos(),
              TimeUnit.NANOSECONDS);
    }
  }

  private void giveUp(PeerException cause) {
    note(cause.detail());
    if (responding) {
      breakOff();
    } else {
      answer(GatewayErrors.status(cause), GatewayErrors.reason(cause));
    }
  }

  /** Keeps for the access log what went wrong, of which the client is told the kind only. */
  private void note(String error) {
    if (entry != null) {
      entry.failed(error);
    }
  }

  /** Answers the client instead of a backend. */
  void answer(HttpResponseStatus failure, String reason) {
    note(reason);
    FullHttpResponse response = GatewayErrors.response(failure, reason);
    status = failure.code();
    keepAlive &= (body.isComplete() || body.isEmpty()) && client.staysOpen();
    setConnection(response.headers());
    client.counters().responded(status);
    client.counters().errors.increment();
    boolean answersHead = request.method().equals(HttpMethod.HEAD);
    if (entry != null && !answersHead) {
      entry.sent(response.content().readableBytes());
    }
    client.writeHead(response, answersHead);
    end();
  }

  /** The client breaks the rules in the middle of its request. */
  void refuse(BadRequest problem) {
    cancelTry();
    keepAlive = false;
    if (responding) {
      note(problem.reason());
      breakOff();
    } else {
      answer(problem.status(), problem.reason());
    }
  }

  /** Cuts the response off, in a way that the client can tell from its end. */
  private void breakOff() {
    client.counters().broken.increment();
    finish(false);
    client.breakOff(responseEnd == ResponseEnd.CONNECTION);
  }

  /** The client is gone. */
  void abandon() {
    cancelTry();
    finish(tunnel); // which has no other end
  }

  private void cancelTry() {
    Future<?> retry = delayed;
    if (retry != null) {
      delayed = null;
      retry.cancel(false);
    }
    Future<HttpStream> awaited = opening;
    if (awaited != null) {
      opening = null;
      awaited.cancel(false);
    }
    HttpStream left = stream;
    if (left != null) {
      stream = null;
      left.cancel();
    }
  }

  /** What the request makes the gateway hold, the response on its way to the client apart. */
  long held() {
    return account.used();
  }

  /** The gateway is short of memory, and this request holds more of it than others. */
  void shed() {
    refuse(SHORT_OF_MEMORY);
  }

  private void end() {
    finish(true);
    client.exchangeEnded(keepAlive, body.isComplete() || body.isEmpty());
  }

  private void finish(boolean complete) {
    over = true;
    Exchange tries = exchange;
    if (tries != null) {
      tries.close();
    }
    body.release();
    account.close();
    if (entry != null) {
      entry.end(status == 0 ? CLIENT_LEFT : status, complete);
    }
  }

  private void onLoop(Consumer<ProxyExchange> action) {
    if (!loop.inEventLoop()) {
      loop.execute(() -> onLoop(action));
    } else if (!over) {
      action.accept(this);
    }
  }

  private Exchange exchange() {
    return requireNonNull(exchange, "exchange");
  }
}
