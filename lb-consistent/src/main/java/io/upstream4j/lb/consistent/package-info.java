/**
 * Consistent hashing: the same key goes to the same backend, and a change of the set moves few
 * keys.
 *
 * <p>Reading order: {@link io.upstream4j.lb.consistent.ConsistentProvider} (what can be
 * configured), {@code RequestKey} (the part of a request that decides, as a hash), {@code Server}
 * (what is placed), {@code Table} with {@code Ketama} and {@code Maglev} (where it is placed),
 * {@code ConsistentPicker} (the pick).
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.lb.consistent;
