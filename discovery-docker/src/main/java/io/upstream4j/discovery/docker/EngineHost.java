package io.upstream4j.discovery.docker;

import java.net.URI;
import java.net.URISyntaxException;

/**
 * Where an engine listens.
 *
 * @param uri of the scheme unix or tcp
 */
record EngineHost(URI uri) {
  static final String EXPECTED = "unix:///path/to/docker.sock or tcp://host:port";
  static final String USUAL = "unix:///var/run/docker.sock";

  /**
   * Reads what {@code DOCKER_HOST} may hold.
   *
   * @throws IllegalArgumentException when it is something else
   */
  static EngineHost read(String text) {
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(e);
    }
    boolean fits =
        "unix".equals(uri.getScheme())
            ? uri.getHost() == null && uri.getPath() != null && uri.getPath().length() > 1
            : "tcp".equals(uri.getScheme())
                && uri.getHost() != null
                && uri.getPort() > 0
                && uri.getPort() <= 65_535
                && uri.getPath().isEmpty();
    if (!fits || uri.getUserInfo() != null || uri.getQuery() != null || uri.getFragment() != null) {
      throw new IllegalArgumentException();
    }
    return new EngineHost(uri);
  }

  boolean isTcp() {
    return "tcp".equals(uri.getScheme());
  }

  /** Where the ports of the engine's machine are reached. */
  String address() {
    String host = uri.getHost();
    if (!isTcp() || host == null) {
      return "127.0.0.1";
    }
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  @Override
  public String toString() {
    return uri.toString();
  }
}
