/**
 * The health checks {@code http} and {@code grpc}. They send a request in the same way as the
 * upstream's traffic, and judge the status and body of the response, or the state that a gRPC
 * server reports.
 *
 * <p>{@link io.upstream4j.health.http.HttpChecker} reads the options, {@code HttpText} refuses text
 * that is not allowed in a request, and {@code HttpCheck} sends the request and judges the
 * response. {@code GrpcChecker} follows gRPC's health-checking protocol, whose messages {@code
 * GrpcHealth} encodes and decodes.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.health.http;
