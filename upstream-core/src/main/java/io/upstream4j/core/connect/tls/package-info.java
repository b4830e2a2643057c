/**
 * TLS towards backends: {@link io.upstream4j.core.connect.tls.TlsContexts} makes the engines,
 * {@link io.upstream4j.core.connect.tls.ExplainingTrustManager} verifies certificates, {@link
 * io.upstream4j.core.connect.tls.TlsFailures} says why a handshake failed.
 */
@org.jspecify.annotations.NullMarked
package io.upstream4j.core.connect.tls;
