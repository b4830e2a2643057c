/** Describes a configuration to programs that help to write one. Nothing here has threads. */
package io.upstream4j.distribution.schema;
