/**
 * The health checks {@code http} and {@code grpc}: a request is sent as the upstream's traffic
 * would be, and its response is looked at: status and body, or the state that a gRPC server tells.
 *
 * <p>{@link io.upstream4j.health.http.HttpChecker} reads the options, {@code HttpText} refuses what
 * must not stand in a request, {@code HttpCheck} asks and judges; {@code GrpcChecker} asks as the
 * protocol of gRPC says, and {@code GrpcHealth} writes and reads its messages.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.health.http;
