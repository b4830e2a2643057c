package io.upstream4j.core.connect;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.ReferenceCountUtil;
import io.upstream4j.core.connect.codec.BoundedFields;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import org.jspecify.annotations.Nullable;

/**
 * One request and its response on a stream of an HTTP/2 connection. Everything but the methods of
 * {@link HttpStream} happens on the connection's loop.
 */
final class Http2Exchange extends LoopStream {
  private final Http2Connection connection;
  private final boolean reused;
  private final boolean pooled;
  private final Http2Writer writer;
  private final Http2Reader reader;

  private @Nullable Http2Stream stream;
  private boolean streamClosed;
  private boolean toHead;

  /** The connection was sent a request before. */
  private boolean another;

  // The response.
  private boolean responseBegun;
  private boolean headRead;
  private boolean bodyless;
  private boolean lengthKnown;
  private boolean bodySeen;
  private boolean responseEnded;

  private long beganAt;
  private long waitingSince;

  /** Nothing more is told to the handler, and nothing more is sent. */
  private boolean over;

  /**
   * @param reused whether the connection served another before
   * @param pooled whether it may have ended in the meantime, without that it was noticed yet
   */
  Http2Exchange(Http2Connection connection, boolean reused, boolean pooled) {
    super(connection.loop);
    this.connection = connection;
    this.reused = reused;
    this.pooled = pooled;
    this.writer = new Http2Writer(this, connection);
    this.reader = new Http2Reader(this, connection);
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
    return true;
  }

