package io.upstream4j.core.plugin;

/** Thrown when a requested plug-in does not exist or cannot be used. */
public final class PluginException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message which plug-in, why, and what would help
   */
  public PluginException(String message) {
    super(message);
  }
}
