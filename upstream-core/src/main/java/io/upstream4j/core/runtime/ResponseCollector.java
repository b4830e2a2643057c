package io.upstream4j.core.runtime;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.upstream4j.core.connect.HttpStream;
import io.upstream4j.core.peer.PeerException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads a response to its end, and keeps the beginning of its body. The caller may have it before
 * its end. On the event loop.
 */
public final class ResponseCollector implements HttpStream.Handler {
  /**
   * A response.
   *
   * @param headers names in lower case to values
   * @param trailers as the headers
   */
  public record Collected(
      int status,
      Map<String, List<String>> headers,
      Map<String, List<String>> trailers,
      ByteBuffer content) {}

  /** Who waits for it. Called on the event loop. */
  public interface Reader {
    /** The head of the final response is here. */
    default void onHead(int status) {}

    /**
     * Whether the rest of the response does not matter: then {@link #onResponse} is called before
     * its end, and {@link #onEnd} at its end. Asked for the head and for each part of the body.
     *
     * @param kept the body so far, copied when asked for
     */
    default boolean isEnough(int status, Supplier<ByteBuffer> kept) {
      return false;
    }

    /** A response of which enough was here before has ended. */
    default void onEnd() {}

    /** There is more of the body than is kept. Called for each part of the excess. */
    default void onExcess() {}

    void onResponse(Collected response);

    void onFailure(PeerException cause);
  }

  private final HttpStream stream;
  private final int maxBodyBytes;
  private final Reader reader;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private final Supplier<ByteBuffer> kept = this::kept;
  private @Nullable HttpResponse head;
  private boolean handedOn;

  public ResponseCollector(HttpStream stream, int maxBodyBytes, Reader reader) {
    this.stream = stream;
    this.maxBodyBytes = maxBodyBytes;
    this.reader = reader;
  }

  @Override
  public void onPart(HttpObject part) {
    try {
      if (part instanceof HttpResponse response
          && response.status().codeClass() != HttpStatusClass.INFORMATIONAL) {
        head = response;
        reader.onHead(response.status().code());
      }
      if (part instanceof HttpContent content && head != null) {
        keep(content.content());
      }
      if (head != null) {
        handOn(head, part);
      }
    } finally {
      ReferenceCountUtil.release(part);
    }
  }

  private void keep(ByteBuf bytes) {
    int more = bytes.readableBytes();
    byte[] kept = new byte[Math.min(more, maxBodyBytes - body.size())];
    bytes.readBytes(kept);
    body.writeBytes(kept);
    if (kept.length < more) {
      reader.onExcess();
    }
  }

  private void handOn(HttpResponse response, HttpObject part) {
    if (part instanceof LastHttpContent last) {
      if (handedOn) {
        reader.onEnd();
      } else {
        finish(response, last.trailingHeaders());
      }
    } else if (!handedOn && reader.isEnough(response.status().code(), kept)) {
      finish(response, EmptyHttpHeaders.INSTANCE);
    }
  }

  private ByteBuffer kept() {
    return ByteBuffer.wrap(body.toByteArray());
  }

  private void finish(HttpResponse response, HttpHeaders trailers) {
    handedOn = true;
    reader.onResponse(
        new Collected(response.status().code(), copy(response.headers()), copy(trailers), kept()));
  }

  private static Map<String, List<String>> copy(HttpHeaders from) {
    Map<String, List<String>> to = new HashMap<>();
    for (Map.Entry<String, String> header : from) {
      to.computeIfAbsent(header.getKey().toLowerCase(Locale.ROOT), name -> new ArrayList<>())
          .add(header.getValue());
    }
    return to;
  }

  @Override
  public void onReadComplete() {
    stream.read();
  }

  @Override
  public void onWritable() {}

  @Override
  public void onFailure(PeerException cause) {
    reader.onFailure(cause);
  }
}
