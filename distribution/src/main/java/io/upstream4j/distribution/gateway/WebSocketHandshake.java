package io.upstream4j.distribution.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Headers.PseudoHeaderName;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The handshake of a WebSocket with an HTTP/1.1 backend (RFC 6455, section 4) for an HTTP/2 client,
 * which has none (RFC 8441).
 */
final class WebSocketHandshake {
  private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // RFC 6455, 1.3
  private static final int KEY_BYTES = 16;

  private final String key;

  private WebSocketHandshake() {
    byte[] nonce = new byte[KEY_BYTES]; // not a secret, so any random number will do
    ThreadLocalRandom.current().nextBytes(nonce);
    key = Base64.getEncoder().encodeToString(nonce);
  }

  /** Returns the handshake for an HTTP/2 request, or null when it does not ask for a WebSocket. */
  static @Nullable WebSocketHandshake of(Http2Headers fields) {
    CharSequence protocol = fields.get(PseudoHeaderName.PROTOCOL.value());
    return protocol != null
            && HttpHeaderValues.WEBSOCKET.contentEqualsIgnoreCase(protocol)
            && HttpMethod.CONNECT.asciiName().contentEquals(fields.method())
        ? new WebSocketHandshake()
        : null;
  }

  /** Adds the HTTP/1.1 headers that request a WebSocket. */
  void ask(HttpHeaders headers) {
    headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE);
    headers.set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET);
    headers.set(HttpHeaderNames.SEC_WEBSOCKET_KEY, key);
  }

  /**
   * Returns why a response is not valid, or null when it is. A backend may refuse the handshake,
   * but the client would take any other successful response for an open WebSocket.
   */
  @Nullable String problem(HttpResponse answer) {
    if (answer.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)) {
      return accepted().equals(answer.headers().get(HttpHeaderNames.SEC_WEBSOCKET_ACCEPT))
          ? null
          : "the Sec-WebSocket-Accept of its 101 is not for the key of the request";
    }
    return answer.status().codeClass() == HttpStatusClass.SUCCESS
        ? "it answered " + answer.status().code() + " to a WebSocket (expected: 101, or a refusal)"
        : null;
  }

  private String accepted() {
    try {
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      return Base64.getEncoder().encodeToString(sha1.digest((key + GUID).getBytes(ISO_8859_1)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has SHA-1
    }
  }
}
