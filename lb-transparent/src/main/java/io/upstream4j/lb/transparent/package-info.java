/** Sends a request to the host it names, where that is allowed. */
@org.jspecify.annotations.NullMarked
package io.upstream4j.lb.transparent;
