package io.upstream4j.discovery.dns;

import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.IpAddress;
import io.upstream4j.api.spi.ServerLine;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A name of the configuration, or an address among names.
 *
 * @param text the name or address, and the port if there is one, as written
 * @param host without brackets and port; an address in its canonical form, a name in lower case
 * @param port 0 when none was written
 * @param weight of each backend; 0 to 65535, or {@link #UNSET}
 * @param attributes that were written: priority and zone
 * @param address null for a name
 */
record Entry(
    String text,
    String host,
    int port,
    int weight,
    Attributes attributes,
    @Nullable IpAddress address) {
  /** What an entry looks like. */
  static final String EXPECTED =
      "name:port, without the port, or _service._proto.name for SRV records; behind it "
          + ServerLine.EXPECTED;

  private static final int UNSET = -1;
  private static final Pattern NAME =
      Pattern.compile(
          "(?=.{1,254}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
              + "(\\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\\.?");
  private static final Pattern SERVICE = Pattern.compile("_[^.]+\\._[^.]+(\\..*)?");

  /** A number where a name would end: what is meant is an IPv4 address, and it is not one. */
  private static final Pattern NUMERIC_END = Pattern.compile("(.*\\.)?(0x[0-9a-f]*|[0-9]+)\\.?");

  /**
   * Reads {@code name:port weight priority=N zone=NAME}.
   *
   * @throws IllegalArgumentException when it is something else
   */
  static Entry read(String text) {
    ServerLine line = ServerLine.parse(text);
    String server = line.server();
    Endpoint endpoint = Endpoint.parse(server, 1);
    int port = hasPort(server) ? endpoint.port() : 0;
    int weight = line.weight().orElse(UNSET);
    String host = endpoint.host().toLowerCase(Locale.ROOT);
    IpAddress address = IpAddress.parse(host, 0, host.length());
    if (address != null) {
      if (NoBackend.contains(address)) {
        throw new IllegalArgumentException(
            "is an address that no backend can have (expected: " + EXPECTED + ")");
      }
      return new Entry(server, address.toString(), port, weight, line.attributes(), address);
    }
    if (!isName(host)) {
      throw new IllegalArgumentException();
    }
    return new Entry(server, host, port, weight, line.attributes(), null);
  }

  /** Whether a text in lower case is a host name, with or without a dot at its end. */
  static boolean isName(String host) {
    return NAME.matcher(host).matches() && !NUMERIC_END.matcher(host).matches();
  }

  private static boolean hasPort(String text) {
    return text.startsWith("[") ? !text.endsWith("]") : text.indexOf(':') >= 0;
  }

  /** Whether its records are SRV records. */
  boolean isService(RecordType record) {
    return record == RecordType.SRV
        || (record == RecordType.AUTO && address == null && SERVICE.matcher(host).matches());
  }

  /**
   * Refuses what SRV records say themselves.
   *
   * @throws IllegalArgumentException with the reason
   */
  void checkService() {
    if (address != null) {
      throw new IllegalArgumentException(
          "\"" + text + "\" is an address, but record is srv (expected: a name)");
    }
    String own =
        port != 0
            ? "port"
            : weight != UNSET
                ? "weight"
                : attributes.find(Attributes.PRIORITY).isPresent() ? "priority" : "";
    if (!own.isEmpty()) {
      throw new IllegalArgumentException(
          "\""
              + text
              + "\" has a "
              + own
              + ", but is looked up as SRV, whose records have all three (expected: the name, with a zone or without)");
    }
  }

  /** The backend at one address of this entry. */
  Backend backend(IpAddress at, int defaultPort, Attributes attributes) {
    return new Backend(
        new Endpoint(at.toString(), port == 0 ? defaultPort : port),
        weight == UNSET ? 1 : weight,
        attributes);
  }
}
