package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.upstream4j.core.peer.ConnectionStats;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.peer.PoolLimits;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The connector before a server that this project did not write. */
class NginxTest {
  private static final int BIG = 64 * 1024 * 1024;

  @TempDir Path folder;
  private final Connector connector = new Connector(2);

  @AfterEach
  void close() {
    connector.close();
  }

  @Test
  void nearlyEveryRequestUsesAConnectionAgain() throws Exception {
    try (Nginx nginx = Nginx.start(folder, "location / { return 200 'hello'; }")) {
      HttpPeer peer = Peers.of(nginx.port());
      int requests = 5_000;
      EventLoop loop = Call.anyLoop(connector);
      for (int i = 0; i < requests; i++) {
        Call.Response response =
            Call.start(Call.open(connector, peer, loop), Call.get("/")).response();
        assertThat(response.text()).isEqualTo("hello");
      }
      assertThat(connector.stats(peer).reused()).isGreaterThanOrEqualTo(requests * 999L / 1_000);
    }
  }

  @Test
  void manyRequestsShareTheConnectionsThatThereMayBe() throws Exception {
    try (Nginx nginx = Nginx.start(folder, "location / { return 200 'hello'; }")) {
      HttpPeer peer =
          Peers.of(nginx.port(), Peers.with(new PoolLimits(8, 10_000, Duration.ofSeconds(30))));
      int requests = 4_000;
      AtomicInteger good = new AtomicInteger();
      CompletableFuture<Void> all = new CompletableFuture<>();
      AtomicInteger left = new AtomicInteger(requests);
      for (int i = 0; i < requests; i++) {
        connector
            .open(peer, Call.anyLoop(connector))
            .addListener(
                opened ->
                    Call.start((HttpStream) opened.getNow(), Call.get("/"))
                        .done
                        .whenComplete(
                            (response, failure) -> {
                              if (response != null && response.text().equals("hello")) {
                                good.incrementAndGet();
                              }
                              if (left.decrementAndGet() == 0) {
                                all.complete(null);
                              }
                            }));
      }
      all.get(60, TimeUnit.SECONDS);

      assertThat(good).hasValue(requests);
      Await.until("all idle", () -> connector.stats(peer).inUse() == 0);
      ConnectionStats stats = connector.stats(peer);
      assertThat(stats.opened()).isLessThanOrEqualTo(8);
      assertThat(stats.reused()).isEqualTo(requests - stats.opened());
      assertThat(stats.pending()).isZero();
    }
  }

  @Test
  void aBigBodyStreamsDown() throws Exception {
    try (Nginx nginx = Nginx.start(folder, "")) {
      try (RandomAccessFile file = new RandomAccessFile(folder.resolve("www/big").toFile(), "rw")) {
        file.setLength(BIG);
      }
      HttpPeer peer = Peers.of(nginx.port());
      AtomicLong bytes = new AtomicLong();

      Call.Response response = count(Call.open(connector, peer), Call.get("/big"), bytes);

      assertThat(response.status()).isEqualTo(200);
      assertThat(bytes).hasValue(BIG);
      assertThat(
              Call.fetch(
                      connector, peer, Call.request(HttpMethod.HEAD, "/big", Unpooled.EMPTY_BUFFER))
                  .reused())
          .isTrue();
    }
  }

  private static Call.Response count(HttpStream stream, HttpRequest request, AtomicLong bytes)
      throws Exception {
    Call call =
        new Call(stream) {
          @Override
          public void onPart(HttpObject part) {
            if (part instanceof HttpContent content && !(part instanceof LastHttpContent)) {
              bytes.addAndGet(content.content().readableBytes());
              ReferenceCountUtil.release(part);
            } else {
              if (part instanceof LastHttpContent last) {
                bytes.addAndGet(last.content().readableBytes());
              }
              super.onPart(part);
            }
          }
        };
    stream.begin(request, call);
    stream.flush();
    stream.read();
    return call.response();
  }

  @Test
  void aBigBodyStreamsUpNoFasterThanItIsTaken() throws Exception {
    try (Nginx nginx =
        Nginx.start(
            folder,
            "location / { dav_methods PUT; create_full_put_path on; client_body_buffer_size 16k; }")) {
      HttpPeer peer = Peers.of(nginx.port());
      Upload upload = new Upload(Call.open(connector, peer), BIG);

      Call.Response response = upload.start().response();

      assertThat(response.status()).isEqualTo(201);
      assertThat(folder.resolve("www/upload")).hasSize(BIG);
      // The high-water mark, and the parts that were written to cross it.
      assertThat(upload.mostUnsent).hasValueLessThan(256 * 1024);
    }
  }

  /** Writes while the stream is writable, as a proxy does. */
  private static final class Upload extends Call {
    private static final int PART = 32 * 1024;

    final AtomicLong mostUnsent = new AtomicLong();
    private final HttpStream stream;
    private final ByteBuf part = Unpooled.directBuffer(PART).writeZero(PART);
    private final int length;
    private int written;

    Upload(HttpStream stream, int length) {
      super(stream);
      this.stream = stream;
      this.length = length;
    }

    Upload start() {
      HttpRequest head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.PUT, "/upload");
      head.headers().set("host", "localhost");
      head.headers().set("content-length", length);
      stream.begin(head, this);
      stream.read();
      stream.eventLoop().execute(this::writeMore);
      return this;
    }

    private void writeMore() {
      while (written < length && stream.isWritable()) {
        stream.write(new DefaultHttpContent(part.retainedDuplicate()));
        written += PART;
        mostUnsent.accumulateAndGet(((Http1Exchange) stream).unsentBytes(), Math::max);
      }
      if (written == length) {
        written++;
        part.release();
        stream.write(LastHttpContent.EMPTY_LAST_CONTENT);
      }
      stream.flush();
    }

    @Override
    public void onWritable() {
      writeMore();
    }

    @Override
    public void onFailure(PeerException cause) {
      part.release();
      super.onFailure(cause);
    }
  }
}
