package example.streaming;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import io.upstream4j.core.Exchange;
import io.upstream4j.core.NoBackendException;
import io.upstream4j.core.RetryStep;
import io.upstream4j.core.Upstreams;
import io.upstream4j.core.connect.Connector;
import io.upstream4j.core.connect.HttpStream;
import io.upstream4j.core.http.UpstreamRequest;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;

/** Uploads zeros and digests the response, with a few KiB in memory however long both are. */
final class Upload implements HttpStream.Handler {
  private static final int PIECE = 16 * 1024;

  private final Connector connector;
  private final EventLoop loop;
  private final Exchange exchange;
  private final long length;
  private final CompletableFuture<String> done = new CompletableFuture<>();
  private HttpPeer peer; // of the current try, as is what follows
  private HttpStream stream;
  private long left;
  private int status;
  private final CRC32 digest = new CRC32();

  Upload(Upstreams upstreams, String upstream, long length) {
    this.connector = upstreams.connector();
    this.loop = connector.eventLoops().next();
    this.exchange = upstreams.get(upstream).begin(UpstreamRequest.of("PUT", "/upload"));
    this.length = length;
  }

  CompletableFuture<String> start() {
    loop.execute(this::tryNext);
    return done;
  }

  private void tryNext() {
    try {
      peer = exchange.newHttpPeer();
    } catch (NoBackendException e) {
      fail(e);
      return;
    }
    onceOpen(connector.open(peer, loop));
  }

  private void onceOpen(Future<HttpStream> opening) {
    opening.addListener(
        opened -> {
          if (opening.isSuccess()) {
            send(opening.getNow());
          } else if (opening.cause() instanceof PeerException e) {
            retry(e);
          } else {
            fail(opening.cause());
          }
        });
  }

  private void send(HttpStream opened) {
    stream = opened;
    left = length;
    HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.PUT, "/upload");
    head.headers().set(HttpHeaderNames.HOST, peer.backend().endpoint().toString());
    head.headers().set(HttpHeaderNames.CONTENT_LENGTH, length);
    stream.begin(head, this);
    write();
    stream.read();
  }

  private void write() {
    while (left > 0 && stream.isWritable()) { // false while the backend is slower
      int size = (int) Math.min(PIECE, left);
      left -= size;
      stream.write(
          new DefaultHttpContent(ByteBufAllocator.DEFAULT.buffer(size, size).writeZero(size)));
    }
    if (left == 0) {
      left = -1; // the end is sent once
      stream.write(LastHttpContent.EMPTY_LAST_CONTENT);
    }
    stream.flush();
  }

  private void take(HttpObject part) {
    if (part instanceof HttpResponse head) {
      if (head.status().codeClass() != HttpStatusClass.INFORMATIONAL) {
        status = head.status().code();
        exchange.responded(status);
      }
    } else if (part instanceof HttpContent content) {
      digest.update(content.content().nioBuffer());
      content.release();
      if (content instanceof LastHttpContent && status > 0) {
        exchange.succeeded(status);
        exchange.close();
        done.complete("%s: %d, CRC-32 %08x".formatted(peer, status, digest.getValue()));
      }
    }
  }

  private void retry(PeerException cause) {
    // Zeros can be sent again as long as nothing of a response was digested.
    RetryStep next =
        exchange.failed(cause, status == 0 ? Exchange.Body.REPEATABLE : Exchange.Body.GONE);
    switch (next.action()) {
      case SAME_PEER -> onceOpen(connector.open(peer, loop));
      case SAME_PEER_FRESH -> onceOpen(connector.openFresh(peer, loop));
      case NEXT_PEER ->
          loop.schedule(this::tryNext, next.delay().toMillis(), TimeUnit.MILLISECONDS);
      case GIVE_UP -> fail(cause);
    }
  }

  private void fail(Throwable cause) {
    exchange.close();
    done.completeExceptionally(cause);
  }

  // Called on the stream's loop, which another one's idle connection may have: handed over to ours.

  @Override
  public void onWritable() {
    loop.execute(this::write);
  }

  @Override
  public void onPart(HttpObject part) {
    loop.execute(() -> take(part));
  }

  @Override
  public void onReadComplete() { // asks for more once this was taken
    loop.execute(() -> stream.read());
  }

  @Override
  public void onFailure(PeerException cause) {
    loop.execute(() -> retry(cause));
  }
}
