/**
 * Randomized load balancers: {@code random} draws one backend, {@code least_request} and {@code
 * peak_ewma} take the better of two.
 *
 * <p>{@code Lots} draws slots by weight, {@code ChoicePicker} finds eligible ones, and {@code Load}
 * compares them.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.lb.leastload;
