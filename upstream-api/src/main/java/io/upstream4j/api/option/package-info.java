/**
 * Options that a plug-in declares as constants and reads with their types, and the configuration
 * nodes they are read from.
 *
 * <p>Everything here is immutable and safe for use by any thread, except {@link
 * io.upstream4j.api.option.Problems}, which collects on one thread.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.api.option;
