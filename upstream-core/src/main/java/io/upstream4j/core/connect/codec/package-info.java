/**
 * What both sides of a proxy need of HTTP: the HTTP/2 codec with its bounds, and buffers for bodies
 * whose cost stays near their bytes. Exported to the gateway only.
 *
 * <p>Reading order: {@link io.upstream4j.core.connect.codec.BodyBuffer}, {@link
 * io.upstream4j.core.connect.codec.Http2Codec}, {@link
 * io.upstream4j.core.connect.codec.Http2FloodGuard}, {@link
 * io.upstream4j.core.connect.codec.BoundedFields}.
 */
@NullMarked
package io.upstream4j.core.connect.codec;

import org.jspecify.annotations.NullMarked;
