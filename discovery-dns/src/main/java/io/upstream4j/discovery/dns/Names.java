package io.upstream4j.discovery.dns;

import io.upstream4j.api.spi.IpAddress;
import java.io.IOException;
import java.util.List;
import org.xbill.DNS.Name;

/** The configuration of name resolution at one moment, for one look-up. Blocks; not thread-safe. */
interface Names {
  /**
   * Returns the full names for a name, in the order in which to try them.
   *
   * @throws IOException when the text is not a valid name
   */
  List<Name> candidates(String name) throws IOException;

  /** Returns the addresses in the hosts file; empty when it has none. */
  List<IpAddress> hosts(String name);

  /**
   * Queries the name servers.
   *
   * @throws UnreachableException when no server answered
   * @throws IOException when no server gave a usable answer
   */
  Answer resolve(Name name, int type) throws IOException;

  /** Provides the current configuration of name resolution. Thread-safe. */
  interface Source extends AutoCloseable {
    /**
     * Reads the current configuration. Blocks.
     *
     * @throws IOException when it cannot be read
     */
    Names now() throws IOException;

    /** Aborts the queries that wait for an answer. */
    @Override
    void close();
  }
}
