package io.upstream4j.distribution.gateway;

import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;

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
}
