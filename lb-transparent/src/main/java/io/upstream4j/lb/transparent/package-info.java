/** Sends a request to the host it names, where that is allowed. */
package io.upstream4j.lb.transparent;
