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
 * A configured name, or an address among names.
 *
 * @param text the name or address and the port, if any, as written
 * @param host without brackets and port; an address in its canonical form, a name in lower case
 * @param port 0 when none was written
 * @param weight the weight of each backend, 0 to 65535, or {@link #UNSET}
 * @param attributes the priority and the zone, as far as they were written
 * @param address null for a name
 */
record Entry(
    String text,
    String host,
    int port,
    int weight,
    Attributes attributes,
    @Nullable IpAddress address) {
  /** The accepted form, for messages. */
  static final String EXPECTED =
      "name:port, without the port, or _service._proto.name for SRV records; behind it "
          + ServerLine.EXPECTED;

  private static final int UNSET = -1;
  private static final Pattern NAME =
      Pattern.compile(
          "(?=.{1,254}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
              + "(\\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\\.?");
  private static final Pattern SERVICE = Pattern.compile("_[^.]+\\._[^.]+(\\..*)?");

  /**
   * A last label that is a number: the text was meant to be an IPv4 address, but is not a valid
   * one.
   */
  private static final Pattern NUMERIC_END = Pattern.compile("(.*\\.)?(0x[0-9a-f]*|[0-9]+)\\.?");

  /**
   * Parses {@code name:port weight priority=N zone=NAME}.
   *
   * @throws IllegalArgumentException when the text has another form
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

  /** Returns whether a text in lower case is a host name, with or without a trailing dot. */
  static boolean isName(String host) {
    return NAME.matcher(host).matches() && !NUMERIC_END.matcher(host).matches();
  }

  private static boolean hasPort(String text) {
    return text.startsWith("[") ? !text.endsWith("]") : text.indexOf(':') >= 0;
  }

  /** Returns whether the entry is looked up as SRV records. */
  boolean isService(RecordType record) {
    return record == RecordType.SRV
        || (record == RecordType.AUTO && address == null && SERVICE.matcher(host).matches());
  }

  /**
   * Refuses properties that the SRV records provide.
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

  /** Returns the backend at one address of this entry. */
  Backend backend(IpAddress at, int defaultPort, Attributes attributes) {
    return new Backend(
        new Endpoint(at.toString(), port == 0 ? defaultPort : port),
        weight == UNSET ? 1 : weight,
        attributes);
  }
}
