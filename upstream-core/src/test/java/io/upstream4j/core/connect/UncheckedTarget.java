package io.upstream4j.core.connect;

import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpRequest;

/** A request whose target Netty has not checked. */
final class UncheckedTarget extends DefaultHttpRequest {
  private final String target;

  UncheckedTarget(HttpRequest request, String target) {
    super(request.protocolVersion(), request.method(), request.uri(), request.headers());
    this.target = target;
  }

  @Override
  public String uri() {
    return target;
  }
}
