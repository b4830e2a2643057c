package io.upstream4j.api.spi;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.util.Map;

/**
 * An HTTP request of a probe.
 *
 * @param method such as {@code GET}
 * @param path the path and the query, beginning with a slash
 * @param headers names to values; without {@code host}, the request has the one that the upstream's
 *     traffic would have
 * @param security whether the connection is encrypted
 * @param protocol the version of HTTP
 * @param content the body; empty for none
 * @param maxBodyBytes the number of bytes of the response's body to read; the probe does not wait
 *     for the rest; not negative
 */
public record ProbeRequest(
    String method,
    String path,
    Map<String, String> headers,
    Security security,
    Protocol protocol,
    ByteBuffer content,
    int maxBodyBytes) {
  /** Whether a probe's connection is encrypted. */
  public enum Security {
    /** Like the upstream's traffic. */
    AS_TRAFFIC,
    /** Never. */
    CLEAR,
    /** Always. */
    TLS
  }

  /** The version of HTTP that a probe uses. */
  public enum Protocol {
    /** Like the upstream's traffic. */
    AS_TRAFFIC,
    /** HTTP/2, with prior knowledge over clear text. */
    HTTP_2
  }

  /** Checks and copies the components, except for the bytes of the content. */
  public ProbeRequest {
    requireNonNull(method, "method");
    requireNonNull(path, "path");
    headers = Map.copyOf(headers);
    requireNonNull(security, "security");
    requireNonNull(protocol, "protocol");
    content = content.asReadOnlyBuffer();
    if (!path.startsWith("/")) {
      throw new IllegalArgumentException("path: \"" + path + "\" (expected: a leading slash)");
    }
    if (maxBodyBytes < 0) {
      throw new IllegalArgumentException("maxBodyBytes: " + maxBodyBytes + " (expected: from 0)");
    }
  }

  /** Creates a request without a body, in the HTTP version of the upstream's traffic. */
  public ProbeRequest(
      String method,
      String path,
      Map<String, String> headers,
      Security security,
      int maxBodyBytes) {
    this(
        method, path, headers, security, Protocol.AS_TRAFFIC, ByteBuffer.allocate(0), maxBodyBytes);
  }

  /** Returns a new view of the body, positioned at its beginning. */
  @Override
  public ByteBuffer content() {
    return content.duplicate();
  }
}
