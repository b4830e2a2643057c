package io.upstream4j.discovery.dns;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The name server that answered last and is asked first, so that a dead one before it costs a
 * time-out once and not with each question. Safe for use by any thread.
 */
final class Favourite {
  private volatile @Nullable InetSocketAddress server;

  void answered(InetSocketAddress which) {
    server = which;
  }

  /** The servers with the favourite first, if it is among them. */
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
