package io.upstream4j.distribution.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;

/** Encodes responses. A response to HEAD has no body, whatever its headers. */
final class ResponseEncoder extends HttpResponseEncoder {
  private boolean toHead;

  /**
   * Sets whether the next response answers HEAD. Called before its head is written, on the same
   * loop.
   */
  void answersHead(boolean answersHead) {
    toHead = answersHead;
  }

  @Override
  protected boolean isContentAlwaysEmpty(HttpResponse response) {
    return toHead || super.isContentAlwaysEmpty(response);
  }

  /**
   * Replaces a reason phrase that is not ASCII with the standard one, because its encoding is
   * unknown (RFC 9112, section 4).
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
