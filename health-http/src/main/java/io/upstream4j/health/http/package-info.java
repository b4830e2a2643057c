/**
 * The {@code http} health check: a request is sent as the upstream's traffic would be, and the
 * status and the body of its response are looked at.
 *
 * <p>{@link io.upstream4j.health.http.HttpChecker} reads the options, {@code HttpText} refuses what
 * must not stand in a request, {@code HttpCheck} asks and judges.
 */
package io.upstream4j.health.http;
