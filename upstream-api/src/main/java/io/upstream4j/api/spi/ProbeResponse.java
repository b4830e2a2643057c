package io.upstream4j.api.spi;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * The response to a probe.
 *
 * @param status 200 to 999
 * @param headers names in lower case to values, in order
 * @param trailers what follows the body, as the headers; empty when the body was not read to its
 *     end
 * @param content the beginning of the body, up to what was asked for
 */
public record ProbeResponse(
    int status,
    Map<String, List<String>> headers,
    Map<String, List<String>> trailers,
    ByteBuffer content) {
  /** Checks and copies the components; the bytes of the content are shared. */
  public ProbeResponse {
    headers = Map.copyOf(headers);
    trailers = Map.copyOf(trailers);
    content = content.asReadOnlyBuffer();
  }

  /** A response without trailers, whose body is given as text. */
  public ProbeResponse(int status, Map<String, List<String>> headers, String body) {
    this(status, headers, Map.of(), ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8)));
  }

  /** The beginning of the body, to be read from its beginning. */
  @Override
  public ByteBuffer content() {
    return content.duplicate();
  }

  /** The beginning of the body as UTF-8 text. */
  public String body() {
    return StandardCharsets.UTF_8.decode(content()).toString();
  }
}
