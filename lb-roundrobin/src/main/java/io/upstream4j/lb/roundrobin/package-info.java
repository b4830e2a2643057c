/**
 * The {@code round_robin} load balancer: backends in turn, each as often as its weight says.
 *
 * <p>{@link io.upstream4j.lb.roundrobin.RoundRobin} counts turns; a {@code Round} says whose turn a
 * position is; {@code TurnPicker} joins the two, and finds another backend when that one is not
 * eligible.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.lb.roundrobin;
