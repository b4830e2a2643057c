package io.upstream4j.discovery.dns;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the configuration says about looking names up, and where the system says the rest.
 *
 * @param servers to ask; empty for those of {@code resolv.conf}
 * @param domain tried behind a name before the search list; null for none
 * @param search tried behind a name after the domains of {@code resolv.conf}
 * @param timeout of one question to one server; null for that of {@code resolv.conf}
 * @param resolvConf the file of that name
 * @param hosts the hosts file
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
