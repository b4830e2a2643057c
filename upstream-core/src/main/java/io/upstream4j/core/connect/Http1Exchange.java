package io.upstream4j.core.connect;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Promise;
import io.upstream4j.core.peer.CloseReason;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import org.jspecify.annotations.Nullable;

/**
 * One request and its response on an HTTP/1.1 connection. Everything but the methods of {@link
 * HttpStream} happens on the connection's loop.
 */
final class Http1Exchange extends LoopStream {
  private final Http1Connection connection;
  private final Channel channel;
  private final boolean reused;
  private final boolean pooled;
  private final Http1RequestWriter writer;
  private final Http1ResponseReader reader;

  private @Nullable PeerException failure;

  // The response.
  private boolean responseBegun;
  private boolean interim;
  private boolean responseEnded;
  private boolean reusable;

  private long waitingSince;

  /** Nothing more is told to the handler, and nothing more is sent. */
  private boolean over;

  /**
   * @param reused whether the connection served another before
   * @param pooled whether it may have ended in the meantime, without that it was noticed yet
   */
  Http1Exchange(Http1Connection connection, boolean reused, boolean pooled) {
    super(connection.loop);
    this.connection = connection;
    this.channel = connection.channel;
    this.reused = reused;
    this.pooled = pooled;
    this.writer = new Http1RequestWriter(connection);
    this.reader = new Http1ResponseReader(this, connection);
  }

  @Override
  public HttpPeer peer() {
    return connection.peer;
  }

  @Override
  public boolean isReused() {
    return reused;
  }

  @Override
  public boolean isHttp2() {
    return false;
  }

  @Override
  boolean doIsWritable() {
    return channel.isWritable();
  }

  @Override
  void doBegin(HttpRequest request, long bodyLength, Handler told) {
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
    if (pooled && !isRepeatable(request) && connection.hasPeerEnded()) {
      ReferenceCountUtil.release(request);
      over = true;
      connection.abandon(this, CloseReason.PEER_CLOSED);
      PeerException cause =
          PeerException.stale(peer(), true, "the peer had closed the idle connection");
      loop.execute(() -> told.onFailure(cause));
      return;
    }
    reusable = HttpUtil.isKeepAlive(request);
    writer.begin(request, bodyLength);
  }

  /** Whether a second try would do no harm, when the first was sent to a closed connection. */
  private static boolean isRepeatable(HttpRequest request) {
    HttpMethod method = request.method();
    return HttpMethod.GET.equals(method) || HttpMethod.HEAD.equals(method);
  }

  @Override
  void doWrite(HttpContent part) {
    if (over) {
      part.release();
      return;
    }
    String misuse = writer.write(part);
    if (writer.isEnded()) {
      waitingSince = System.nanoTime(); // the timer may look before the flush
    }
    if (misuse != null) {
      fail(Failure.INVALID_REQUEST, misuse);
    }
  }

  @Override
  void doFlush() {
    if (over) {
      return;
    }
    writer.flush();
    if (over) {
      return;
    }
    if (reader.isWanted() && writer.mayBeAnswered()) {
      waitingSince = System.nanoTime();
    }
    connection.timer.flushed();
  }

  @Override
  void doCancel() {
    if (over) {
      return;
    }
    over = true;
    reader.release();
    if (handler == null) {
      connection.giveBack(this);
    } else {
      connection.abandon(this, CloseReason.ABANDONED);
    }
  }

  @Override
  void doRead() {
    if (over || reader.isWanted()) {
      return;
    }
    if (writer.mayBeAnswered()) {
      waitingSince = System.nanoTime();
    }
    reader.want();
  }

  /** What the connection carries is not HTTP but the handler's business, from now on. */
  void giveTo(ChannelHandler other, Promise<Channel> taken) {
    if (connection.isOpen()) {
      connection.giveTo(other);
      taken.trySuccess(channel);
    } else {
      taken.tryFailure(
          PeerException.unsent(peer(), Failure.CONNECT, "the peer closed the connection at once"));
    }
  }

  @Override
  boolean isOver() {
    return over;
  }

  boolean isBegun() {
    return handler != null;
  }

  /** Whether the peer is to send, and the caller wants to have it. */
  boolean awaitsResponse() {
    return reader.isWanted() && !responseEnded && writer.needsAnswer();
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
    return writer.bodyWritten();
  }

