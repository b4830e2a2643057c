package io.upstream4j.distribution.gateway;

import java.net.InetSocketAddress;

/**
 * Who is at the other end of a connection.
 *
 * @param address the client's
 * @param secure whether the connection is encrypted
 */
record Client(InetSocketAddress address, boolean secure) {
  /**
   * The IP address as text, without the zone of a link-local one, which means nothing to others.
   */
  String ip() {
    String text = address.getAddress().getHostAddress();
    int zone = text.indexOf('%');
    return zone < 0 ? text : text.substring(0, zone);
  }
}
