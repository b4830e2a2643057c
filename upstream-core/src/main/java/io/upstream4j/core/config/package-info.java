/** Configuration: from YAML to checked records, with every problem at once. */
package io.upstream4j.core.config;
