package io.upstream4j.api.spi;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * The response to a probe.
 *
 * @param status 200 to 599
 * @param headers names in lower case to values, in order
 * @param body the beginning of the body, up to what was asked for, as UTF-8 text
 */
public record ProbeResponse(int status, Map<String, List<String>> headers, String body) {
  /** Checks and copies the components. */
  public ProbeResponse {
    headers = Map.copyOf(headers);
    requireNonNull(body, "body");
  }

  /** A response whose body is given as bytes. */
  public static ProbeResponse of(int status, Map<String, List<String>> headers, byte[] body) {
    return new ProbeResponse(status, headers, new String(body, StandardCharsets.UTF_8));
  }
}
