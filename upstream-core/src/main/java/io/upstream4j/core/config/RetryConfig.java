package io.upstream4j.core.config;

/**
 * How often a request may be retried when that is safe.
 *
 * @param max the retries of one request; 0 for none
 * @param budgetPercent retries per hundred requests of the upstream
 * @param budgetPerSecond retries per second that are allowed regardless of the traffic
 */
public record RetryConfig(int max, int budgetPercent, int budgetPerSecond) {}
