package io.upstream4j.core.connect;

import io.netty.channel.unix.Errors.NativeIoException;
import java.net.BindException;

/** Recognises connections that fail because this machine has no address or port for them. */
final class LocalAddress {
  // Of Linux, negative as Netty has them.
  private static final int EADDRINUSE = -98;
  private static final int EADDRNOTAVAIL = -99;

  private LocalAddress() {}

  /**
   * Whether a connection failed because {@code bind_to} is no address of this machine, none of its
   * addresses is of the peer's family, or its ports are used up.
   */
  static boolean isMissing(Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof BindException
          || (each instanceof NativeIoException error
              && (error.expectedErr() == EADDRNOTAVAIL || error.expectedErr() == EADDRINUSE))
          || String.valueOf(each.getMessage()).contains("Cannot assign requested address")) {
        return true;
      }
    }
    return false;
  }
}
