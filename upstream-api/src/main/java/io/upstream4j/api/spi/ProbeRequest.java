package io.upstream4j.api.spi;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.util.Map;

/**
 * An HTTP request, sent whole by a probe.
 *
 * @param method such as {@code GET}
 * @param path with the query, beginning with a slash
 * @param headers names to values; without {@code host}, the one that the upstream's traffic would
 *     send is used
 * @param security whether the connection is encrypted
 * @param protocol which version of HTTP is spoken
 * @param content the body; empty for none
 * @param maxBodyBytes how much of the response's body is wanted: once it is there the rest is not
 *     waited for; not negative
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
    /** As the upstream's traffic. */
    AS_TRAFFIC,
    /** Never. */
    CLEAR,
    /** Always. */
    TLS
  }

  /** Which version of HTTP a probe speaks. */
  public enum Protocol {
    /** As the upstream's traffic. */
    AS_TRAFFIC,
    /** HTTP/2; in clear text by prior knowledge. */
    HTTP_2
  }

  /** Checks and copies the components; the bytes of the content are shared. */
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

  /** A request without a body, in the version of HTTP that the traffic speaks. */
  public ProbeRequest(
      String method,
      String path,
      Map<String, String> headers,
      Security security,
      int maxBodyBytes) {
    this(
        method, path, headers, security, Protocol.AS_TRAFFIC, ByteBuffer.allocate(0), maxBodyBytes);
  }

  /** The body, to be read from its beginning. */
  @Override
  public ByteBuffer content() {
    return content.duplicate();
  }
}
