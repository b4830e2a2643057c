package io.upstream4j.health.http;

import io.upstream4j.api.spi.ProbeResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Responses in the form of a gRPC server's. */
final class GrpcAnswers {
  private static final Map<String, List<String>> HEADERS =
      Map.of("content-type", List.of("application/grpc"));

  private GrpcAnswers() {}

  static CompletionStage<ProbeResponse> state(int state) {
    return message(0, 0, 0, 0, 2, 8, state);
  }

  static CompletionStage<ProbeResponse> message(int... bytes) {
    ByteBuffer content = ByteBuffer.allocate(bytes.length);
    for (int b : bytes) {
      content.put((byte) b);
    }
    return CompletableFuture.completedFuture(
        new ProbeResponse(200, HEADERS, Map.of("grpc-status", List.of("0")), content.flip()));
  }

  static CompletionStage<ProbeResponse> trailers(Map<String, List<String>> trailers) {
    return CompletableFuture.completedFuture(
        new ProbeResponse(200, HEADERS, trailers, ByteBuffer.allocate(0)));
  }

  /** Returns a response that consists only of trailers. */
  static CompletionStage<ProbeResponse> onlyTrailers(Map<String, List<String>> trailers) {
    return CompletableFuture.completedFuture(
        new ProbeResponse(200, trailers, Map.of(), ByteBuffer.allocate(0)));
  }
}
