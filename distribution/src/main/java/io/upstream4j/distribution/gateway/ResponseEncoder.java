package io.upstream4j.distribution.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;

/** Encodes responses; one to HEAD has no body, whatever its headers say. */
final class ResponseEncoder extends HttpResponseEncoder {
  private boolean toHead;

  /** Says what the next response answers. Called before its head is written, on the same loop. */
  void answersHead(boolean answersHead) {
    toHead = answersHead;
  }

  @Override
  protected boolean isContentAlwaysEmpty(HttpResponse response) {
    return toHead || super.isContentAlwaysEmpty(response);
  }

  /**
   * A reason with bytes above 0x7F is replaced by the status's own: nobody knows what characters
   * they are, and what the client's terminal or log would make of them (RFC 9112, 4).
   */
  @Override
  protected void encodeInitialLine(ByteBuf line, HttpResponse response) throws Exception {
    HttpResponseStatus status = response.status();
    if (!isAscii(status.reasonPhrase())) {
      response.setStatus(HttpResponseStatus.valueOf(status.code()));
    }
    super.encodeInitialLine(line, response);
  }

  private static boolean isAscii(String reason) {
    for (int i = 0; i < reason.length(); i++) {
      if (reason.charAt(i) > 0x7f) {
        return false;
      }
    }
    return true;
  }
}
