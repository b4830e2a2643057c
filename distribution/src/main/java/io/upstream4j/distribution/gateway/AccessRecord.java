package io.upstream4j.distribution.gateway;

import org.jspecify.annotations.Nullable;

/**
 * One request that is over, as an access log tells it.
 *
 * @param startedMillis when its head had come, in milliseconds since 1970; of one that was refused
 *     unread, when it was refused
 * @param durationNanos from then to the end of the response
 * @param client the IP address at the other end of the connection
 * @param method as received; null when the request could not be read
 * @param target path and query as received, still encoded; null when the request could not be read
 * @param protocol {@code HTTP/1.0}, {@code HTTP/1.1} or {@code HTTP/2.0}; null when the request
 *     could not be read
 * @param host that was asked for, in lower case and without its port; null when none was
 * @param status that was sent; 499 when the client left before there was one
 * @param sentBytes of the response's body, or of what went through a tunnel to the client
 * @param complete whether the response, or the tunnel, came to its end: false when the client left
 *     or the backend broke off
 * @param upstream that the request was routed to; null when there was none
 * @param backend {@code host:port} that was asked last; null when none was
 * @param tries how often a backend was chosen for it
 * @param error why the gateway answered itself, or the response did not come to its end, in more
 *     words than the client got; null when the backend's response was forwarded whole, or the
 *     client left
 * @param referer header; null when absent
 * @param userAgent header; null when absent
 * @param traceparent header that the backend got; null when there was none
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
