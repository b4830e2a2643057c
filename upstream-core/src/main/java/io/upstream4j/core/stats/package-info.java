/**
 * What is counted of upstreams and backends, as values that are read once.
 *
 * <p>Start with {@link io.upstream4j.core.stats.UpstreamStats} and {@link
 * io.upstream4j.core.stats.BackendStats}; {@link io.upstream4j.core.stats.Durations} is how long
 * things took.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.core.stats;
