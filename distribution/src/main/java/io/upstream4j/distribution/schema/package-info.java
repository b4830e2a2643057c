/**
 * Generates the JSON Schema of a configuration, for editors. Everything runs in the caller's
 * thread.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.distribution.schema;
