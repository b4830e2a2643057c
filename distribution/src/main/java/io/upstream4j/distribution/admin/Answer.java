package io.upstream4j.distribution.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.upstream4j.api.option.ConfigException;
import io.upstream4j.api.option.Problem;
import java.util.List;
import java.util.Map;

/**
 * What the admin address answers.
 *
 * @param status of the response
 * @param type of the body
 * @param body owned by the answer
 * @param headers beside those that describe the body
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, and never changed
record Answer(HttpResponseStatus status, String type, byte[] body, Map<String, String> headers) {
  private static final String PLAIN = "text/plain; charset=utf-8";
  private static final String JSON = "application/json";

  static Answer of(HttpResponseStatus status, String type, byte[] body) {
    return new Answer(status, type, body, Map.of());
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

  /** What is wrong, and what would be right. */
  static Answer error(HttpResponseStatus status, String reason) {
    return json(status, json -> json.writeStringField("error", reason));
  }

  /** Every problem of a configuration, with its place in the request's body. */
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
    return new Answer(status, type, body, Map.of(name, value));
  }

  /** As a message, without the body where only the head was asked for. */
  FullHttpResponse message(HttpMethod method) {
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            status,
            method.equals(HttpMethod.HEAD) ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(body));
    response
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, type)
        .setInt(HttpHeaderNames.CONTENT_LENGTH, body.length)
        .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE)
        .set("X-Content-Type-Options", "nosniff");
    headers.forEach(response.headers()::set);
    return response;
  }
}
