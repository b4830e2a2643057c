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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** A client that asks for a page at a steady pace, through the library's own connector. */
final class DemoTraffic {
  private static final int PACE_MILLIS = 20;

  private final Connector connector;
  private final HttpPeer gateway;
  private final EventLoop loop;
  private final LongAdder unanswered = new LongAdder();

  DemoTraffic(Connector connector, HttpPeer gateway) {
    this.connector = connector;
    this.gateway = gateway;
    this.loop = connector.eventLoops().next();
  }

  /** Begins; ends when the result is cancelled. */
  Future<?> start() {
    return loop.scheduleAtFixedRate(this::ask, PACE_MILLIS, PACE_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Requests to which the gateway gave no response, or half of one. */
  long unanswered() {
    return unanswered.sum();
  }

  private void ask() {
    connector
        .open(gateway, loop)
        .addListener(
            (Future<HttpStream> opened) -> {
              if (opened.isSuccess()) {
                ask(opened.getNow());
              } else {
                unanswered.increment();
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
    }

    @Override
    public void onReadComplete() {
      if (!complete) {
        stream.read();
      }
    }

    @Override
    public void onWritable() {
      // The request has no body to go on with.
    }

    @Override
    public void onFailure(PeerException cause) {
      unanswered.increment();
    }
  }
}
