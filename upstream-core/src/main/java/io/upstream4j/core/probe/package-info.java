/** The health check that comes with the core. */
package io.upstream4j.core.probe;
