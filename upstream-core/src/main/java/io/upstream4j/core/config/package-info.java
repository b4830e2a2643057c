/** Reads YAML into checked configuration records, and reports all problems at once. */
@org.jspecify.annotations.NullMarked
package io.upstream4j.core.config;
