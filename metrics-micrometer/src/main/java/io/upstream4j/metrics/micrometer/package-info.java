/**
 * Micrometer meters of the statistics of upstreams. Programs use only {@link
 * io.upstream4j.metrics.micrometer.UpstreamMetrics}.
 *
 * <p>{@code Readings} takes the statistics, at most once a second. A {@code Binding} keeps the
 * meters of one registry consistent with the current upstreams and backends. {@code UpstreamMeters}
 * and {@code BackendMeters} define the meters.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.metrics.micrometer;
