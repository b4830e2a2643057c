package io.upstream4j.distribution.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import io.upstream4j.core.connect.HttpStream;
import io.upstream4j.core.connect.codec.BodyBuffer;
import io.upstream4j.core.connect.memory.MemoryAccount;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request. Data waits here until a stream takes it. As long as the whole body is
 * small, sent data is kept, too, so that a retry can send it again. Confined to the client's event
 * loop.
 *
 * <p>Bounds: {@value #MAX_WAITING_BYTES} bytes and one read from the socket, or the window of a
 * stream, may wait; {@value #MAX_KEPT_BYTES} bytes are kept. Both are charged to the account.
 */
final class RequestBody {
  private static final int MAX_KEPT_BYTES = 64 * 1024;
  private static final int MAX_WAITING_BYTES = 64 * 1024; // plus the last read
  // Small parts are merged up to this size, or until the end of a read.
  private static final int MERGED_BYTES = 8 * 1024;

  private final ByteBufAllocator allocator;
  private final @Nullable MemoryAccount account;
  private final IntConsumer consumed;
  private final boolean empty;
  private @Nullable BodyBuffer waiting;
  private @Nullable BodyBuffer kept;
  private @Nullable LastHttpContent last; // without content; set at the end of the body
  private long bytes; // received
  private boolean repeatable = true;
  private boolean complete;

  /**
   * Starts a body.
   *
   * @param account charged for waiting and kept data; null for none
   * @param consumed called with the number of bytes that were forwarded or dropped, so that the
   *     client may send more
   * @param announced whether the head of the request announces a body
   */
  RequestBody(
      ByteBufAllocator allocator,
      @Nullable MemoryAccount account,
      IntConsumer consumed,
      boolean announced) {
    this.allocator = allocator;
    this.account = account;
    this.consumed = consumed;
    this.empty = !announced;
  }

  /** Returns whether the request has no body. */
  boolean isEmpty() {
    return empty;
  }

  /** Returns whether the end was received. */
  boolean isComplete() {
    return complete;
  }

  /** Returns whether all received data is available for a retry. */
  boolean canRepeat() {
    return repeatable;
  }

  /**
   * Adds a part, and forwards it if possible.
   *
   * @param stream the stream to the backend; null while there is none
   */
  void add(HttpContent part, @Nullable HttpStream stream) {
    LastHttpContent end = part instanceof LastHttpContent ending ? ending : null;
    complete |= end != null;
    if (empty) {
      part.release();
      if (stream != null && complete) {
        stream.write(LastHttpContent.EMPTY_LAST_CONTENT);
      }
      return;
    }
    ByteBuf data = part.content();
    bytes += data.readableBytes();
    HttpStream ready = stream != null && stream.isWritable() ? stream : null;
    if (ready != null && waiting == null) {
      if (end != null) {
        sendEnd(end, ready);
        return;
      }
      if (data.readableBytes() >= BodyBuffer.SMALL_BYTES) {
        send(data, ready);
        return;
      }
    }
    hold(data, ready != null);
    if (end != null) {
      last = withoutContent(end);
    }
    BodyBuffer held = waiting;
    if (ready != null && held != null && (end != null || held.bytes() >= MERGED_BYTES)) {
      sendWaiting(ready);
    }
  }

  private void hold(ByteBuf data, boolean ready) {
    BodyBuffer held = waiting;
    if (held == null) {
      held = waiting = new BodyBuffer(allocator, account);
    }
    if (ready) {
      held.pass(data);
    } else {
      held.keep(data);
    }
  }

  /** Handles the common case of a body in one part. */
  private void sendEnd(LastHttpContent end, HttpStream stream) {
    int length = end.content().readableBytes();
    keepForAnotherTry(end.content());
    if (repeatable) {
      last = withoutContent(end);
    }
    stream.write(end);
    consumed.accept(length);
  }

  private static LastHttpContent withoutContent(LastHttpContent end) {
    if (end.trailingHeaders().isEmpty()) {
      return LastHttpContent.EMPTY_LAST_CONTENT;
    }
    return end.replace(Unpooled.EMPTY_BUFFER);
  }

  private void send(ByteBuf data, HttpStream stream) {
    int length = data.readableBytes();
    keepForAnotherTry(data);
    stream.write(new DefaultHttpContent(data));
    consumed.accept(length);
  }

  private void keepForAnotherTry(ByteBuf data) {
    if (repeatable && bytes > MAX_KEPT_BYTES) {
      forget();
    }
    if (repeatable && data.isReadable()) {
      BodyBuffer copies = kept;
      if (copies == null) {
        copies = kept = new BodyBuffer(allocator, account);
      }
      copies.keep(data.retainedDuplicate());
    }
  }

  /** Returns whether more data may wait while no stream takes it. */
  boolean hasRoom() {
    BodyBuffer held = waiting;
    return held == null || held.bytes() < MAX_WAITING_BYTES;
  }

  /**
   * Forwards waiting data if the stream takes it.
   *
   * @return whether something was written
   */
  boolean sendWaiting(HttpStream stream) {
    BodyBuffer held = waiting;
    if (held == null) {
      return false;
    }
    if (!stream.isWritable()) {
      held.hold();
      return false;
    }
    waiting = null;
    for (ByteBuf data = held.poll(); data != null; data = held.poll()) {
      send(data, stream);
    }
    LastHttpContent end = last;
    if (end != null) {
      stream.write(end.retainedDuplicate());
    }
    return true;
  }

  /** Sends all data received so far to a new stream. */
  void sendTo(HttpStream stream) {
    if (empty) {
      if (complete) {
        stream.write(LastHttpContent.EMPTY_LAST_CONTENT);
      }
      return;
    }
    BodyBuffer sent = kept;
    if (sent != null) {
      kept = null;
      for (ByteBuf data = sent.poll(); data != null; data = sent.poll()) {
        keepForAnotherTry(data);
        stream.write(new DefaultHttpContent(data));
      }
    }
    LastHttpContent end = last;
    if (waiting == null && end != null) {
      stream.write(end.retainedDuplicate());
    } else {
      sendWaiting(stream);
    }
  }

  /** Releases the data kept for a retry, because there will be none. */
  void forget() {
    repeatable = empty;
    BodyBuffer copies = kept;
    if (copies != null) {
      kept = null;
      copies.release();
    }
  }

  /** Releases all data at the end of the request. */
  void release() {
    forget();
    BodyBuffer held = waiting;
    if (held != null) {
      waiting = null;
      consumed.accept((int) held.bytes());
      held.release();
    }
  }
}
