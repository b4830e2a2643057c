package io.upstream4j.discovery.fixed;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** Looks up the addresses of a host. Blocks. */
@FunctionalInterface
interface Resolver {
  /**
   * All addresses, at least one.
   *
   * @throws UnknownHostException when there is none, or nobody to ask
   */
  InetAddress[] resolve(String host) throws UnknownHostException;
}
