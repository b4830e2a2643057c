/**
 * The {@code round_robin} load balancer: backends in turn, in proportion to their weights.
 *
 * <p>{@link io.upstream4j.lb.roundrobin.RoundRobin} counts turns and a {@code Round} maps a turn to
 * a slot. {@code TurnPicker} joins the two, and finds another backend when that slot is not
 * eligible.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.lb.roundrobin;
