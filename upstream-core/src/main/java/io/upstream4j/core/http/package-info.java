/** Requests and responses with their whole bodies, for programs that send them. */
@org.jspecify.annotations.NullMarked
package io.upstream4j.core.http;
