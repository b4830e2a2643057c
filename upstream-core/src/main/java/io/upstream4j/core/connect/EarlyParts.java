package io.upstream4j.core.connect;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.upstream4j.core.connect.codec.BodyBuffer;
import io.upstream4j.core.connect.memory.MemoryAccount;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Parts of one response that arrived before the caller asked for them, in order. On the
 * connection's loop.
 *
 * <p>Bounds: heads by the number and the bytes of interim responses that an exchange takes; the
 * body by the stream's window (HTTP/2) or by one read from the socket (HTTP/1.1), see {@link
 * BodyBuffer} for what it costs.
 */
final class EarlyParts {
  private final Queue<HttpResponse> heads = new ArrayDeque<>(2);
  private final BodyBuffer body;
  private @Nullable LastHttpContent last;

  EarlyParts(ByteBufAllocator allocator, @Nullable MemoryAccount account) {
    body = new BodyBuffer(allocator, account);
  }

  void add(HttpObject part) {
    if (part instanceof LastHttpContent end) {
      if (end.content().isReadable()) {
        body.keep(end.content().retain());
        last = end.replace(Unpooled.EMPTY_BUFFER);
        end.release();
      } else {
        last = end;
      }
    } else if (part instanceof HttpContent content) {
      body.keep(content.content());
    } else {
      heads.add((HttpResponse) part);
    }
  }

  boolean isEmpty() {
    return last == null && body.isEmpty() && heads.isEmpty();
  }

  @Nullable HttpObject poll() {
    HttpObject head = heads.poll();
    if (head != null) {
      return head;
    }
    ByteBuf bytes = body.poll();
    if (bytes != null) {
      return new DefaultHttpContent(bytes);
    }
    LastHttpContent end = last;
    last = null;
    return end;
  }

  void release() {
    heads.clear();
    body.release();
    LastHttpContent end = last;
    if (end != null) {
      last = null;
      end.release();
    }
  }
}
