package io.upstream4j.core;

import io.netty.util.Version;
import java.util.Map;

/**
 * Checks that the Netty which is there is new enough. An older one would fail at its first use,
 * with the name of a class that is missing.
 */
final class NettyVersion {
  /** Of Netty 4.2 and later. */
  private static final String NEEDED = "io.netty.channel.IoHandlerFactory";

  private NettyVersion() {}

  /**
   * Checks it.
   *
   * @throws IllegalStateException that says what to set
   */
  static void check() {
    check(NEEDED);
  }

  static void check(String needed) {
    try {
      Class.forName(needed, false, NettyVersion.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      Map<String, Version> known = Version.identify(NettyVersion.class.getClassLoader());
      Version common = known.get("netty-common");
      throw new IllegalStateException(
          "Netty "
              + (common == null ? "of an unknown version" : common.artifactVersion())
              + " is there (expected: 4.2 or newer; set the property netty.version of your build to"
              + " it, or import io.netty:netty-bom of it before other BOMs)",
          e);
    }
  }
}
