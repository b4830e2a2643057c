/**
 * Bounds what waits for slow peers: a {@link io.upstream4j.core.connect.memory.MemoryAccount} is
 * charged for each connection of a client, and {@link
 * io.upstream4j.core.connect.memory.MemoryBudget} bounds their sum.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.core.connect.memory;
