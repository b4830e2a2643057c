package io.upstream4j.lb.consistent;

import io.upstream4j.api.spi.IpAddress;
import io.upstream4j.api.spi.Network;
import io.upstream4j.api.spi.RequestView;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the client behind trusted proxies: the last address in {@code X-Forwarded-For}, or else in
 * {@code Forwarded} (RFC 7239), that is not itself a trusted proxy. If an entry is not an address,
 * everything before it may be forged, so the address after it is taken.
 *
 * <p>{@code X-Forwarded-For} has precedence because nearly all proxies write it.
 */
final class ForwardedFor {
  private final Network[] trusted;

  ForwardedFor(List<Network> trusted) {
    this.trusted = trusted.toArray(Network[]::new);
  }

  /** Returns the client's address: the peer, unless it is trusted and names another. */
  IpAddress client(RequestView request, IpAddress peer) {
    if (!isTrusted(peer)) {
      return peer;
    }
    boolean classic = request.header("x-forwarded-for") != null;
    String name = classic ? "x-forwarded-for" : "forwarded";
    IpAddress client = null;
    int index = 0;
    String line = request.header(name, index);
    while (line != null) {
      client = classic ? xForwardedFor(line, client) : forwarded(line, client);
      line = request.header(name, ++index);
    }
    return client == null ? peer : client;
  }

  private boolean isTrusted(IpAddress address) {
    for (Network network : trusted) {
      if (network.contains(address)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns the client after one more entry. Read from left to right, that is the last untrusted
   * entry, or the first trusted one if there is none; both are searched after the last entry that
   * is not an address.
   */
  private @Nullable IpAddress after(@Nullable IpAddress client, @Nullable IpAddress entry) {
    return entry == null || client == null || !isTrusted(entry) ? entry : client;
  }

  private @Nullable IpAddress xForwardedFor(String line, @Nullable IpAddress before) {
    IpAddress client = before;
    int at = 0;
    while (at < line.length()) {
      int end = line.indexOf(',', at);
      if (end < 0) {
        end = line.length();
      }
      int start = skipBlanks(line, at, end);
      if (start < end) { // ignore empty entries (RFC 9110, section 5.6.1)
        client = after(client, node(line, start, dropBlanks(line, start, end)));
      }
      at = end + 1;
    }
    return client;
  }

  private @Nullable IpAddress forwarded(String line, @Nullable IpAddress before) {
    IpAddress client = before;
    IpAddress entry = null;
    boolean empty = true;
    int at = 0;
    while (at < line.length()) {
      int end = pairEnd(line, at);
      int start = skipBlanks(line, at, end);
      if (start < end) {
        empty = false;
        if (line.regionMatches(true, start, "for=", 0, 4)) {
          entry = value(line, start + 4, dropBlanks(line, start, end));
        }
      }
      if ((end == line.length() || line.charAt(end) == ',') && !empty) {
        client = after(client, entry);
        entry = null;
        empty = true;
      }
      at = end + 1;
    }
    // A semicolon at the end of a line also ends its last entry.
    return empty ? client : after(client, entry);
  }

  /** Returns the index of the next comma or semicolon outside quotes. */
  private static int pairEnd(String line, int from) {
    boolean quoted = false;
    int at = from;
    while (at < line.length()) {
      char c = line.charAt(at);
      if (c == '"') {
        quoted = !quoted;
      } else if (quoted && c == '\\') {
        at++;
      } else if (!quoted && (c == ',' || c == ';')) {
        return at;
      }
      at++;
    }
    return line.length();
  }

  private static @Nullable IpAddress value(String line, int from, int to) {
    boolean quoted = to - from >= 2 && line.charAt(from) == '"' && line.charAt(to - 1) == '"';
    return quoted ? node(line, from + 1, to - 1) : node(line, from, to);
  }

  /** Parses an address with or without a port; an IPv6 address may be in brackets. */
  private static @Nullable IpAddress node(String line, int from, int to) {
    if (from < to && line.charAt(from) == '[') {
      int end = line.indexOf(']', from);
      return end >= 0 && end < to && (end + 1 == to || line.charAt(end + 1) == ':')
          ? IpAddress.parse(line, from + 1, end)
          : null;
    }
    int colon = line.indexOf(':', from);
    boolean port = colon >= 0 && colon < to && !hasColon(line, colon + 1, to);
    return IpAddress.parse(line, from, port ? colon : to);
  }

  private static boolean hasColon(String line, int from, int to) {
    int colon = line.indexOf(':', from);
    return colon >= 0 && colon < to;
  }

  private static int skipBlanks(String line, int from, int to) {
    int at = from;
    while (at < to && (line.charAt(at) == ' ' || line.charAt(at) == '\t')) {
      at++;
    }
    return at;
  }

  private static int dropBlanks(String line, int from, int to) {
    int end = to;
    while (end > from && (line.charAt(end - 1) == ' ' || line.charAt(end - 1) == '\t')) {
      end--;
    }
    return end;
  }
}
