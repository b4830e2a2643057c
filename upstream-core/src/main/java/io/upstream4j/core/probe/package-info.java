/** The health check that comes with the core. */
@org.jspecify.annotations.NullMarked
package io.upstream4j.core.probe;
