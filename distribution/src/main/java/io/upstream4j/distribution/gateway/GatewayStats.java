package io.upstream4j.distribution.gateway;

/**
 * The gateway's statistics. Totals are since it was created.
 *
 * @param accepted accepted client connections
 * @param connections open client connections
 * @param requests received requests, including refused ones
 * @param active requests in progress
 * @param responses1xx forwarded interim responses
 * @param responses2xx responses with a status of 200 to 299
 * @param responses3xx responses with a status of 300 to 399
 * @param responses4xx responses with a status of 400 to 499, including the gateway's own
 * @param responses5xx responses with a status of 500 to 999, including the gateway's own
 * @param errors responses that the gateway generated itself
 * @param retries tries after the first one
 * @param aborted requests whose client left before the response was complete
 * @param broken responses that failed after they had begun, so that the client's connection was
 *     closed
 * @param shed connections whose requests or responses were aborted because memory was short
 * @param unlogged requests missing in the access log, because its queue was full or writing failed
 * @param evicted idle client connections that were closed to make room for others
 * @param refused client connections that were closed at once, because too many waited already
 * @param acceptPauses how often a listener stopped accepting clients, because the limit of
 *     connections was reached or file descriptors ran out
 * @param memory bytes held for slow peers, beyond the first 16 KiB of each connection
 * @param memoryLimit the limit of these bytes
 */
public record GatewayStats(
    long accepted,
    long connections,
    long requests,
    long active,
    long responses1xx,
    long responses2xx,
    long responses3xx,
    long responses4xx,
    long responses5xx,
    long errors,
    long retries,
    long aborted,
    long broken,
    long shed,
    long unlogged,
    long evicted,
    long refused,
    long acceptPauses,
    long memory,
    long memoryLimit) {}
