package io.upstream4j.core.config;

/**
 * How often a request may be tried again when that is safe.
 *
 * @param max tries beyond the first, for one request; 0 for none
 * @param budgetPercent retries per hundred requests, over the upstream
 * @param budgetPerSecond retries that are allowed each second whatever the traffic
 */
public record RetryConfig(int max, int budgetPercent, int budgetPerSecond) {}
