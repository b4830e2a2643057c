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
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One request and its response on an HTTP/1.1 connection. Everything but the methods of {@link
 * HttpStream} happens on the connection's loop.
 */
final class Http1Exchange implements HttpStream {
  private static final Logger LOG = System.getLogger(Http1Exchange.class.getName());

  private final Http1Connection connection;
  private final Channel channel;
  private final EventLoop loop;
  private final boolean reused;
  private final ResponseReader reader;

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

  private long waitingSince;

  /** Nothing more is told to the handler, and nothing more is sent. */
  private boolean over;

  Http1Exchange(Http1Connection connection, boolean reused) {
    this.connection = connection;
    this.channel = connection.channel;
    this.loop = connection.loop;
    this.reused = reused;
    this.reader = new ResponseReader(this, connection);
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
    if (reader.isWanted() && mayBeAnswered()) {
      waitingSince = System.nanoTime();
    }
    connection.timer.flushed();
  }

  private void doCancel() {
    if (over) {
      return;
    }
    over = true;
    reader.release();
    if (handler == null) {
      connection.giveBack(this);
    } else {
      connection.abandon(this);
    }
  }

  private void doRead() {
    if (over || reader.isWanted()) {
      return;
    }
    if (mayBeAnswered()) {
      waitingSince = System.nanoTime();
    }
    reader.want();
  }

  /** Whether the peer has all that it may need to answer: the request, or its head alone. */
  private boolean mayBeAnswered() {
    return requestEnded || bodyWritten == 0;
  }

  boolean isOver() {
    return over;
  }

  boolean isBegun() {
    return handler != null;
  }

  /** Whether the peer is to send, and the caller wants to have it. */
  boolean awaitsResponse() {
    return reader.isWanted()
        && !responseEnded
        && (requestEnded || cutOff || (bodyWritten == 0 && expectsContinue()));
  }

  private boolean expectsContinue() {
    HttpRequest request = head;
    return request != null && HttpUtil.is100ContinueExpected(request);
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
      reader.arrived(part);
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
    } else if (status == 100 && !expectsContinue()) {
      return;
    }
    reader.arrived(response);
  }

  void tell(HttpObject part) {
    requireNonNull(handler).onPart(part);
  }

  void tellReadComplete() {
    requireNonNull(handler).onReadComplete();
  }

  /** The last part: frees the connection, and then tells the handler. */
  void conclude(LastHttpContent last) {
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
    reader.readComplete();
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
    if (responseEnded) {
      // All has arrived; what the caller has not asked for yet is kept for it.
      reusable = false;
      reader.concludeIfEnded();
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
    reader.release();
    connection.abandon(this);
    Handler told = handler;
    if (told != null) {
      told.onFailure(cause);
    }
  }
}
