package io.upstream4j.core.plugin;

/** A plug-in was asked for that is not there, or not usable. */
public final class PluginException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message which, why, and what would help
   */
  public PluginException(String message) {
    super(message);
  }
}
