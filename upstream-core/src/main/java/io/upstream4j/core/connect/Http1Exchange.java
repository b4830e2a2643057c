package io.upstream4j.core.connect;

import static java.util.Objects.requireNonNull;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import java.lang.System.Logger;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One request and its response on an HTTP/1.1 connection. Everything but the methods of {@link
 * HttpStream} happens on the connection's loop.
 *
 * <p>A read is pending from the time that the connection was idle, so a response can arrive before
 * the caller asks for it. What arrives so is kept until it does, and no more is read meanwhile.
 */
final class Http1Exchange implements HttpStream {
  private static final Logger LOG = System.getLogger(Http1Exchange.class.getName());

  private final Http1Connection connection;
  private final Channel channel;
  private final EventLoop loop;
  private final boolean reused;

  private @Nullable Handler handler;
  private @Nullable HttpRequest head;
  private @Nullable PeerException failure;

  // The request. What is left of its body, or RequestFraming.CHUNKED.
  private long bodyLeft;
  private boolean requestEnded;
  private boolean flushed;
  private long bodyWritten;

  /** The peer takes no more of the request. */
  private boolean cutOff;

  // The response.
  private boolean responseBegun;
  private boolean interim;
  private boolean responseEnded;
  private boolean reusable;

  // Reading.
  private boolean wanted;
  private boolean delivered;
  private boolean draining;
  private @Nullable Queue<HttpObject> early;
  private @Nullable LastHttpContent ending;
  private long waitingSince;

  /** Nothing more is told to the handler, and nothing more is sent. */
  private boolean over;

  Http1Exchange(Http1Connection connection, boolean reused) {
    this.connection = connection;
    this.channel = connection.channel;
    this.loop = connection.loop;
    this.reused = reused;
  }

  @Override
  public HttpPeer peer() {
    return connection.peer;
  }

  @Override
  public EventLoop eventLoop() {
    return loop;
  }

  @Override
  public boolean isReused() {
    return reused;
  }

  @Override
  public boolean isWritable() {
    return channel.isWritable();
  }

  @Override
  public void begin(HttpRequest head, Handler handler) {
    requireNonNull(handler, "handler");
    long bodyLength;
    try {
      bodyLength = RequestFraming.bodyLength(head);
    } catch (IllegalArgumentException e) {
      ReferenceCountUtil.release(head);
      cancel();
      throw e;
    }
    if (loop.inEventLoop()) {
      doBegin(head, bodyLength, handler);
    } else {
      execute(() -> doBegin(head, bodyLength, handler), head);
    }
  }

  @Override
  public void write(HttpContent part) {
    if (loop.inEventLoop()) {
      doWrite(part);
    } else {
      execute(() -> doWrite(part), part);
    }
  }

  @Override
  public void flush() {
    if (loop.inEventLoop()) {
      doFlush();
    } else {
      execute(this::doFlush, null);
    }
  }

  @Override
  public void read() {
    if (loop.inEventLoop()) {
      doRead();
    } else {
      execute(this::doRead, null);
    }
  }

  @Override
  public void cancel() {
    if (loop.inEventLoop()) {
      doCancel();
    } else {
      execute(this::doCancel, null);
    }
  }

