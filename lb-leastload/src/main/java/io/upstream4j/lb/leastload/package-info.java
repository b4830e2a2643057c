/**
 * Load balancers that draw: {@code random} takes one backend by lot, {@code least_request} and
 * {@code peak_ewma} take the better of two.
 *
 * <p>{@code Lots} draws slots by weight, {@code ChoicePicker} finds eligible ones, {@code Load}
 * compares them.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.lb.leastload;
