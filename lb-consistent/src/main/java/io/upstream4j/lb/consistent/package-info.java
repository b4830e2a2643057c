/**
 * Consistent hashing: the same key goes to the same backend, and a change of the set moves few
 * keys.
 *
 * <p>Reading order: {@link io.upstream4j.lb.consistent.ConsistentProvider} (the options), {@code
 * RequestKey} (hashes a part of the request), {@code Server} (a configured server and its
 * addresses), {@code Table} with {@code Ketama} and {@code Maglev} (maps hashes to servers), {@code
 * ConsistentPicker} (picks a backend).
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.lb.consistent;
