package io.upstream4j.discovery.dns;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The configured settings of name resolution, and the files with the system's settings.
 *
 * @param servers the servers to ask; empty for those of {@code resolv.conf}
 * @param domain the domain to append to a name before the search list; null for none
 * @param search the domains to append to a name after those of {@code resolv.conf}
 * @param timeout the time-out of one query to one server; null for that of {@code resolv.conf}
 * @param resolvConf the path of {@code resolv.conf}
 * @param hosts the path of the hosts file
 */
record NameSettings(
    List<InetSocketAddress> servers,
    @Nullable String domain,
    List<String> search,
    @Nullable Duration timeout,
    Path resolvConf,
    Path hosts) {
  NameSettings {
    servers = List.copyOf(servers);
    search = List.copyOf(search);
  }
}
