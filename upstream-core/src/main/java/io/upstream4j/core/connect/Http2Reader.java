package io.upstream4j.core.connect;

import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Brings the parts of one response to the caller at the pace at which it asks for them. What it has
 * not asked for is kept, and stays in the stream's window, which bounds it. On the connection's
 * loop.
 */
final class Http2Reader {
  private final Http2Exchange exchange;
  private final Http2Connection connection;
  private boolean wanted;
  private boolean delivered;
  private boolean draining;
  private @Nullable Queue<HttpObject> early;

  Http2Reader(Http2Exchange exchange, Http2Connection connection) {
    this.exchange = exchange;
    this.connection = connection;
  }

  /** Whether the caller has asked for what has not come yet. */
  boolean isWanted() {
    return wanted;
  }

  /** The caller asks for more. */
  void want() {
    wanted = true;
    if (!draining && early != null) {
      drain();
    }
  }

  /** Delivers what arrived before it was asked for. */
  private void drain() {
    draining = true;
    Queue<HttpObject> parts = early;
    while (wanted && !exchange.isOver() && parts != null) {
      for (HttpObject part = parts.poll();
          part != null && !exchange.isOver();
          part = parts.poll()) {
        int bytes = part instanceof HttpContent content ? content.content().readableBytes() : 0;
        deliver(part);
        consume(bytes);
      }
      if (parts.isEmpty()) {
        early = null;
      }
      if (!exchange.isOver()) {
        complete();
      }
      parts = early;
    }
    draining = false;
  }

  private void consume(int bytes) {
    Http2Stream stream = exchange.openStream();
    if (bytes == 0 || stream == null) {
      return;
    }
    try {
      if (connection.codec.connection().local().flowController().consumeBytes(stream, bytes)) {
        connection.flushSoon();
      }
    } catch (Http2Exception e) {
      exchange.malformed(String.valueOf(e.getMessage()));
    }
  }

  /** A part has arrived; whether the caller has it. */
  boolean arrived(HttpObject part, int bytes) {
    Queue<HttpObject> before = early;
    if (wanted && before == null) {
      if (!delivered && !(part instanceof LastHttpContent)) {
        delivered = true;
        connection.delivered(exchange);
      }
      deliver(part);
      return true;
    }
    if (before == null) {
      before = early = new ArrayDeque<>();
    }
    before.add(part);
    return bytes == 0;
  }

  private void deliver(HttpObject part) {
    if (part instanceof LastHttpContent last) {
      exchange.conclude(last);
    } else {
      exchange.tell(part);
    }
  }

  /** The connection has no more for now. */
  void readComplete() {
    if (delivered && !exchange.isOver()) {
      complete();
    }
  }

  private void complete() {
    delivered = false;
    wanted = false;
    exchange.tellReadComplete();
  }

  /** Releases what nobody will ask for any more. */
  void release() {
    Queue<HttpObject> parts = early;
    early = null;
    if (parts != null) {
      parts.forEach(ReferenceCountUtil::release);
      parts.clear();
    }
  }
}