  @Override
  boolean doIsWritable() {
    return writer.isWritable();
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
      return;
    }
    connection.noteIfPeerEnded();
    if (!connection.canBegin()) {
      ReferenceCountUtil.release(request);
      over = true;
      connection.giveBack();
      PeerException cause =
          connection.unprocessed("the connection ended before the request was sent");
      // Later, so that the caller is not called back from inside its own call.
      loop.execute(() -> told.onFailure(cause));
      return;
    }
    toHead = HttpMethod.HEAD.equals(request.method());
    beganAt = System.nanoTime();
    waitingSince = beganAt;
    another = connection.wasUsed();
    connection.use();
    writer.begin(request, bodyLength);
  }

  /** The stream was opened. */
  void opened(Http2Stream made) {
    stream = made;
    connection.attach(made, this);
  }

  /** No stream could be opened, and nothing was sent. */
  void notOpened(PeerException cause) {
    streamClosed = true;
    connection.giveBack();
    // Later, so that the caller is not called back from inside its own call.
    loop.execute(() -> end(cause));
  }

  @Override
  void doWrite(HttpContent part) {
    if (over) {
      part.release();
      return;
    }
    String misuse = writer.write(part);
    if (misuse != null) {
      fail(Failure.INVALID_REQUEST, misuse);
    }
  }

  @Override
  void doFlush() {
    if (over) {
      return;
    }
    waitingSince = System.nanoTime();
    writer.flush();
  }

  @Override
  void doCancel() {
    if (over) {
      return;
    }
    over = true;
    reader.release();
    if (handler == null) {
      connection.giveBackUnused();
    } else {
      resetStream();
    }
  }

  @Override
  void doRead() {
    if (over || reader.isWanted()) {
      return;
    }
    waitingSince = System.nanoTime();
    reader.want();
  }

  @Override
  boolean isOver() {
    return over;
  }

  /** Whether the peer is to send, and the caller wants to have it. */
  boolean awaitsResponse() {
    return !over && reader.isWanted() && !responseEnded && writer.needsAnswer();
  }

  boolean hasUnsent() {
    return !over && writer.hasUnsent();
  }

  long progressAt() {
    return writer.progressAt();
  }

  long waitingSince() {
    return waitingSince;
  }

  long beganAt() {
    return beganAt;
  }

  /** The number of its stream. */
  int id() {
    return requireNonNull(stream).id();
  }

  @Nullable Http2Stream openStream() {
    return streamClosed ? null : stream;
  }

  /** For tests. */
  Channel channel() {
    return connection.channel;
  }

  void receivedHeaders(Http2Headers headers, boolean endOfStream) {
    if (over) {
      return;
    }
    noteArrival();
    try {
      if (BoundedFields.isExceededIn(headers)) {
        malformed("more than " + connection.peer.options().responses().fields() + " header fields");
      } else if (headRead) {
        DefaultLastHttpContent last = new DefaultLastHttpContent();
        Http2Heads.copy(headers, last.trailingHeaders());
        receivedLast(last);
      } else {
        receivedHead(Http2Heads.response(headers), endOfStream);
      }
    } catch (IllegalArgumentException e) {
      malformed(String.valueOf(e.getMessage()));
    }
  }

  private void noteArrival() {
    if (!responseBegun) {
      responseBegun = true;
      if (another) {
        connection.home.countReuse(); // not before: GOAWAY may say that it was not looked at
      }
    }
    waitingSince = System.nanoTime();
  }

  private void receivedHead(HttpResponse head, boolean endOfStream) {
    int status = head.status().code();
    if (status < 200) {
      if (endOfStream) {
        malformed("an interim response ends the stream");
      } else if (!admitsInterim(head)) {
        malformed(Interims.TOO_MANY);
      } else if (status != 100) {
        reader.arrived(head);
      } else if (writer.expectsContinue()) {
        writer.mayContinue();
        reader.arrived(head);
      }
      return;
    }
    headRead = true;
    bodyless = toHead || status == 204 || status == 304;
    String length = head.headers().get(HttpHeaderNames.CONTENT_LENGTH);
    lengthKnown = length != null && !"0".equals(length);
    if (length == null && !bodyless) {
      // How the end is told in the words of HTTP/1.1.
      if (endOfStream) {
        head.headers().set(HttpHeaderNames.CONTENT_LENGTH, HttpHeaderValues.ZERO);
      } else {
        head.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
      }
    }
    reader.arrived(head);
    if (endOfStream && !over) {
      receivedLast(LastHttpContent.EMPTY_LAST_CONTENT);
    }
  }

  /** Takes a part of the body; whether its bytes have left the window. */
  boolean receivedData(ByteBuf data, boolean endOfStream) {
    if (over) {
      return true;
    }
    noteArrival();
    boolean taken = true;
    int length = data.readableBytes();
    if (length > 0) {
      if (bodyless) {
        malformed("a body where there can be none");
        return true;
      }
      bodySeen = true;
      taken = reader.arrived(data);
    }
    if (endOfStream && !over) {
      receivedLast(LastHttpContent.EMPTY_LAST_CONTENT);
    }
    return taken;
  }

  private void receivedLast(LastHttpContent last) {
    if (lengthKnown && !bodySeen && !bodyless) {
      malformed("the body is shorter than its content-length");
      return;
    }
    responseEnded = true;
    reader.arrived(last);
  }

  /** The last part. */
  void conclude(LastHttpContent last) {
    over = true;
    if (!writer.isEnded()) {
      resetStream();
    }
    try {
      requireNonNull(handler).onPart(last);
    } catch (RuntimeException e) {
      logFailureOfHandler(e);
    }
  }

  /** The read that brought something ends. */
  void readComplete() {
    reader.readComplete();
  }

  void writabilityChanged() {
    if (writer.noteWritability()) {
      tellWritable();
    }
  }

  @Override
  boolean takesRequest() {
    return !over && !writer.isEnded();
  }

  /** The stream has been closed by both sides. */
  void streamClosed() {
    streamClosed = true;
  }

  /** The peer reset the stream. */
  void reset(long errorCode) {
    if (responseEnded) {
      writer.cutOff();
    } else if (errorCode == Http2Error.REFUSED_STREAM.code()) {
      end(
          PeerException.unsent(
              peer(), Failure.REFUSED, "the peer refused the stream (REFUSED_STREAM)"));
    } else {
      fail(Failure.CLOSED, "the peer reset the stream: " + error(errorCode));
    }
  }

  static String error(long code) {
    Http2Error error = Http2Error.valueOf(code);
    return error == null ? "error " + code : error.name();
  }

  /** The peer will not look at this request. */
  void neverProcessed(PeerException cause) {
    if (!responseEnded) {
      end(cause);
    }
  }

  void malformed(String detail) {
    fail(Failure.PROTOCOL, "the response is not valid HTTP/2: " + detail);
  }

  /** The connection ended. */
  void disconnected(String detail) {
    if (responseEnded) {
      // All has arrived; what the caller has not asked for yet is kept for it.
      writer.cutOff();
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

  void end(PeerException cause) {
    reader.deliverHeld();
    if (over) {
      return;
    }
    over = true;
    reader.release();
    resetStream();
    Handler told = handler;
    if (told != null) {
      try {
        told.onFailure(cause);
      } catch (RuntimeException e) {
        logFailureOfHandler(e);
      }
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the stream's end tells
  private void resetStream() {
    Http2Stream open = openStream();
    if (open != null && connection.channel.isActive()) {
      connection.codec.resetStream(
          connection.context(),
          open.id(),
          Http2Error.CANCEL.code(),
          connection.context().newPromise());
      connection.flushSoon();
    }
  }
}
