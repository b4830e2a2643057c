package io.upstream4j.distribution.admin;

import io.netty.handler.codec.http.FullHttpRequest;
import java.util.concurrent.CompletionStage;

/** Answers requests. Called on event loops, which it must not block. */
@FunctionalInterface
interface AdminResource {
  /**
   * Answers a request, now or later, by any thread.
   *
   * @param request released by the caller once it is answered
   */
  CompletionStage<Answer> answer(FullHttpRequest request);
}
