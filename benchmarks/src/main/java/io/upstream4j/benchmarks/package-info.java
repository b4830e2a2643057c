/** JMH benchmarks of the request path and of set changes. */
@org.jspecify.annotations.NullMarked
package io.upstream4j.benchmarks;
