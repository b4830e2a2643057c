/** Reads configurations of other programs and says them in ours. Nothing here has threads. */
@org.jspecify.annotations.NullMarked
package io.upstream4j.distribution.convert;
