/** The {@code upstream} command. */
package io.upstream4j.distribution;
