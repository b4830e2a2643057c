package io.upstream4j.distribution.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import io.upstream4j.core.connect.HttpStream;
import io.upstream4j.core.connect.MemoryAccount;
import io.upstream4j.core.connect.codec.BodyBuffer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The body of one request. What came before there was a stream that takes it waits here; and as
 * long as the whole is small, what was sent is kept too, so that another try can send it again.
 * Confined to the client's event loop.
 *
 * <p>Bounds: what waits, by {@value #MAX_WAITING_BYTES} bytes and one read from the socket, or by
 * the window of a stream; what is kept, by {@value #MAX_KEPT_BYTES} bytes. Both are charged to the
 * account.
 */
final class RequestBody {
  private static final int MAX_KEPT_BYTES = 64 * 1024;
  private static final int MAX_WAITING_BYTES = 64 * 1024; // and what the last read brought
  // Small parts are merged until there is this much, or until all that was read is here.
  private static final int MERGED_BYTES = 8 * 1024;

  private final ByteBufAllocator allocator;
  private final @Nullable MemoryAccount account;
  private final IntConsumer consumed;
  private final boolean empty;
  private @Nullable BodyBuffer waiting;
  private @Nullable BodyBuffer kept;
  private @Nullable LastHttpContent last; // without content, once the end has come
  private long bytes; // that came
  private boolean repeatable = true;
  private boolean complete;

  /**
   * Begins a body.
   *
   * @param account charged for what waits and what is kept; null when nobody counts
   * @param consumed told how many bytes were passed on or dropped, so that the client may send more
   * @param announced whether the head of the request announces one
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

  /** Whether the request has no body. */
  boolean isEmpty() {
    return empty;
  }

  /** Whether its end has come. */
  boolean isComplete() {
    return complete;
  }

  /** Whether all of it that has come is here, to be sent once more. */
  boolean canRepeat() {
    return repeatable;
  }

  /**
   * Takes a part, and passes it on if it can.
   *
   * @param stream to the backend; null while there is none
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

  /** Most bodies come in one part, which is their end. */
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

  /** Whether more may wait for a stream that takes nothing. */
  boolean hasRoom() {
    BodyBuffer held = waiting;
    return held == null || held.bytes() < MAX_WAITING_BYTES;
  }

  /**
   * Passes on what waits, if the stream takes it.
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

  /** Sends a new stream all that has come so far. */
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

  /** Lets go of what is kept for another try: there will be none. */
  void forget() {
    repeatable = empty;
    BodyBuffer copies = kept;
    if (copies != null) {
      kept = null;
      copies.release();
    }
  }

  /** Lets go of everything: the request is over. */
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
