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
import io.upstream4j.core.connect.codec.HeadCost;
import io.upstream4j.core.connect.memory.MemoryAccount;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A request on its way through the gateway, with one or more tries to reach a backend, and its
 * response. Its state is confined to the client's event loop; events of a stream on another loop
 * are passed on to it.
 *
 * <p>Three activities proceed independently: the request's body is received ({@link RequestBody}),
 * a stream to a backend is opened, and the response is sent. The exchange ends when the response is
 * complete or can no longer be completed.
 */
final class ProxyExchange implements HttpStream.Handler {
  private static final int CLIENT_LEFT = 499; // as in nginx's log; never sent

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
  private @Nullable Future<?> delayed; // a retry at the same backend
  private @Nullable HttpStream stream;
  private int status;
  private boolean responding;
  private boolean unflushed; // parts of the request were written, but not flushed
  private boolean readPending; // read more of the response once the client has taken this part
  private ResponseEnd responseEnd = ResponseEnd.BODY;
  private boolean tunnel; // the client and the backend use another protocol
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

  /** Routes a request whose head was read and is valid, and starts it. */
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

  /** Returns whether a newer configuration routes the request elsewhere. */
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
    if (!hostKnown) { // HTTP/1.0 does not require it
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

  @SuppressWarnings("ReferenceEquality") // identity is intended
  private void onOpened(Future<HttpStream> future) {
    if (opening != future) { // cancelled meanwhile
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

  /** Returns whether the whole request was read. */
  boolean isRequestComplete() {
    return body.isComplete();
  }

  /** Returns whether the backend takes what the client sends. */
  boolean takesContent() {
    HttpStream current = stream;
    return current != null && current.isWritable();
  }

  /**
   * Returns whether more of the body may be read from the client: while the backend takes it, and a
   * limited amount ahead of it, so that a client that leaves is noticed.
   */
  boolean wantsContent() {
    return takesContent() || (!tunnel && body.hasRoom());
  }

  /** Handles a part of the body, including its end, or data of a tunnel. */
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

  /** Flushes what was written to the backend. */
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
      ReferenceCountUtil.release(part); // the end of an interim response
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
    // If the response is complete before the request, the client may stop sending, and the start of
    // its next request is then unknown.
    keepAlive &= responseEnd != ResponseEnd.CONNECTION && body.isComplete() && client.staysOpen();
    setConnection(head.headers());
    client.counters().responded(status);
    client.writeHead(head, request.method().equals(HttpMethod.HEAD));
  }

  /** Returns whether the head is not valid for the client, so that the try has failed. */
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
      return; // RFC 9110, section 15.2
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

  /** Handles a switch of protocols; what follows is not interpreted. */
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
      ended.cancel(); // the rest of the body is not needed
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

  /** Called when the client takes more of the response. */
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

  // The end of the exchange.

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
    if (tunnel) { // either side may have ended it
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

  /** Records the error for the access log; the client receives only its kind. */
  private void note(String error) {
    if (entry != null) {
      entry.failed(error);
    }
  }

  /** Answers the client without a backend. */
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

  /** Called when the client violates the protocol within its request. */
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

  /** Cuts off the response in a way that the client can distinguish from its end. */
  private void breakOff() {
    client.counters().broken.increment();
    finish(false);
    client.breakOff(responseEnd == ResponseEnd.CONNECTION);
  }

  /** Called when the client is gone. */
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

  /** Returns the memory held for the request, without the response that is being sent. */
  long held() {
    return account.used();
  }

  /** Aborts the request because memory is short and it holds more than others. */
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
