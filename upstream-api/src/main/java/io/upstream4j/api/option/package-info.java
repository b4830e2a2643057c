/**
 * Typed options that a plug-in declares as constants, and the configuration nodes from which they
 * are read.
 *
 * <p>Everything here is immutable and thread-safe, except {@link
 * io.upstream4j.api.option.Problems}, which is for one thread.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.api.option;
