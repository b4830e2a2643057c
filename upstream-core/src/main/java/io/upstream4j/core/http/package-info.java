/** Requests and responses as a program sees them that sends them whole. */
@org.jspecify.annotations.NullMarked
package io.upstream4j.core.http;
