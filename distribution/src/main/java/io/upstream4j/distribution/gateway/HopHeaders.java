package io.upstream4j.distribution.gateway;

import static io.netty.util.AsciiString.contentEqualsIgnoreCase;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The results of one pass over the headers of a message: hop-by-hop headers (RFC 9110, section
 * 7.6.1), and headers that the gateway evaluates. Reused for all messages of a client connection;
 * confined to its event loop.
 */
final class HopHeaders {
  static final AsciiString KEEP_ALIVE = AsciiString.cached("keep-alive");
  static final AsciiString X_FORWARDED_FOR = AsciiString.cached("x-forwarded-for");
  static final AsciiString X_FORWARDED_HOST = AsciiString.cached("x-forwarded-host");
  static final AsciiString X_FORWARDED_PROTO = AsciiString.cached("x-forwarded-proto");
  private static final AsciiString SEC_WEBSOCKET_KEY1 = AsciiString.cached("sec-websocket-key1");

  private final List<CharSequence> proxyNames = new ArrayList<>(2);
  private boolean connection;
  private boolean keepAlive;
  private boolean upgrade;
  private boolean te;

  /** The number of occurrences; more than one may be a mistake or an attack. */
  int hosts;

  int contentLengths;
  int transferEncodings;

  /** The last value of each, if any. */
  @Nullable CharSequence host;

  @Nullable CharSequence transferEncoding;

  boolean expect;
  boolean forwardedFor;
  boolean forwardedHost;

  /** An eight-byte body that a WebSocket draft implied and Netty still reads. */
  boolean impliedBody;

  /** Scans all headers of a message. Clears the previous results. */
  void scan(HttpHeaders headers) {
    clear();
    Iterator<Map.Entry<CharSequence, CharSequence>> entries = headers.iteratorCharSequence();
    while (entries.hasNext()) {
      Map.Entry<CharSequence, CharSequence> entry = entries.next();
      note(entry.getKey(), entry);
    }
  }

  private void clear() {
    if (!proxyNames.isEmpty()) {
      proxyNames.clear();
    }
    connection = false;
    keepAlive = false;
    upgrade = false;
    te = false;
    hosts = 0;
    contentLengths = 0;
    transferEncodings = 0;
    host = null;
    transferEncoding = null;
    expect = false;
    forwardedFor = false;
    forwardedHost = false;
    impliedBody = false;
  }

  private void note(CharSequence name, Map.Entry<CharSequence, CharSequence> entry) {
    switch (name.length()) { // the length distinguishes most names
      case 2 -> te |= contentEqualsIgnoreCase(name, HttpHeaderNames.TE);
      case 4 -> {
        if (contentEqualsIgnoreCase(name, HttpHeaderNames.HOST)) {
          hosts++;
          host = entry.getValue();
        }
      }
      case 6 -> expect |= contentEqualsIgnoreCase(name, HttpHeaderNames.EXPECT);
      case 7 -> upgrade |= contentEqualsIgnoreCase(name, HttpHeaderNames.UPGRADE);
      case 10 -> {
        connection |= contentEqualsIgnoreCase(name, HttpHeaderNames.CONNECTION);
        keepAlive |= contentEqualsIgnoreCase(name, KEEP_ALIVE);
      }
      case 14 -> {
        if (contentEqualsIgnoreCase(name, HttpHeaderNames.CONTENT_LENGTH)) {
          contentLengths++;
        }
      }
      case 15 -> forwardedFor |= contentEqualsIgnoreCase(name, X_FORWARDED_FOR);
      case 17 -> {
        if (contentEqualsIgnoreCase(name, HttpHeaderNames.TRANSFER_ENCODING)) {
          transferEncodings++;
          transferEncoding = entry.getValue();
        }
      }
      case 16 -> forwardedHost |= contentEqualsIgnoreCase(name, X_FORWARDED_HOST);
      case 18 -> impliedBody |= contentEqualsIgnoreCase(name, SEC_WEBSOCKET_KEY1);
      default -> {}
    }
    if ((name.charAt(0) | 0x20) == 'p' && isProxyHeader(name)) {
      proxyNames.add(name);
    }
  }

  private static boolean isProxyHeader(CharSequence name) {
    return name.length() > 6 && AsciiString.regionMatches(name, true, 0, "proxy-", 0, 6);
  }

  /** Returns whether the message has a {@code Connection} header. */
  boolean hasConnection() {
    return connection;
  }

  boolean hasTe() {
    return te;
  }

  boolean hasUpgrade() {
    return upgrade;
  }

  /**
   * Removes the hop-by-hop headers except {@code Transfer-Encoding}.
   *
   * @param options the options of {@code Connection} in lower case; empty when there are none
   */
  void strip(HttpHeaders headers, List<String> options) {
    for (int i = 0; i < proxyNames.size(); i++) {
      headers.remove(proxyNames.get(i));
    }
    for (int i = 0; i < options.size(); i++) {
      headers.remove(options.get(i));
    }
    if (connection) {
      headers.remove(HttpHeaderNames.CONNECTION);
    }
    if (keepAlive) {
      headers.remove(KEEP_ALIVE);
    }
    if (upgrade) {
      headers.remove(HttpHeaderNames.UPGRADE);
    }
    if (te) {
      headers.remove(HttpHeaderNames.TE);
    }
  }
}