  long waitingSince() {
    return waitingSince;
  }

  /** Some of what waited for the socket may have left. */
  void noteUnsent() {
    writer.noteUnsent();
  }

  void restartReadClock(long now) {
    waitingSince = now;
  }

  /** Called for bytes that arrived: whether they belong to the response. */
  boolean expectBytes() {
    if (!writer.isFlushed() || responseEnded || over) {
      return false;
    }
    responseBegun = true;
    return true;
  }

  void unexpectedBytes() {
    if (responseEnded) {
      reusable = false;
      connection.endsFor(CloseReason.PROTOCOL);
    } else {
      connection.endsFor(CloseReason.PROTOCOL);
      end(
          pooled
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
      if (!writer.isTunnel()) {
        connection.decoder.expectNextHead();
      }
    } else {
      responseEnded = part instanceof LastHttpContent;
      reader.arrived(part);
    }
  }

  private void receivedHead(HttpResponse response) {
    int status = response.status().code();
    interim = status < 200;
    if (!interim) {
      reusable &= HttpUtil.isKeepAlive(response);
      long kept = KeepAlive.nanos(response.headers());
      if (kept >= 0) {
        reusable &= kept > 0;
        connection.keepFor(kept);
      }
    } else if (status == 101) {
      if (!writer.offersUpgrade()) {
        fail(Failure.PROTOCOL, "the peer switched protocols, for which nobody asked");
        return;
      }
      reusable = false;
      writer.openTunnel();
    } else if (!admitsInterim(response)) {
      malformed(Interims.TOO_MANY);
      return;
    } else if (status == 100) {
      if (!writer.expectsContinue()) {
        return;
      }
      writer.mayContinue();
    }
    reader.arrived(response);
  }

  /** Bytes arrived that are no HTTP: of the protocol that the peer switched to. */
  void received(ByteBuf bytes) {
    if (over || !writer.isTunnel()) {
      bytes.release();
    } else {
      reader.arrived(new DefaultHttpContent(bytes));
    }
  }

  /** The last part: frees the connection, and then tells the handler. */
  void conclude(LastHttpContent last) {
    over = true;
    connection.finish(this);
    try {
      requireNonNull(handler).onPart(last);
    } catch (RuntimeException e) {
      // The connection may serve another exchange already, which must not suffer for it.
      logFailureOfHandler(e);
    }
  }

  /** The socket has no more for now. */
  void readComplete() {
    reader.readComplete();
  }

  boolean leavesConnectionReusable() {
    return writer.isEnded() && reusable && responseEnded;
  }

  /** The socket takes more. */
  void writable() {
    writer.noteUnsent();
    tellWritable();
  }

  @Override
  boolean takesRequest() {
    return !over && !writer.isEnded();
  }

  /** The peer takes no more of the request, which does not mean that it has not answered. */
  void outputShut() {
    if (writer.isTunnel() && writer.isEnded()) {
      return; // it was us
    }
    writer.cutOff();
    reusable = false;
    if (!over && !responseEnded) {
      waitingSince = System.nanoTime();
      channel.read();
    }
  }

  boolean isCutOff() {
    return writer.isCutOff();
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
    if (writer.isTunnel() && !responseEnded) {
      responseEnded = true; // there is no other way to tell it
      reader.arrived(LastHttpContent.EMPTY_LAST_CONTENT);
    }
    if (responseEnded) {
      // All has arrived; what the caller has not asked for yet is kept for it.
      reusable = false;
      reader.concludeIfEnded();
    } else if (pooled && !responseBegun) {
      end(PeerException.stale(peer(), !writer.isFlushed(), detail));
    } else {
      fail(Failure.CLOSED, detail);
    }
  }

  @Override
  void fail(Failure kind, String detail) {
    end(
        writer.isFlushed()
            ? PeerException.sent(peer(), kind, detail)
            : PeerException.unsent(peer(), kind, detail));
  }

  private void end(PeerException cause) {
    reader.deliverHeld();
    if (over) {
      return;
    }
    over = true;
    failure = cause;
    reader.release();
    connection.abandon(this, PooledConnection.reason(cause));
    Handler told = handler;
    if (told != null) {
      told.onFailure(cause);
    }
  }
}
