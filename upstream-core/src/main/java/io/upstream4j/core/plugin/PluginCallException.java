package io.upstream4j.core.plugin;

/**
 * Thrown when a call of a plug-in failed or did not return in time. The message says what happened
 * and in which call, such as {@code threw java.lang.StackOverflowError in create()}; it follows the
 * {@linkplain PluginGuard#name name} of the plug-in.
 */
public final class PluginCallException extends Exception {
  private static final long serialVersionUID = 1L;

  PluginCallException(String message) {
    super(message, null, false, false); // no cause, because it may hold the plug-in's classes
  }

  /** Returns what happened, and in which call. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
