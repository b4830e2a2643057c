package io.upstream4j.distribution.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.DateFormatter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import io.upstream4j.core.peer.PeerException;
import io.upstream4j.core.stats.Refusal;
import java.util.Date;

/** The gateway's own error responses. */
final class GatewayErrors {
  private static final AsciiString PLAIN = AsciiString.cached("text/plain; charset=utf-8");

  private GatewayErrors() {}

  /** Returns the status for a failure to get a response from a peer (RFC 9110, section 15.6). */
  static HttpResponseStatus status(PeerException cause) {
    return HttpResponseStatus.valueOf(cause.failure().status());
  }

  /**
   * Returns a reason for the client, without the names and addresses in the exception's message.
   */
  static String reason(PeerException cause) {
    return switch (cause.failure()) {
      case RESOLVE -> "the backend's name did not resolve";
      case FORBIDDEN_ADDRESS -> "the host's address is not allowed";
      case CONNECT -> "the backend could not be reached";
      case CONNECT_TIMEOUT, TOTAL_CONNECT_TIMEOUT -> "no connection to the backend in time";
      case OUT_OF_DESCRIPTORS -> "the gateway has too many connections open";
      case LOCAL_ADDRESS -> "the gateway has no address or port left to connect from";
      case TLS, TLS_REQUEST_NAME -> "no secure connection to the backend";
      case MISDIRECTED -> "the backend does not serve this host";
      case PENDING_LIMIT, PENDING_TIMEOUT -> "all connections to the backend are in use";
      case READ_TIMEOUT -> "no response from the backend in time";
      case WRITE_TIMEOUT -> "the backend did not take the request in time";
      case CLOSED -> "the backend closed the connection";
      case REFUSED -> "the backend takes no requests now";
      case PROTOCOL -> "the backend's response is not valid HTTP";
      case NOT_SWITCHED -> "the backend opened no WebSocket";
      case HEADERS_TOO_LARGE -> "the request's header fields are too large for the backend";
      case INVALID_REQUEST -> "the request's body is not as long as its head says";
      case DRAINED -> "the backend was taken out of service";
      case INTERNAL -> "the gateway failed";
      case SHUTDOWN -> "the gateway is shutting down";
    };
  }

  /**
   * Returns a reason for the client, without the messages of discovery, health checks or plug-ins.
   */
  static String reason(Refusal refusal) {
    return switch (refusal) {
      case NO_BACKENDS, NOT_ELIGIBLE -> "no backend is available";
      case OUT_OF_SERVICE -> "the service is closed for maintenance";
      case FULL -> "all backends are busy";
      case STRATEGY -> "no backend takes this request";
    };
  }

  /** Creates a complete response with the reason as its text. */
  @SuppressWarnings("JavaUtilDate") // Netty formats a Date
  static FullHttpResponse response(HttpResponseStatus status, String reason) {
    byte[] text = (reason + "\n").getBytes(UTF_8);
    FullHttpResponse response =
        new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(text));
    HttpHeaders headers = response.headers();
    headers.set(HttpHeaderNames.DATE, DateFormatter.format(new Date()));
    headers.set(HttpHeaderNames.CONTENT_TYPE, PLAIN);
    headers.setInt(HttpHeaderNames.CONTENT_LENGTH, text.length);
    return response;
  }
}
