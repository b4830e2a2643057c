package io.upstream4j.distribution.admin;

import io.netty.handler.codec.http.FullHttpRequest;
import java.util.concurrent.CompletionStage;

/** Answers requests. Called on event loops, which it must not block. */
@FunctionalInterface
interface AdminResource {
  /**
   * The answer, now or later, by any thread.
   *
   * @param request the caller's to release, once there is an answer
   */
  CompletionStage<Answer> answer(FullHttpRequest request);
}
