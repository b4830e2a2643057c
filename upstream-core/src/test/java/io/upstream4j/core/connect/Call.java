package io.upstream4j.core.connect;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One exchange of a test: reads the whole response, and waits for it. */
class Call implements HttpStream.Handler {
  /** What came back. */
  record Response(HttpResponse head, byte[] body, boolean reused, HttpHeaders trailers) {
    int status() {
      return head.status().code();
    }

    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  final CompletableFuture<Response> done = new CompletableFuture<>();
  final List<HttpResponse> interim = new ArrayList<>();
  final AtomicInteger partsAfterEnd = new AtomicInteger();
  private final HttpStream stream;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private volatile @Nullable HttpResponse head;

  Call(HttpStream stream) {
    this.stream = stream;
  }

  static EventLoop anyLoop(Connector connector) {
    return connector.eventLoops().next();
  }

  static HttpStream open(Connector connector, HttpPeer peer) throws Exception {
    return open(connector, peer, anyLoop(connector));
  }

  static HttpStream open(Connector connector, HttpPeer peer, EventLoop loop) throws Exception {
    return connector.open(peer, loop).get(20, TimeUnit.SECONDS);
  }

  static FullHttpRequest get(String path) {
    return request(HttpMethod.GET, path, Unpooled.EMPTY_BUFFER);
  }

  static FullHttpRequest request(HttpMethod method, String path, ByteBuf body) {
    FullHttpRequest request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, method, path, body);
    request.headers().set(HttpHeaderNames.HOST, "localhost");
    if (body.isReadable() || HttpMethod.POST.equals(method)) {
      request.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
    }
    return request;
  }

  static Call start(HttpStream stream, HttpRequest request) {
    Call call = new Call(stream);
    stream.begin(request, call);
    stream.flush();
    stream.read();
    return call;
  }

  /** Opens, sends, and waits for the whole response. */
  static Response fetch(Connector connector, HttpPeer peer, HttpRequest request) throws Exception {
    return start(open(connector, peer), request).response();
  }

  static Response fetch(Connector connector, HttpPeer peer, String path) throws Exception {
    return fetch(connector, peer, get(path));
  }

  Response response() throws Exception {
    try {
      return done.get(60, TimeUnit.SECONDS);
    } catch (java.util.concurrent.ExecutionException e) {
      if (e.getCause() instanceof PeerException cause) {
        throw cause;
      }
      throw e;
    }
  }

  PeerException failure() throws Exception {
    try {
      Response response = done.get(60, TimeUnit.SECONDS);
      throw new AssertionError("a response: " + response.head());
    } catch (java.util.concurrent.ExecutionException e) {
      if (e.getCause() instanceof PeerException cause) {
        return cause;
      }
      throw e;
    }
  }

  HttpStream stream() {
    return stream;
  }

  boolean hasBegun() {
    return head != null;
  }

  @Override
  public void onPart(HttpObject part) {
    if (done.isDone()) {
      partsAfterEnd.incrementAndGet();
    }
    try {
      if (part instanceof HttpResponse response) {
        if (response.status().code() < 200) {
          interim.add(response);
        } else {
          head = response;
        }
      }
      if (part instanceof HttpContent content) {
        ByteBuf bytes = content.content();
        byte[] copy = new byte[bytes.readableBytes()];
        bytes.readBytes(copy);
        body.writeBytes(copy);
      }
    } finally {
      ReferenceCountUtil.release(part);
    }
    if (part instanceof LastHttpContent last) {
      done.complete(
          new Response(head, body.toByteArray(), stream.isReused(), last.trailingHeaders()));
    }
  }

  @Override
  public void onReadComplete() {
    stream.read();
  }

  @Override
  public void onWritable() {}

  @Override
  public void onFailure(PeerException cause) {
    if (!done.completeExceptionally(cause)) {
      partsAfterEnd.incrementAndGet();
    }
  }
}
