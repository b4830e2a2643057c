package io.upstream4j.core.connect;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.uring.IoUring;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What waits for sockets. Constants may be used by any thread. */
public enum TransportType {
  /** Linux's epoll, with {@code netty-transport-native-epoll}. */
  EPOLL,
  /**
   * Linux's io_uring, with {@code netty-transport-native-io_uring}. Many systems forbid it, such as
   * containers by their default profile of system calls.
   */
  IO_URING,
  /** Java's own, everywhere. */
  NIO;

  /** {@link #EPOLL} where there is one, otherwise {@link #NIO}. The first call loads it. */
  public static TransportType best() {
    return EPOLL.unavailable().isEmpty() ? EPOLL : NIO;
  }

  /** Why it cannot be used here; empty when it can. The first call loads native code. */
  public Optional<String> unavailable() {
    return switch (this) {
      case EPOLL -> because(Epoll.isAvailable() ? null : Epoll.unavailabilityCause(), "epoll");
      case IO_URING -> unavailableIoUring();
      case NIO -> Optional.empty();
    };
  }

  private static Optional<String> unavailableIoUring() {
    try {
      return because(IoUring.isAvailable() ? null : IoUring.unavailabilityCause(), "io_uring");
    } catch (NoClassDefFoundError e) { // programs that do not want it need not have its classes
      return because(e, "io_uring");
    }
  }

  private static Optional<String> because(@Nullable Throwable cause, String name) {
    if (cause == null) {
      return Optional.empty();
    }
    Throwable first = cause;
    while (first.getCause() != null) {
      first = first.getCause();
    }
    return Optional.of(
        first
            + " (expected: Linux that allows "
            + name
            + ", and the jar netty-transport-native-"
            + name
            + " for this processor)");
  }

  /** The name in lower case, such as {@code io_uring}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
