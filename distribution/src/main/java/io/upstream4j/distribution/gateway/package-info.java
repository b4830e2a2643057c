/**
 * A reverse proxy over the library.
 *
 * <p>{@code Gateway} listens, a {@code GatewayHandler} serves one client connection, a {@code
 * ProxyExchange} one request of it.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.distribution.gateway;
