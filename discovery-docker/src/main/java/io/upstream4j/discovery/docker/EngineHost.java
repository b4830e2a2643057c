package io.upstream4j.discovery.docker;

import java.net.URI;
import java.net.URISyntaxException;

/**
 * The address of an engine.
 *
 * @param uri a URI with the scheme unix or tcp
 */
record EngineHost(URI uri) {
  static final String EXPECTED = "unix:///path/to/docker.sock or tcp://host:port";
  static final String USUAL = "unix:///var/run/docker.sock";

  /**
   * Parses a value of {@code DOCKER_HOST}.
   *
   * @throws IllegalArgumentException when the text has another form
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

  /** Returns the address at which ports of the engine's machine are reached. */
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
