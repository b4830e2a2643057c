package io.upstream4j.core.health;

import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.ProbeBytes;
import io.upstream4j.api.spi.ProbeClient;
import io.upstream4j.api.spi.ProbeReply;
import io.upstream4j.api.spi.ProbeRequest;
import io.upstream4j.api.spi.ProbeResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * Reaches backends for a plug-in that may block: what it does with an answer does not run on the
 * event loop that brought it.
 *
 * @param probes reaches them
 * @param completions runs what depends on an answer
 */
public record ApartProbes(ProbeClient probes, Executor completions) implements ProbeClient {
  @Override
  public CompletionStage<Void> connect(Backend backend) {
    return apart(probes.connect(backend));
  }

  @Override
  public CompletionStage<ProbeResponse> send(Backend backend, ProbeRequest request) {
    return apart(probes.send(backend, request));
  }

  @Override
  public CompletionStage<ProbeReply> talk(Backend backend, ProbeBytes bytes) {
    return apart(probes.talk(backend, bytes));
  }

  private <T> CompletionStage<T> apart(CompletionStage<T> answer) {
    CompletableFuture<T> done = new CompletableFuture<>();
    answer.whenCompleteAsync(
        (result, failure) -> {
          if (failure != null) {
            done.completeExceptionally(failure);
          } else {
            done.complete(result);
          }
        },
        completions);
    return done;
  }
}
