package io.upstream4j.core.plugin;

/**
 * A call of a plug-in failed, whatever it threw, or did not return. The message says what happened
 * and in which call, such as {@code threw java.lang.StackOverflowError in create()}; it follows the
 * {@linkplain PluginGuard#name name} of the plug-in.
 */
public final class PluginCallException extends Exception {
  private static final long serialVersionUID = 1L;

  PluginCallException(String message) {
    super(message, null, false, false); // what the plug-in threw may hold its classes, or worse
  }

  /** What happened, and in which call. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
