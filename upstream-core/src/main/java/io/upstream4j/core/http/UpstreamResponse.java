package io.upstream4j.core.http;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.spi.Backend;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A complete response.
 *
 * @param status 200 to 999
 * @param headers names in lower case to values, in order
 * @param trailers the fields after the body, in the same form
 * @param content the body
 * @param backend the backend that sent it
 */
public record UpstreamResponse(
    int status,
    Map<String, List<String>> headers,
    Map<String, List<String>> trailers,
    ByteBuffer content,
    Backend backend) {
  /** Checks and copies the components, except for the bytes of the content. */
  public UpstreamResponse {
    headers = Map.copyOf(headers);
    trailers = Map.copyOf(trailers);
    content = content.asReadOnlyBuffer();
    requireNonNull(backend, "backend");
  }

  /**
   * Returns the first value of a header.
   *
   * @param name the name, case-insensitive
   */
  public Optional<String> header(String name) {
    return headers.getOrDefault(name.toLowerCase(Locale.ROOT), List.of()).stream().findFirst();
  }

  /** Returns a new view of the body, positioned at its beginning. */
  @Override
  public ByteBuffer content() {
    return content.duplicate();
  }

  /** Returns the body, decoded as UTF-8. */
  public String body() {
    return StandardCharsets.UTF_8.decode(content()).toString();
  }
}
