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
 * A response that is here as a whole.
 *
 * @param status 200 to 999
 * @param headers names in lower case to values, in their order
 * @param trailers what follows the body, as the headers
 * @param content the body
 * @param backend that sent it
 */
public record UpstreamResponse(
    int status,
    Map<String, List<String>> headers,
    Map<String, List<String>> trailers,
    ByteBuffer content,
    Backend backend) {
  /** Checks and copies the components; the bytes of the content are shared. */
  public UpstreamResponse {
    headers = Map.copyOf(headers);
    trailers = Map.copyOf(trailers);
    content = content.asReadOnlyBuffer();
    requireNonNull(backend, "backend");
  }

  /**
   * The first value of a header.
   *
   * @param name in any case
   */
  public Optional<String> header(String name) {
    return headers.getOrDefault(name.toLowerCase(Locale.ROOT), List.of()).stream().findFirst();
  }

  /** The body, to be read from its beginning. */
  @Override
  public ByteBuffer content() {
    return content.duplicate();
  }

  /** The body as text in UTF-8. */
  public String body() {
    return StandardCharsets.UTF_8.decode(content()).toString();
  }
}
