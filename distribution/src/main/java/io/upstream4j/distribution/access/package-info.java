/** The access log: a line for each request that the gateway has served. */
@org.jspecify.annotations.NullMarked
package io.upstream4j.distribution.access;
