package io.upstream4j.core.connect;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
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

  private final MergedParts merged;

  private @Nullable EarlyParts early;

  Http2Reader(Http2Exchange exchange, Http2Connection connection) {
    this.exchange = exchange;
    this.connection = connection;
    this.merged = new MergedParts(exchange, connection.channel.alloc());
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
    EarlyParts parts = early;
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

  /** A head has arrived, interim or final. */
  void arrived(HttpResponse head) {
    if (isAskedFor()) {
      noteDelivery();
      deliver(head);
    } else {
      early().add(head);
    }
  }

  /** A part of the body has arrived; whether its bytes may leave the window at once. */
  boolean arrived(ByteBuf data) {
    if (!isAskedFor()) {
      early().add(new DefaultHttpContent(data.retain()));
      return false;
    }
    noteDelivery();
    merged.take(data.retain());
    return true;
  }

  /** The end has arrived. */
  void arrived(LastHttpContent last) {
    if (isAskedFor()) {
      deliverHeld();
      if (!exchange.isOver()) {
        deliver(last);
      }
    } else {
      early().add(last);
    }
  }

  private boolean isAskedFor() {
    return wanted && early == null;
  }

  private EarlyParts early() {
    EarlyParts parts = early;
    if (parts == null) {
      parts = early = new EarlyParts(connection.channel.alloc(), exchange.account());
    }
    return parts;
  }

  private void noteDelivery() {
    if (!delivered) {
      delivered = true;
      connection.delivered(exchange);
    }
  }

  /** Delivers what was held back to be merged. */
  void deliverHeld() {
    merged.deliver();
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
      deliverHeld();
      if (!exchange.isOver()) {
        complete();
      }
    }
  }

  private void complete() {
    delivered = false;
    wanted = false;
    exchange.tellReadComplete();
  }

  /** Releases what nobody will ask for any more. */
  void release() {
    EarlyParts parts = early;
    early = null;
    if (parts != null) {
      parts.release();
    }
    merged.release();
  }
}
