package io.upstream4j.core.connect;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.upstream4j.core.connect.memory.MemoryAccount;
import org.jspecify.annotations.Nullable;

/** Sends one request, and sees that its body is as long as its head says. On the loop. */
final class Http1RequestWriter {
  private final Http1Connection connection;
  private @Nullable HttpRequest head;
  // What is left of the body, or RequestFraming.CHUNKED.
  private long bodyLeft;
  private long bodyWritten;
  private boolean ended;
  private boolean flushed;
  private boolean cutOff;
  private boolean tunnel;
  private boolean continued;
  private long charged;

  Http1RequestWriter(Http1Connection connection) {
    this.connection = connection;
  }

  void begin(HttpRequest request, long bodyLength) {
    head = request;
    bodyLeft = bodyLength;
    ended = request instanceof LastHttpContent;
    connection.use();
    connection.decoder.expectHead(HttpMethod.HEAD.equals(request.method()));
    connection.timer.start();
    send(request);
  }

  /**
   * Writes a part of the body.
   *
   * @return what is wrong with it, in which case it was released; null if nothing is
   */
  @Nullable String write(HttpContent part) {
    if (cutOff) {
      part.release();
      return null;
    }
    if (head == null || ended) {
      part.release();
      return "a part of the body was written outside of the request";
    }
    if (tunnel) {
      tunnel(part);
      return null;
    }
    int length = part.content().readableBytes();
    boolean last = part instanceof LastHttpContent;
    if (bodyLeft != RequestFraming.CHUNKED) {
      bodyLeft -= length;
      if (bodyLeft < 0 || (last && bodyLeft > 0)) {
        part.release();
        return "the request's body is not as long as its content-length says";
      }
    }
    ended = last;
    bodyWritten += length;
    send(part);
    return null;
  }

  @SuppressWarnings("FutureReturnValueIgnored") // failures come to exceptionCaught
  private void send(Object message) {
    // With a void promise nothing is allocated.
    ChannelHandlerContext ctx = connection.context();
    ctx.write(message, ctx.voidPromise());
  }

  /** Whether the request asks for another protocol, which a 101 would grant (RFC 9110, 7.8). */
  boolean offersUpgrade() {
    HttpRequest request = head;
    return request != null
        && ended
        && request.headers().contains(HttpHeaderNames.UPGRADE)
        && request
            .headers()
            .containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true);
  }

  /** What is written from now on is no HTTP. */
  void openTunnel() {
    tunnel = true;
    ended = false;
    connection.context().pipeline().remove(HttpRequestEncoder.class);
  }

  boolean isTunnel() {
    return tunnel;
  }

  private void tunnel(HttpContent part) {
    bodyWritten += part.content().readableBytes();
    if (part instanceof LastHttpContent) {
      ended = true;
      connection.context().write(part.content()).addListener(done -> connection.shutOutput());
    } else {
      send(part.content());
    }
  }

  void flush() {
    if (head != null && !cutOff) {
      flushed = true;
      connection.context().flush();
      noteUnsent();
    }
  }

  /** Charges the exchange for what was written and the socket has not taken. */
  void noteUnsent() {
    Http1Exchange exchange = connection.exchange();
    MemoryAccount account = exchange == null ? null : exchange.account();
    long unsent = connection.unsentBytes();
    if (account != null && unsent != charged) {
      account.add(unsent - charged);
      charged = unsent;
    }
  }

  /** The peer takes no more of the request. */
  void cutOff() {
    cutOff = true;
  }

  boolean isCutOff() {
    return cutOff;
  }

  /** Whether all of it was written, sent or not. */
  boolean isEnded() {
    return ended;
  }

  /** Whether some of it may have reached the peer. */
  boolean isFlushed() {
    return flushed;
  }

  /** How many bytes of the body were written, sent or not. */
  long bodyWritten() {
    return bodyWritten;
  }

  /** Whether the peer has all that it may need to answer: the request, or its head alone. */
  boolean mayBeAnswered() {
    return ended || bodyWritten == 0;
  }

  /** Whether nothing can happen until the peer answers; in a tunnel anyone may be silent. */
  boolean needsAnswer() {
    return (ended && !tunnel) || cutOff || (bodyWritten == 0 && expectsContinue() && !continued);
  }

  /** The peer has said {@code 100 Continue}, and waits for the body. */
  void mayContinue() {
    continued = true;
  }

  /** Whether the body waits for {@code 100 Continue}. */
  boolean expectsContinue() {
    HttpRequest request = head;
    return request != null && HttpUtil.is100ContinueExpected(request);
  }
}
