package io.upstream4j.discovery.fixed;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** Resolves the addresses of a host. Blocks. */
@FunctionalInterface
interface Resolver {
  /**
   * Returns all addresses, at least one.
   *
   * @throws UnknownHostException when there is none, or no server could be asked
   */
  InetAddress[] resolve(String host) throws UnknownHostException;
}
