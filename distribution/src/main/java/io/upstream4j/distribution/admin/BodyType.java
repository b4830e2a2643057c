package io.upstream4j.distribution.admin;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import java.util.Locale;

/** The type of a request's body according to its headers. */
enum BodyType {
  YAML,
  JSON,
  OTHER;

  static BodyType of(HttpRequest request) {
    String coding = request.headers().get(HttpHeaderNames.CONTENT_ENCODING);
    String written = request.headers().get(HttpHeaderNames.CONTENT_TYPE);
    if (written == null || (coding != null && !coding.equalsIgnoreCase("identity"))) {
      return OTHER;
    }
    String[] parts = written.toLowerCase(Locale.ROOT).split(";", -1);
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].strip();
      if (parameter.startsWith("charset=") && !parameter.matches("charset=\"?utf-?8\"?")) {
        return OTHER;
      }
    }
    return switch (parts[0].strip()) {
      case "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml" -> YAML;
      case "application/json" -> JSON;
      default -> OTHER;
    };
  }

  /** Describes the headers in a refusal. */
  static String describe(HttpRequest request) {
    String coding = request.headers().get(HttpHeaderNames.CONTENT_ENCODING);
    String written = request.headers().get(HttpHeaderNames.CONTENT_TYPE);
    return (written == null ? "no Content-Type" : "Content-Type: " + written)
        + (coding == null ? "" : ", Content-Encoding: " + coding);
  }
}
