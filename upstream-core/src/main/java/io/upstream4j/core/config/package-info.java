/** Configuration: from YAML to checked records, with every problem at once. */
@org.jspecify.annotations.NullMarked
package io.upstream4j.core.config;
