package io.upstream4j.core.stats;

/**
 * The probes of an upstream's health checks at one moment.
 *
 * @param passed answered well
 * @param failed answered badly, or not in time
 * @param nanos that all of them took together
 */
public record ProbeStats(long passed, long failed, long nanos) {}
