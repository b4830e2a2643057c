/** The access log, with a line for each request of the gateway. */
@org.jspecify.annotations.NullMarked
package io.upstream4j.distribution.access;
