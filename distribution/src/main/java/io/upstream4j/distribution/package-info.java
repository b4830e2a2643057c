/** The {@code upstream} command. */
@org.jspecify.annotations.NullMarked
package io.upstream4j.distribution;
