/**
 * The peer that a request goes to, how to reach it, and the failures of an exchange with it.
 *
 * <p>No type of a network library appears here. A program that only needs a decision can use {@link
 * io.upstream4j.core.peer.HttpPeer#address()} with any HTTP client.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.core.peer;
