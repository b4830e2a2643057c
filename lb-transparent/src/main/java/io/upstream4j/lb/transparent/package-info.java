/** A load balancer that sends a request to the host it names, if that host is allowed. */
@org.jspecify.annotations.NullMarked
package io.upstream4j.lb.transparent;
