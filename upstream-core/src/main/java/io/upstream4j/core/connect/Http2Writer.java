package io.upstream4j.core.connect;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelPromise;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2Exception.HeaderListSizeException;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.ReferenceCountUtil;
import io.upstream4j.core.connect.memory.MemoryAccount;
import io.upstream4j.core.peer.CloseReason;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PeerException.Failure;
import org.jspecify.annotations.Nullable;

/** Sends one request, and sees that its body is as long as its head says. On the loop. */
final class Http2Writer implements ChannelFutureListener {
  // Charged for the objects around one part that waits.
  private static final int PART_BYTES = 256;

  private final Http2Exchange exchange;
  private final Http2Connection connection;
  private @Nullable HttpRequest head;
  private int id;
  // What is left of the body, or RequestFraming.CHUNKED.
  private long bodyLeft;
  private boolean bodyBegun;
  private boolean ended;
  private boolean flushed;
  private boolean cutOff;
  private boolean continued;
  // Read by any thread.
  private volatile boolean writable = true;

  // For the write timeout.
  private int unsent;
  private int lastWindow;
  private long progressAt;

  Http2Writer(Http2Exchange exchange, Http2Connection connection) {
    this.exchange = exchange;
    this.connection = connection;
  }

  void begin(HttpRequest request, long bodyLength) {
    head = request;
    bodyLeft = bodyLength;
    boolean hasBody =
        request instanceof FullHttpRequest full
            ? full.content().isReadable() || !full.trailingHeaders().isEmpty()
            : bodyLength != 0 || request.headers().contains(HttpHeaderNames.CONTENT_LENGTH);
    ended = !hasBody;
    id = connection.codec.connection().local().incrementAndGetNextStreamId();
    if (id < 0) {
      // All numbers are used up (RFC 9113, section 5.1.1).
      ReferenceCountUtil.release(request);
      connection.giveUp(CloseReason.MAX_REQUESTS);
      exchange.notOpened(connection.unprocessed("the connection has no numbers left for streams"));
      return;
    }
    ChannelHandlerContext ctx = connection.context();
    ChannelFuture sent =
        connection
            .codec
            .encoder()
            .writeHeaders(
                ctx,
                id,
                Http2Heads.request(request, connection.peer.isTls()),
                0,
                ended,
                ctx.newPromise());
    Http2Stream stream = connection.codec.connection().stream(id);
    if (stream == null) {
      ReferenceCountUtil.release(request);
      exchange.notOpened(notOpened(sent.cause()));
      return;
    }
    exchange.opened(stream);
    watch(sent);
    if (request instanceof FullHttpRequest full) {
      if (hasBody) {
        send(full);
      } else {
        full.release();
      }
    }
  }

  private PeerException notOpened(@Nullable Throwable cause) {
    return cause instanceof HeaderListSizeException
        ? headersTooLarge()
        : connection.unprocessed(notSent(cause));
  }

  private static String notSent(@Nullable Throwable cause) {
    return "the request could not be sent: "
        + (cause == null ? "unknown reason" : SocketErrors.reason(cause));
  }

  private PeerException headersTooLarge() {
    return PeerException.unsent(
        connection.peer,
        Failure.HEADERS_TOO_LARGE,
        "the request's header fields are larger than the peer's SETTINGS_MAX_HEADER_LIST_SIZE, "
            + connection
                .codec
                .encoder()
                .configuration()
                .headersConfiguration()
                .maxHeaderListSize());
  }

  /**
   * Writes a part of the body.
   *
   * @return what is wrong with it, in which case it was released; null if nothing is
   */
  @Nullable String write(HttpContent part) {
    if (cutOff) {
      part.release();
      return null;
    }
    boolean last = part instanceof LastHttpContent;
    int length = part.content().readableBytes();
    if (ended && !bodyBegun && last && length == 0) {
      boolean trailers = !((LastHttpContent) part).trailingHeaders().isEmpty();
      part.release();
      return trailers
          ? "trailers follow a request without a body (expected: transfer-encoding: chunked)"
          : null; // the head has said so already
    }
    if (head == null || ended) {
      part.release();
      return "a part of the body was written outside of the request";
    }
    if (bodyLeft != RequestFraming.CHUNKED) {
      bodyLeft -= length;
      if (bodyLeft < 0 || (last && bodyLeft > 0)) {
        part.release();
        return "the request's body is not as long as its content-length says";
      }
    }
    send(part);
    return null;
  }

