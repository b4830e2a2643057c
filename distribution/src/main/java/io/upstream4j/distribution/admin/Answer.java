package io.upstream4j.distribution.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.upstream4j.api.option.ConfigException;
import io.upstream4j.api.option.Problem;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A response of the admin address.
 *
 * @param status the status
 * @param type the type of the body
 * @param body owned by the response; empty when there are pieces
 * @param pieces the body, when it may be too large to be created as a whole; for one response
 * @param headers headers other than those of the body
 */
@SuppressWarnings("ArrayRecordComponent") // never compared or changed
record Answer(
    HttpResponseStatus status,
    String type,
    byte[] body,
    @Nullable Pieces pieces,
    Map<String, String> headers) {
  private static final String PLAIN = "text/plain; charset=utf-8";
  private static final String JSON = "application/json";

  static Answer of(HttpResponseStatus status, String type, byte[] body) {
    return new Answer(status, type, body, null, Map.of());
  }

  /** Returns a response with status 200 whose body is created while it is sent. */
  static Answer of(String type, Pieces pieces) {
    return new Answer(HttpResponseStatus.OK, type, new byte[0], pieces, Map.of());
  }

  static Answer json(Pieces pieces) {
    return of(JSON, pieces);
  }

  static Answer text(HttpResponseStatus status, String text) {
    return of(status, PLAIN, text.getBytes(UTF_8));
  }

  static Answer json(HttpResponseStatus status, byte[] body) {
    return of(status, JSON, body);
  }

  static Answer json(HttpResponseStatus status, JsonText.Writing fields) {
    return json(status, JsonText.object(fields));
  }

  /** Returns an error response that says what is wrong and what would be right. */
  static Answer error(HttpResponseStatus status, String reason) {
    return json(status, json -> json.writeStringField("error", reason));
  }

  /** Returns every problem of a configuration, with its location in the request's body. */
  static Answer problems(ConfigException wrong) {
    return json(
        HttpResponseStatus.UNPROCESSABLE_ENTITY,
        json -> {
          json.writeStringField("error", String.valueOf(wrong.getMessage()));
          json.writeArrayFieldStart("problems");
          for (Problem problem : wrong.problems()) {
            json.writeStartObject();
            json.writeNumberField("line", problem.location().line());
            json.writeNumberField("column", problem.location().column());
            json.writeStringField("path", problem.path());
            json.writeStringField("message", problem.message());
            json.writeEndObject();
          }
          json.writeEndArray();
        });
  }

  static Answer notAllowed(List<HttpMethod> methods) {
    String allowed = String.join(", ", methods.stream().map(HttpMethod::name).toList());
    return error(HttpResponseStatus.METHOD_NOT_ALLOWED, "answered are: " + allowed)
        .with(HttpHeaderNames.ALLOW.toString(), allowed);
  }

  Answer with(String name, String value) {
    return new Answer(status, type, body, pieces, Map.of(name, value));
  }

  /** Converts the response to a message, without the body for HEAD. Only without pieces. */
  FullHttpResponse message(HttpMethod method) {
    FullHttpResponse response =
        whole(
            method.equals(HttpMethod.HEAD) ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(body));
    response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, body.length);
    return response;
  }

  /** Converts the response to a message with this body, which the message owns. */
  FullHttpResponse whole(ByteBuf content) {
    FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, content);
    describe(response);
    response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, content.readableBytes());
    return response;
  }

  /**
   * Creates the head of a message whose body is sent in pieces.
   *
   * @param version the version of the request; in HTTP/1.0 the body ends with the connection
   */
  HttpResponse head(HttpVersion version) {
    HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, status);
    describe(response);
    if (version.equals(HttpVersion.HTTP_1_1)) {
      HttpUtil.setTransferEncodingChunked(response, true);
    }
    return response;
  }

  private void describe(HttpResponse response) {
    response
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, type)
        .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE)
        .set("X-Content-Type-Options", "nosniff");
    headers.forEach(response.headers()::set);
  }
}
