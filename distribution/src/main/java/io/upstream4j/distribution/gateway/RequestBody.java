package io.upstream4j.distribution.gateway;

import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import io.upstream4j.core.connect.HttpStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The body of one request. Parts that came before there was a stream wait here; and as long as the
 * whole is small, what was sent is kept too, so that another try can send it again. Confined to the
 * client's event loop.
 */
final class RequestBody {
  private static final int MAX_KEPT_BYTES = 64 * 1024;

  private final boolean empty;
  private final List<HttpContent> parts; // all that came, while it is kept; else those to be sent
  private long bytes;
  private boolean kept = true;
  private boolean complete;

  /**
   * Begins a body.
   *
   * @param announced whether the head of the request announces one
   */
  RequestBody(boolean announced) {
    empty = !announced;
    parts = announced ? new ArrayList<>(4) : List.of();
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
    return kept;
  }

  /**
   * Takes a part, and passes it on if it can.
   *
   * @param stream to the backend; null while there is none
   */
  void add(HttpContent part, @Nullable HttpStream stream) {
    complete |= part instanceof LastHttpContent;
    if (empty) {
      part.release();
      if (stream != null) {
        sendTo(stream);
      }
      return;
    }
    bytes += part.content().readableBytes();
    if (stream == null) {
      parts.add(part);
      return;
    }
    if (kept && bytes <= MAX_KEPT_BYTES) {
      parts.add(part.retainedDuplicate());
    } else {
      forget();
    }
    stream.write(part);
  }

  /** Sends a new stream all that has come so far. */
  void sendTo(HttpStream stream) {
    if (empty) {
      if (complete) {
        stream.write(LastHttpContent.EMPTY_LAST_CONTENT);
      }
      return;
    }
    kept = bytes <= MAX_KEPT_BYTES;
    for (int i = 0; i < parts.size(); i++) {
      HttpContent part = parts.get(i);
      stream.write(kept ? part.retainedDuplicate() : part);
    }
    if (!kept) {
      parts.clear();
    }
  }

  /** Lets go of what is kept: it will not be sent again. */
  void forget() {
    kept = empty;
    if (!empty) {
      for (int i = 0; i < parts.size(); i++) {
        parts.get(i).release();
      }
      parts.clear();
    }
  }
}
