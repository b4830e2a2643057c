/**
 * What is equal in reading requests and responses of HTTP/1.1. For the gateway, not for programs.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.core.http1;
