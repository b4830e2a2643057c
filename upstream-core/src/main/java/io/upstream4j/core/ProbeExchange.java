package io.upstream4j.core;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.upstream4j.api.spi.ProbeResponse;
import io.upstream4j.core.connect.HttpStream;
import io.upstream4j.core.peer.PeerException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Reads the response to a probe, and keeps the beginning of its body. On the event loop. */
final class ProbeExchange implements HttpStream.Handler {
  private final HttpStream stream;
  private final int maxBodyBytes;
  private final CompletableFuture<ProbeResponse> done;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private @Nullable HttpResponse head;

  ProbeExchange(HttpStream stream, int maxBodyBytes, CompletableFuture<ProbeResponse> done) {
    this.stream = stream;
    this.maxBodyBytes = maxBodyBytes;
    this.done = done;
  }

  @Override
  public void onPart(HttpObject part) {
    try {
      if (part instanceof HttpResponse response
          && response.status().codeClass() != HttpStatusClass.INFORMATIONAL) {
        head = response;
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
    byte[] kept = new byte[Math.min(bytes.readableBytes(), maxBodyBytes - body.size())];
    bytes.readBytes(kept);
    body.writeBytes(kept);
  }

  private void finish(HttpResponse response, HttpHeaders trailers) {
    done.complete(
        new ProbeResponse(
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
    done.completeExceptionally(cause);
  }
}
