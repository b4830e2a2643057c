package io.upstream4j.core.connect;

import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/**
 * Brings the parts of one response to the caller at the pace at which it asks for them. On the
 * connection's loop.
 *
 * <p>A read is pending from the time that the connection was idle, so a response can arrive before
 * the caller asks for it. What arrives so is kept until it does, and no more is read meanwhile.
 */
final class Http1ResponseReader {
  private final Http1Exchange exchange;
  private final Http1Connection connection;
  private boolean wanted;
  private boolean delivered;
  private boolean draining;

  private final MergedParts merged;

  private @Nullable EarlyParts early;
  private @Nullable LastHttpContent ending;

  Http1ResponseReader(Http1Exchange exchange, Http1Connection connection) {
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
    if (early == null) {
      connection.channel.read();
    } else if (!draining) {
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
        deliver(part);
      }
      if (exchange.isOver()) {
        break;
      }
      parts = early = null;
      if (connection.isInRead()) {
        // The end of the read that is going on completes this one too.
        break;
      }
      complete();
      parts = early;
    }
    draining = false;
    if (wanted && !exchange.isOver() && early == null) {
      connection.channel.read();
    }
  }

  /** A part has arrived. */
  void arrived(HttpObject part) {
    EarlyParts before = early;
    if (wanted && before == null) {
      if (part instanceof HttpContent content && !(part instanceof LastHttpContent)) {
        delivered = true;
        merged.take(content.content());
      } else {
        deliverHeld();
        deliver(part);
      }
      return;
    }
    if (before == null) {
      before = early = new EarlyParts(connection.channel.alloc(), exchange.account());
    }
    before.add(part);
  }

  /** Delivers what was held back to be merged. */
  void deliverHeld() {
    merged.deliver();
  }

  private void deliver(HttpObject part) {
    if (exchange.isOver()) {
      ReferenceCountUtil.release(part);
    } else if (!(part instanceof LastHttpContent last)) {
      delivered = true;
      exchange.tell(part);
    } else if (connection.isInRead()) {
      // Bytes that nobody asked for may be right behind it: the read has to end first.
      ending = last;
    } else {
      exchange.conclude(last);
    }
  }

  /** The socket has no more for now. */
  void readComplete() {
    deliverHeld();
    if (!concludeIfEnded() && wanted && early == null) {
      exchange.restartReadClock(System.nanoTime());
      if (delivered) {
        complete();
      } else {
        connection.channel.read();
      }
    }
  }

  /** Delivers the last part if it was held back for the end of the read. */
  boolean concludeIfEnded() {
    deliverHeld();
    LastHttpContent last = ending;
    if (last == null) {
      return false;
    }
    ending = null;
    exchange.conclude(last);
    return true;
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
    ReferenceCountUtil.release(ending);
    ending = null;
  }
}
