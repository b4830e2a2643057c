/**
 * The pool of connections to peers, over Netty, for proxies and clients that want to stream.
 *
 * <p>This is the only exported package of the core that has Netty's types in its signatures.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.core.connect;
