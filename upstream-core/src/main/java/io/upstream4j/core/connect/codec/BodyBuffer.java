package io.upstream4j.core.connect.codec;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.upstream4j.core.connect.memory.MemoryAccount;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of one body on their way from a peer, in order. Confined to one event loop.
 *
 * <p>A peer chooses the size of the parts that it sends, and a part of one byte costs an object, a
 * reference to the whole buffer that was read from the socket, and a place in a queue: a hundred
 * times its size and more. So parts that {@linkplain #pass go on at once} are merged while they are
 * small, and parts that {@linkplain #keep wait} are copied unless they make up at least half of the
 * buffer that they hold on to. What waits costs at most twice its bytes and {@value #OBJECT_BYTES}
 * for each {@value #CHUNK_BYTES}, which the account is charged.
 */
public final class BodyBuffer {
  /** Of one buffer that this makes: room for about a frame. */
  private static final int CHUNK_BYTES = 16 * 1024;

  private static final int FIRST_CHUNK_BYTES = 512;

  /** What goes on at once is merged below this. */
  public static final int SMALL_BYTES = 1024;

  /** Charged for the objects around one buffer. */
  private static final int OBJECT_BYTES = 128;

  private final ByteBufAllocator allocator;
  private final @Nullable MemoryAccount account;
  private @Nullable ArrayDeque<ByteBuf> before; // the parts before the last
  private @Nullable ByteBuf last;
  private boolean open; // the last was made here and may take more
  private long bytes;
  private long cost;
  private long charged;

  /**
   * Creates an empty one.
   *
   * @param account charged for what waits; null when that is bounded elsewhere
   */
  public BodyBuffer(ByteBufAllocator allocator, @Nullable MemoryAccount account) {
    this.allocator = allocator;
    this.account = account;
  }

  /** Whether nothing is in it. */
  public boolean isEmpty() {
    return last == null;
  }

  /** How many bytes of the body are in it. */
  public long bytes() {
    return bytes;
  }

  /** Takes a part that is taken out again before the loop's turn ends. */
  public void pass(ByteBuf part) {
    ByteBuf tail = last;
    boolean small = part.readableBytes() < SMALL_BYTES;
    append(part, small && tail != null && (open || tail.readableBytes() < SMALL_BYTES));
  }

  /** Takes a part that may stay for as long as a peer likes. */
  public void keep(ByteBuf part) {
    append(part, 2 * part.readableBytes() < root(part).capacity());
    charge(cost);
  }

  /** What was to be taken out at once stays after all. */
  public void hold() {
    charge(cost);
  }

  private void append(ByteBuf part, boolean copy) {
    int length = part.readableBytes();
    if (length == 0) {
      part.release();
      return;
    }
    bytes += length;
    if (copy) {
      copy(part, length);
    } else {
      push(part, false);
    }
  }

  private void copy(ByteBuf part, int length) {
    try {
      ByteBuf tail = last;
      if (tail == null || tail.readableBytes() + length > CHUNK_BYTES) {
        push(allocator.buffer(Math.max(length, FIRST_CHUNK_BYTES)), true);
      } else if (!open) {
        if (tail.readableBytes() < SMALL_BYTES) {
          replaceTail(tail, length);
        } else {
          push(allocator.buffer(Math.max(length, FIRST_CHUNK_BYTES)), true);
        }
      } else if (tail.writableBytes() < length) {
        grow(tail, length);
      }
      ByteBuf chunk = last;
      if (chunk != null) {
        chunk.writeBytes(part);
      }
    } finally {
      part.release();
    }
  }

  private void replaceTail(ByteBuf tail, int more) {
    ByteBuf chunk =
        allocator.buffer(Math.max(FIRST_CHUNK_BYTES, 2 * (tail.readableBytes() + more)));
    chunk.writeBytes(tail);
    cost += cost(chunk) - cost(tail);
    tail.release();
    last = chunk;
    open = true;
  }

  private void grow(ByteBuf tail, int more) {
    int needed = tail.readableBytes() + more;
    long before = cost(tail);
    tail.capacity(tail.readerIndex() + Math.min(CHUNK_BYTES, 2 * needed));
    cost += cost(tail) - before;
  }

  private void push(ByteBuf part, boolean mayTakeMore) {
    ByteBuf tail = last;
    if (tail != null) {
      ArrayDeque<ByteBuf> queue = before;
      if (queue == null) {
        queue = before = new ArrayDeque<>();
      }
      queue.add(tail);
    }
    last = part;
    open = mayTakeMore;
    cost += cost(part);
  }

  /** Takes the first part out; null when there is none. The caller releases it. */
  public @Nullable ByteBuf poll() {
    ArrayDeque<ByteBuf> queue = before;
    ByteBuf first = queue == null ? null : queue.poll();
    if (first == null) {
      first = last;
      last = null;
      open = false;
    }
    if (first != null) {
      bytes -= first.readableBytes();
      cost -= cost(first);
      if (charged > cost) {
        charge(cost);
      }
    }
    return first;
  }

  /** Takes everything out and releases it. */
  public void release() {
    for (ByteBuf part = poll(); part != null; part = poll()) {
      part.release();
    }
  }

  private void charge(long now) {
    if (account != null && now != charged) {
      account.add(now - charged);
      charged = now;
    }
  }

  private static long cost(ByteBuf part) {
    return root(part).capacity() + (long) OBJECT_BYTES;
  }

  /** The buffer whose memory a part keeps in use. */
  private static ByteBuf root(ByteBuf part) {
    ByteBuf root = part;
    for (ByteBuf next = root.unwrap(); next != null; next = root.unwrap()) {
      root = next;
    }
    return root;
  }
}