  private void send(HttpContent part) {
    ChannelHandlerContext ctx = connection.context();
    ByteBuf bytes = part.content();
    LastHttpContent last = part instanceof LastHttpContent end ? end : null;
    boolean trailers = last != null && !last.trailingHeaders().isEmpty();
    ended = last != null;
    bodyBegun |= bytes.isReadable();
    if (bytes.isReadable() || (ended && !trailers)) {
      watch(
          connection
              .codec
              .encoder()
              .writeData(ctx, id, bytes.retain(), 0, ended && !trailers, charge(bytes)));
    }
    if (last != null && trailers) {
      watch(
          connection
              .codec
              .encoder()
              .writeHeaders(
                  ctx, id, Http2Heads.trailers(last.trailingHeaders()), 0, true, ctx.newPromise()));
    }
    part.release();
    noteWritability();
  }

  /** The promise of a part that is charged until it has left. */
  private ChannelPromise charge(ByteBuf bytes) {
    MemoryAccount account = exchange.account();
    if (account == null) {
      return connection.context().newPromise();
    }
    Part part = new Part(connection, account, bytes.readableBytes() + PART_BYTES);
    account.add(part.cost);
    return part;
  }

  private static final class Part extends DefaultChannelPromise {
    private final MemoryAccount account;
    private final int cost;

    Part(Http2Connection connection, MemoryAccount account, int cost) {
      super(connection.channel, connection.loop);
      this.account = account;
      this.cost = cost;
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the listener is this
  private void watch(ChannelFuture sent) {
    if (unsent++ == 0) {
      progressAt = System.nanoTime();
    }
    sent.addListener(this);
  }

  @Override
  public void operationComplete(ChannelFuture sent) {
    unsent--;
    if (sent instanceof Part part) {
      part.account.add(-part.cost);
    }
    progressAt = System.nanoTime();
    if (!sent.isSuccess() && connection.isOpen() && exchange.openStream() != null) {
      if (sent.cause() instanceof HeaderListSizeException) {
        exchange.end(headersTooLarge());
      } else {
        exchange.fail(Failure.INTERNAL, notSent(sent.cause()));
      }
    }
  }

  void flush() {
    if (head != null && !cutOff) {
      flushed = true;
      connection.flushSoon();
    }
  }

  boolean isWritable() {
    return writable;
  }

  /** Looks whether the peer takes more; true if it does now and did not before. */
  boolean noteWritability() {
    Http2Stream stream = exchange.openStream();
    boolean before = writable;
    writable =
        stream == null
            || connection.codec.connection().remote().flowController().isWritable(stream);
    return writable && !before;
  }

  /** The peer takes no more of the request. */
  void cutOff() {
    cutOff = true;
  }

  /** Whether all of it was written, sent or not. */
  boolean isEnded() {
    return ended;
  }

  /** Whether some of it may have reached the peer. */
  boolean isFlushed() {
    return flushed;
  }

  /** Whether something waits for the peer's window, or for the socket. */
  boolean hasUnsent() {
    return unsent > 0 && flushed;
  }

  /** When something was sent last, as far as is known. */
  long progressAt() {
    Http2Stream stream = exchange.openStream();
    if (stream != null) {
      int window = connection.codec.connection().remote().flowController().windowSize(stream);
      if (window != lastWindow) {
        lastWindow = window;
        progressAt = System.nanoTime();
      }
    }
    return progressAt;
  }

  /** Whether nothing can happen until the peer answers. */
  boolean needsAnswer() {
    return ended || cutOff || (!bodyBegun && expectsContinue() && !continued);
  }

  /** The peer has said {@code 100 Continue}, and waits for the body. */
  void mayContinue() {
    continued = true;
  }

  /** Whether the body waits for {@code 100 Continue}. */
  boolean expectsContinue() {
    HttpRequest request = head;
    return request != null && HttpUtil.is100ContinueExpected(request);
  }
}
