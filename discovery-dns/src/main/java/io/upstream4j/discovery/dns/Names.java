package io.upstream4j.discovery.dns;

import io.upstream4j.api.spi.IpAddress;
import java.io.IOException;
import java.util.List;
import org.xbill.DNS.Name;

/** The world of names as it is now, for one look-up. Blocks; used by one thread. */
interface Names {
  /**
   * The full names that a name may stand for, in the order in which to try them.
   *
   * @throws IOException when it makes no name
   */
  List<Name> candidates(String name) throws IOException;

  /** The addresses of the hosts file; empty when it has none. */
  List<IpAddress> hosts(String name);

  /**
   * Asks the name servers.
   *
   * @throws UnreachableException when none answered
   * @throws IOException when none gave an answer that can be used
   */
  Answer resolve(Name name, int type) throws IOException;

  /** Where names come from. Safe for use by any thread. */
  interface Source extends AutoCloseable {
    /**
     * Reads how names are looked up now. Blocks.
     *
     * @throws IOException when that cannot be known
     */
    Names now() throws IOException;

    /** Ends the questions that wait for an answer. */
    @Override
    void close();
  }
}
