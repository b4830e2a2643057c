package io.upstream4j.core.connect;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.upstream4j.core.connect.codec.BodyBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Tells an exchange the parts of a body that it has asked for, small ones merged: they are held
 * until there is enough, or until {@link #deliver} is called at the end of the read. On the
 * connection's loop.
 */
final class MergedParts {
  private final LoopStream exchange;
  private final ByteBufAllocator allocator;
  private @Nullable BodyBuffer held;

  MergedParts(LoopStream exchange, ByteBufAllocator allocator) {
    this.exchange = exchange;
    this.allocator = allocator;
  }

  /** Takes a part, which is released. */
  void take(ByteBuf part) {
    BodyBuffer merged = held;
    if (merged == null && part.readableBytes() >= BodyBuffer.SMALL_BYTES) {
      exchange.tell(new DefaultHttpContent(part));
      return;
    }
    if (merged == null) {
      merged = held = new BodyBuffer(allocator, null);
    }
    merged.pass(part);
    if (merged.bytes() >= BodyBuffer.SMALL_BYTES) {
      deliver();
    }
  }

  /** Tells what is held. */
  void deliver() {
    BodyBuffer merged = held;
    if (merged == null) {
      return;
    }
    held = null;
    for (ByteBuf part = merged.poll(); part != null; part = merged.poll()) {
      if (exchange.isOver()) {
        part.release();
      } else {
        exchange.tell(new DefaultHttpContent(part));
      }
    }
  }

  void release() {
    BodyBuffer merged = held;
    held = null;
    if (merged != null) {
      merged.release();
    }
  }
}
