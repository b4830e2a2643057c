/**
 * A reverse proxy on top of the library.
 *
 * <p>{@code Gateway} listens, a {@code GatewayHandler} or {@code Http2Client} serves one client
 * connection, and a {@code ProxyExchange} handles one request.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.distribution.gateway;
