package io.upstream4j.core.stats;

import java.time.Instant;
import java.util.Optional;

/**
 * The changes of the configuration at one moment.
 *
 * @param applied configurations that took effect, the first among them, even if nothing was
 *     otherwise than before
 * @param refused configurations that did not, because of a problem
 * @param lastApplied when one took effect last; empty before the first
 */
public record ConfigStats(long applied, long refused, Optional<Instant> lastApplied) {}
