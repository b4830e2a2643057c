package io.upstream4j.distribution.gateway;

/**
 * What a gateway did so far.
 *
 * @param accepted client connections that were accepted
 * @param connections client connections that are open now
 * @param requests that were received, the refused ones included
 * @param active requests that are being served now
 * @param responses1xx interim responses that were passed on
 * @param responses2xx responses with a status of 200 to 299
 * @param responses3xx responses with a status of 300 to 399
 * @param responses4xx responses with a status of 400 to 499, the gateway's own included
 * @param responses5xx responses with a status of 500 to 999, the gateway's own included
 * @param errors responses that are the gateway's own: no backend gave them
 * @param retries tries beyond the first
 * @param aborted requests whose client left before the response was complete
 * @param broken responses that broke off after they had begun, so that the client's connection was
 *     closed
 * @param shed connections that were made to give up requests or responses, as memory was short
 * @param unlogged requests that are missing in the access log: too many came at once, or it could
 *     not be written
 * @param evicted idle client connections that were closed to make room for others
 * @param refused client connections that were closed at once, as too many waited for room already
 * @param acceptPauses times that a listener stopped accepting clients: the limit of connections was
 *     reached, or file descriptors ran out
 * @param memory bytes that are held for peers that are slow, beyond the first 16 KiB of each
 *     connection
 * @param memoryLimit bytes that may be held so
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
