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
 * @param trailers the fields after the body, in the same form; empty when the body was not read to
 *     its end
 * @param content the beginning of the body, at most {@link ProbeRequest#maxBodyBytes}
 */
public record ProbeResponse(
    int status,
    Map<String, List<String>> headers,
    Map<String, List<String>> trailers,
    ByteBuffer content) {
  /** Checks and copies the components, except for the bytes of the content. */
  public ProbeResponse {
    headers = Map.copyOf(headers);
    trailers = Map.copyOf(trailers);
    content = content.asReadOnlyBuffer();
  }

  /** Creates a response without trailers, with a body encoded as UTF-8. */
  public ProbeResponse(int status, Map<String, List<String>> headers, String body) {
    this(status, headers, Map.of(), ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8)));
  }

  /** Returns a new view of the beginning of the body. */
  @Override
  public ByteBuffer content() {
    return content.duplicate();
  }

  /** Returns the beginning of the body, decoded as UTF-8. */
  public String body() {
    return StandardCharsets.UTF_8.decode(content()).toString();
  }
}
