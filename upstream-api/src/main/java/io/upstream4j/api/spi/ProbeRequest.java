package io.upstream4j.api.spi;

import static java.util.Objects.requireNonNull;

import java.util.Map;

/**
 * An HTTP request without a body, sent by a probe.
 *
 * @param method such as {@code GET}
 * @param path with the query, beginning with a slash
 * @param headers names to values; without {@code host}, the one that the upstream's traffic would
 *     send is used
 * @param security whether the connection is encrypted
 * @param maxBodyBytes how much of the response's body to keep; the rest is read and dropped up to
 *     the time limit; not negative
 */
public record ProbeRequest(
    String method, String path, Map<String, String> headers, Security security, int maxBodyBytes) {
  /** Whether a probe's connection is encrypted. */
  public enum Security {
    /** As the upstream's traffic. */
    AS_TRAFFIC,
    /** Never. */
    CLEAR,
    /** Always. */
    TLS
  }

  /** Checks and copies the components. */
  public ProbeRequest {
    requireNonNull(method, "method");
    requireNonNull(path, "path");
    headers = Map.copyOf(headers);
    requireNonNull(security, "security");
    if (!path.startsWith("/")) {
      throw new IllegalArgumentException("path: \"" + path + "\" (expected: a leading slash)");
    }
    if (maxBodyBytes < 0) {
      throw new IllegalArgumentException("maxBodyBytes: " + maxBodyBytes + " (expected: from 0)");
    }
  }
}
