/**
 * The peer that a request goes to, how to reach it, and what can go wrong on the way.
 *
 * <p>No type of a network library appears here: a program that only wants a decision takes {@link
 * io.upstream4j.core.peer.HttpPeer#address()} and uses any HTTP client.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.core.peer;
