/** What the hot path costs, measured with JMH. */
@org.jspecify.annotations.NullMarked
package io.upstream4j.benchmarks;
