package io.upstream4j.distribution.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.upstream4j.core.connect.HttpStream;
import io.upstream4j.core.peer.HttpPeer;
import org.junit.jupiter.api.Test;

class RequestBodyTest {
  /** A stream that records what is written. */
  private static final class Recorder implements HttpStream {
    final StringBuilder written = new StringBuilder();
    int ends;

    @Override
    public void write(HttpContent part) {
      written.append(part.content().toString(US_ASCII));
      ends += part instanceof LastHttpContent ? 1 : 0;
      part.release();
    }

    @Override
    public HttpPeer peer() {
      throw new UnsupportedOperationException();
    }

    @Override
    public EventLoop eventLoop() {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean isHttp2() {
      return false;
    }

    @Override
    public boolean isReused() {
      return false;
    }

    @Override
    public void begin(HttpRequest head, Handler handler) {}

    @Override
    public void flush() {}

    @Override
    public boolean isWritable() {
      return true;
    }

    @Override
    public void read() {}

    @Override
    public void cancel() {}
  }

  private final Recorder first = new Recorder();
  private final Recorder second = new Recorder();

  private int consumed;

  private RequestBody body(boolean announced) {
    return new RequestBody(
        UnpooledByteBufAllocator.DEFAULT, null, bytes -> consumed += bytes, announced);
  }

  private static HttpContent part(String text) {
    return new DefaultHttpContent(Unpooled.copiedBuffer(text, US_ASCII));
  }

  private static HttpContent last(String text) {
    return new DefaultLastHttpContent(Unpooled.copiedBuffer(text, US_ASCII));
  }

  @Test
  void aSmallBodyIsSentAgainWhole() {
    RequestBody body = body(true);
    HttpContent early = part("a");
    body.add(early, null);
    body.sendTo(first);
    HttpContent late = last("b");
    body.add(late, first);

    assertThat(first.written).hasToString("ab");
    assertThat(body.canRepeat()).isTrue();
    body.sendTo(second);
    assertThat(second.written).hasToString("ab");
    assertThat(second.ends).isEqualTo(1);

    body.forget();
    assertThat(body.canRepeat()).isFalse();
    assertThat(early.refCnt()).isZero();
    assertThat(late.refCnt()).isZero();
  }

  @Test
  void aLargeBodyIsNotKept() {
    RequestBody body = body(true);
    body.sendTo(first);
    HttpContent one = part("x".repeat(40_000));
    HttpContent two = part("x".repeat(40_000));
    body.add(one, first);
    assertThat(body.canRepeat()).isTrue();
    body.add(two, first);

    assertThat(body.canRepeat()).isFalse();
    assertThat(first.written).hasSize(80_000);
    assertThat(one.refCnt()).isZero();
    assertThat(two.refCnt()).isZero();
  }

  @Test
  void aLargeBodyThatWaitsForAStreamMayStillBeSentOnce() {
    RequestBody body = body(true);
    HttpContent large = last("x".repeat(100_000));
    body.add(large, null);

    assertThat(body.canRepeat()).isTrue();
    body.sendTo(first);
    assertThat(body.canRepeat()).isFalse();
    assertThat(first.written).hasSize(100_000);
    assertThat(large.refCnt()).isZero();
  }

  @Test
  void aRequestWithoutABodyMayAlwaysBeRepeated() {
    RequestBody body = body(false);
    body.add(LastHttpContent.EMPTY_LAST_CONTENT, null);
    body.sendTo(first);
    body.sendTo(second);

    assertThat(body.isComplete()).isTrue();
    assertThat(body.canRepeat()).isTrue();
    assertThat(first.ends).isEqualTo(1);
    assertThat(second.ends).isEqualTo(1);
  }
}
