package io.upstream4j.distribution;

import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.upstream4j.core.connect.Connector;
import io.upstream4j.core.connect.HttpStream;
import io.upstream4j.core.peer.HttpPeer;
import io.upstream4j.core.peer.PeerException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** A client that sends requests at a steady rate, through the library's own connector. */
final class DemoTraffic {
  private static final int PACE_MILLIS = 20;

  private final Connector connector;
  private final HttpPeer gateway;
  private final EventLoop loop;
  private final LongAdder unanswered = new LongAdder();
  private final AtomicInteger open = new AtomicInteger(1); // requests, plus one until the end
  private final CountDownLatch answered = new CountDownLatch(1);

  DemoTraffic(Connector connector, HttpPeer gateway) {
    this.connector = connector;
    this.gateway = gateway;
    this.loop = connector.eventLoops().next();
  }

  /** Starts the traffic. The result stops it and waits for pending responses, up to a limit. */
  End start() {
    Future<?> pace =
        loop.scheduleAtFixedRate(this::ask, PACE_MILLIS, PACE_MILLIS, TimeUnit.MILLISECONDS);
    return limit -> {
      // On the loop, so that no request starts afterwards.
      loop.submit(() -> pace.cancel(false)).await();
      over();
      answered.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    };
  }

  /** Stops the traffic. */
  @FunctionalInterface
  interface End {
    void within(Duration limit) throws InterruptedException;
  }

  private void over() {
    if (open.decrementAndGet() == 0) {
      answered.countDown();
    }
  }

  private void failed() {
    unanswered.increment();
    over();
  }

  /** Returns the number of requests without a complete response. */
  long unanswered() {
    return unanswered.sum();
  }

  private void ask() {
    open.incrementAndGet();
    connector
        .open(gateway, loop)
        .addListener(
            (Future<HttpStream> opened) -> {
              if (opened.isSuccess()) {
                ask(opened.getNow());
              } else {
                failed();
              }
            });
  }

  private void ask(HttpStream stream) {
    HttpRequest request =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1, HttpMethod.GET, "/", Unpooled.EMPTY_BUFFER);
    request.headers().set(HttpHeaderNames.HOST, gateway.backend().endpoint().toString());
    stream.begin(request, new Answer(stream));
    stream.flush();
    stream.read();
  }

  private final class Answer implements HttpStream.Handler {
    private final HttpStream stream;
    private boolean complete;

    Answer(HttpStream stream) {
      this.stream = stream;
    }

    @Override
    public void onPart(HttpObject part) {
      complete = part instanceof LastHttpContent;
      ReferenceCountUtil.release(part);
      if (complete) {
        over();
      }
    }

    @Override
    public void onReadComplete() {
      if (!complete) {
        stream.read();
      }
    }

    @Override
    public void onWritable() {
      // The request has no body.
    }

    @Override
    public void onFailure(PeerException cause) {
      failed();
    }
  }
}
