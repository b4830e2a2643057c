/**
 * What listeners hear of: {@link io.upstream4j.core.event.UpstreamEvent} lists the events, {@link
 * io.upstream4j.core.event.UpstreamListener} takes them.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.core.event;