  private void execute(Runnable task, @Nullable Object message) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) {
      // The connector was closed, and the handler told so.
      ReferenceCountUtil.release(message);
    }
  }

  private void doBegin(HttpRequest request, long bodyLength, Handler told) {
    if (handler != null) {
      ReferenceCountUtil.release(request);
      throw new IllegalStateException("begin() was called before (expected: once)");
    }
    handler = told;
    if (over) {
      ReferenceCountUtil.release(request);
      PeerException cause = failure;
      if (cause != null) {
        // Later, so that the caller is not called back from inside its own call.
        loop.execute(() -> told.onFailure(cause));
      }
      return;
    }
    head = request;
    bodyLeft = bodyLength;
    requestEnded = request instanceof LastHttpContent;
    reusable = HttpUtil.isKeepAlive(request);
    connection.use();
    connection.decoder.expectHead(HttpMethod.HEAD.equals(request.method()));
    connection.timer.start();
    send(request);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // failures come to exceptionCaught
  private void send(Object message) {
    // With a void promise nothing is allocated.
    ChannelHandlerContext ctx = connection.context();
    ctx.write(message, ctx.voidPromise());
  }

  private void doWrite(HttpContent part) {
    if (over || cutOff) {
      part.release();
      return;
    }
    int length = part.content().readableBytes();
    boolean last = part instanceof LastHttpContent;
    if (handler == null || requestEnded) {
      part.release();
      misused("a part of the body was written outside of the request");
      return;
    }
    if (bodyLeft != RequestFraming.CHUNKED) {
      bodyLeft -= length;
      if (bodyLeft < 0 || (last && bodyLeft > 0)) {
        part.release();
        misused("the request's body is not as long as its content-length says");
        return;
      }
    }
    requestEnded = last;
    bodyWritten += length;
    send(part);
  }

  private void misused(String detail) {
    fail(Failure.PROTOCOL, detail);
  }

  private void doFlush() {
    if (over || cutOff || handler == null) {
      return;
    }
    flushed = true;
    connection.context().flush();
    if (over) {
      return;
    }
    if (requestEnded && wanted) {
      waitingSince = System.nanoTime();
    }
    connection.timer.flushed();
  }

  private void doCancel() {
    if (over) {
      return;
    }
    over = true;
    releaseUndelivered();
    if (handler == null) {
      connection.giveBack(this);
    } else {
      connection.abandon(this);
    }
  }

  private void doRead() {
    if (over || wanted) {
      return;
    }
    wanted = true;
    if (requestEnded) {
      waitingSince = System.nanoTime();
    }
    if (early == null) {
      channel.read();
    } else if (!draining) {
      drain();
    }
  }

  /** Delivers what arrived before it was asked for. */
  private void drain() {
    draining = true;
    Queue<HttpObject> parts = early;
    while (wanted && !over && parts != null) {
      for (HttpObject part = parts.poll(); part != null && !over; part = parts.poll()) {
        deliver(part);
      }
      if (over) {
        break;
      }
      parts = early = null;
      if (connection.isInRead()) {
        // The end of the read that is going on completes this one too.
        break;
      }
      readDelivered();
      parts = early;
    }
    draining = false;
    if (wanted && !over && early == null) {
      channel.read();
    }
  }

  private void readDelivered() {
    Handler told = handler;
    delivered = false;
    wanted = false;
    if (told != null) {
      told.onReadComplete();
    }
  }

  boolean isBegun() {
    return handler != null;
  }

  /** Whether the peer is to send, and the caller wants to have it. */
  boolean awaitsResponse() {
    return wanted && (requestEnded || cutOff) && !responseEnded;
  }

  /** For tests. */
  Channel channel() {
    return channel;
  }

  /** How many bytes wait for the socket, for tests. */
  long unsentBytes() {
    return connection.unsentBytes();
  }

  /** How many bytes of the body were written, sent or not. */
  long bodyWritten() {
    return bodyWritten;
  }

  long waitingSince() {
    return waitingSince;
  }

  void restartReadClock(long now) {
    waitingSince = now;
  }

  /** Called for bytes that arrived: whether they belong to the response. */
  boolean expectBytes() {
    if (!flushed || responseEnded || over) {
      return false;
    }
    responseBegun = true;
    return true;
  }

  void unexpectedBytes() {
    if (responseEnded) {
      reusable = false;
    } else {
      end(
          reused
              ? PeerException.stale(peer(), true, "the peer sent bytes that nobody asked for")
              : PeerException.unsent(
                  peer(), Failure.PROTOCOL, "the peer sent bytes before the request"));
    }
  }

  /** A part of the response, decoded. */
  void received(HttpObject part) {
    DecoderResult result = part.decoderResult();
    if (over || result.isFailure()) {
      ReferenceCountUtil.release(part);
      // A connection that ends inside a head is told by disconnected().
      if (!over && !(result.cause() instanceof PrematureChannelClosureException)) {
        malformed(String.valueOf(result.cause().getMessage()));
      }
      return;
    }
    if (part instanceof HttpResponse response) {
      receivedHead(response);
    } else if (interim && part instanceof LastHttpContent) {
      interim = false;
      connection.decoder.expectNextHead();
    } else {
      responseEnded = part instanceof LastHttpContent;
      deliver(part);
    }
  }

  private void receivedHead(HttpResponse response) {
    int status = response.status().code();
    if (status == 101) {
      fail(Failure.PROTOCOL, "the peer switched protocols, which this version does not");
      return;
    }
    interim = status < 200;
    if (!interim) {
      reusable &= HttpUtil.isKeepAlive(response);
    } else if (status == 100 && !HttpUtil.is100ContinueExpected(requireNonNull(head))) {
      return;
    }
    deliver(response);
  }

  private void deliver(HttpObject part) {
    Queue<HttpObject> before = early;
    if (!draining && (!wanted || before != null)) {
      if (before == null) {
        before = early = new ArrayDeque<>();
      }
      before.add(part);
      return;
    }
    if (!(part instanceof LastHttpContent last)) {
      delivered = true;
      requireNonNull(handler).onPart(part);
    } else if (connection.isInRead()) {
      // Bytes that nobody asked for may be right behind it: the read has to end first.
      ending = last;
    } else {
      conclude(last);
    }
  }

  /** The last part: frees the connection, and then tells the handler. */
  private void conclude(LastHttpContent last) {
    ending = null;
    over = true;
    connection.finish(this);
    try {
      requireNonNull(handler).onPart(last);
    } catch (RuntimeException e) {
      // The connection may serve another exchange already, which must not suffer for it.
      LOG.log(Logger.Level.ERROR, peer() + ": an exchange's handler failed", e);
    }
  }

  /** The socket has no more for now. */
  void readComplete() {
    LastHttpContent last = ending;
    if (last != null) {
      conclude(last);
    } else if (wanted && early == null) {
      waitingSince = System.nanoTime();
      if (delivered) {
        readDelivered();
      } else {
        channel.read();
      }
    }
  }

  boolean leavesConnectionReusable() {
    return requestEnded && reusable && responseEnded;
  }

  void writable() {
    Handler told = handler;
    if (!over && !requestEnded && told != null) {
      told.onWritable();
    }
  }

  /** The peer takes no more of the request, which does not mean that it has not answered. */
  void outputShut() {
    cutOff = true;
    reusable = false;
    if (!over && !responseEnded) {
      waitingSince = System.nanoTime();
      channel.read();
    }
  }

  boolean isCutOff() {
    return cutOff;
  }

  void malformed(String detail) {
    fail(Failure.PROTOCOL, "the response is not valid HTTP/1.1: " + detail);
  }

  /** The connection ended without TLS's goodbye. */
  void truncated() {
    if (!responseEnded) {
      disconnected("the peer closed the connection without TLS's close_notify");
    }
  }

  /** The connection ended. */
  void disconnected(String detail) {
    LastHttpContent last = ending;
    if (last != null) {
      reusable = false;
      conclude(last);
    } else if (responseEnded) {
      // All has arrived; what the caller has not asked for yet is kept for it.
      reusable = false;
    } else if (reused && !responseBegun) {
      end(PeerException.stale(peer(), !flushed, detail));
    } else {
      fail(Failure.CLOSED, detail);
    }
  }

  void fail(Failure kind, String detail) {
    end(
        flushed
            ? PeerException.sent(peer(), kind, detail)
            : PeerException.unsent(peer(), kind, detail));
  }

  private void end(PeerException cause) {
    if (over) {
      return;
    }
    over = true;
    failure = cause;
    releaseUndelivered();
    connection.abandon(this);
    Handler told = handler;
    if (told != null) {
      told.onFailure(cause);
    }
  }

  private void releaseUndelivered() {
    Queue<HttpObject> parts = early;
    early = null;
    if (parts != null) {
      parts.forEach(ReferenceCountUtil::release);
    }
    ReferenceCountUtil.release(ending);
    ending = null;
  }
}
