/**
 * Meters of Micrometer that read what upstreams count: {@link
 * io.upstream4j.metrics.micrometer.UpstreamMetrics}, which is all that a program needs.
 *
 * <p>{@code Readings} takes the statistics, at most once a second; a {@code Binding} keeps the
 * meters of one registry in step with upstreams and backends that come and go; {@code
 * UpstreamMeters} and {@code BackendMeters} say which meters there are.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.metrics.micrometer;
