package io.upstream4j.distribution.gateway;

import java.net.InetSocketAddress;

/**
 * The client of a connection.
 *
 * @param address the client's address
 * @param secure whether the connection is encrypted
 */
record Client(InetSocketAddress address, boolean secure) {
  /**
   * Returns the IP address as text, without the zone of a link-local address, which is meaningless
   * elsewhere.
   */
  String ip() {
    String text = address.getAddress().getHostAddress();
    int zone = text.indexOf('%');
    return zone < 0 ? text : text.substring(0, zone);
  }
}
