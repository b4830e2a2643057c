package io.upstream4j.core;

import io.netty.buffer.ByteBuf;
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
import org.jspecify.annotations.Nullable;

/** Reads a response to its end, and keeps the beginning of its body. On the event loop. */
final class ResponseCollector implements HttpStream.Handler {
  /**
   * A response.
   *
   * @param headers names in lower case to values
   * @param trailers as the headers
   */
  record Collected(
      int status,
      Map<String, List<String>> headers,
      Map<String, List<String>> trailers,
      ByteBuffer content) {}

  /** Who waits for it. Called on the event loop. */
  interface Reader {
    /** The head of the final response is here. */
    default void onHead(int status) {}

    /** There is more of the body than is kept. Called for each part of the excess. */
    default void onExcess() {}

    void onResponse(Collected response);

    void onFailure(PeerException cause);
  }

  private final HttpStream stream;
  private final int maxBodyBytes;
  private final Reader reader;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private @Nullable HttpResponse head;

  ResponseCollector(HttpStream stream, int maxBodyBytes, Reader reader) {
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
      if (part instanceof LastHttpContent last && head != null) {
        finish(head, last.trailingHeaders());
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

  private void finish(HttpResponse response, HttpHeaders trailers) {
    reader.onResponse(
        new Collected(
            response.status().code(),
            copy(response.headers()),
            copy(trailers),
            ByteBuffer.wrap(body.toByteArray())));
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
