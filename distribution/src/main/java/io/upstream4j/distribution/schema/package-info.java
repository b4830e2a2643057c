/** Describes a configuration to programs that help to write one. Nothing here has threads. */
@org.jspecify.annotations.NullMarked
package io.upstream4j.distribution.schema;
