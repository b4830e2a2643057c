/** Writes untrusted text safely for people and programs. */
@org.jspecify.annotations.NullMarked
package io.upstream4j.distribution.text;
