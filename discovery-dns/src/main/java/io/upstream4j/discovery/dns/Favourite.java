package io.upstream4j.discovery.dns;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the name server that answered last, so that it is asked first. A dead server before it
 * in the list then costs one time-out, not one per question. Thread-safe.
 */
final class Favourite {
  private volatile @Nullable InetSocketAddress server;

  void answered(InetSocketAddress which) {
    server = which;
  }

  /** Returns the servers with the one that answered last first, if it is among them. */
  List<InetSocketAddress> first(List<InetSocketAddress> servers) {
    InetSocketAddress first = server;
    if (first == null || !servers.contains(first)) {
      return servers;
    }
    List<InetSocketAddress> ordered = new ArrayList<>(servers);
    ordered.remove(first);
    ordered.add(0, first);
    return ordered;
  }
}
