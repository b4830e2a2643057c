package io.upstream4j.distribution.gateway;

import org.jspecify.annotations.Nullable;

/**
 * A completed request in the access log.
 *
 * @param startedMillis when its head was received, or when it was refused unread, in milliseconds
 *     since 1970
 * @param durationNanos from then to the end of the response
 * @param client the IP address of the client
 * @param method as received; null when the request could not be read
 * @param target path and query as received, still encoded; null when the request could not be read
 * @param protocol {@code HTTP/1.0}, {@code HTTP/1.1} or {@code HTTP/2.0}; null when the request
 *     could not be read
 * @param host the requested host, in lower case and without its port; null when there was none
 * @param status the status that was sent; 499 when the client left before there was one
 * @param sentBytes the bytes sent of the response's body, or to the client through a tunnel
 * @param complete whether the response or tunnel ended normally; false when the client left or the
 *     backend failed
 * @param upstream the upstream of the route; null when there was none
 * @param backend {@code host:port} of the last backend; null when there was none
 * @param tries how often a backend was picked
 * @param error why the gateway answered itself or the response was cut off, in more detail than the
 *     client received; null when the backend's response was forwarded completely or the client left
 * @param referer the header; null when absent
 * @param userAgent the header; null when absent
 * @param traceparent the header sent to the backend; null when there was none
 */
public record AccessRecord(
    long startedMillis,
    long durationNanos,
    String client,
    @Nullable String method,
    @Nullable String target,
    @Nullable String protocol,
    @Nullable String host,
    int status,
    long sentBytes,
    boolean complete,
    @Nullable String upstream,
    @Nullable String backend,
    int tries,
    @Nullable String error,
    @Nullable String referer,
    @Nullable String userAgent,
    @Nullable String traceparent) {}
