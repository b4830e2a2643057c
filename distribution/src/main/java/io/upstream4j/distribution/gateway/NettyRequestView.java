package io.upstream4j.distribution.gateway;

import static java.util.Objects.requireNonNull;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.AsciiString;
import io.upstream4j.api.spi.CookieHeader;
import io.upstream4j.api.spi.RequestView;
import java.net.InetSocketAddress;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Presents Netty's request to strategies, and copies only what they ask for. One per client
 * connection, as it serves one request at a time; confined to its event loop.
 */
final class NettyRequestView implements RequestView {
  private final @Nullable InetSocketAddress client;
  private @Nullable HttpRequest request;
  private String uri = ""; // as received; may be rewritten in the request
  private @Nullable String host;
  private List<String> forwardedFor = List.of();
  private int queryMark;
  private @Nullable String path;
  private @Nullable String query;

  NettyRequestView(@Nullable InetSocketAddress client) {
    this.client = client;
  }

  /**
   * Shows another request.
   *
   * @param host without its port; null when the request names none
   * @param forwardedFor the values of {@code X-Forwarded-For} as received, which are about to be
   *     replaced in the request
   */
  void show(HttpRequest request, @Nullable String host, List<String> forwardedFor) {
    this.request = request;
    this.host = host;
    this.forwardedFor = forwardedFor;
    uri = request.uri();
    queryMark = uri.indexOf('?');
    path = null;
    query = null;
  }

  /** Releases the request, so that an idle connection does not retain it. */
  void clear() {
    request = null;
    uri = "";
    host = null;
    forwardedFor = List.of();
    path = null;
    query = null;
  }

  @Override
  public String method() {
    return request().method().name();
  }

  @Override
  public @Nullable String host() {
    return host;
  }

  @Override
  public String path() {
    String known = path;
    if (known == null) {
      known = queryMark < 0 ? uri : uri.substring(0, queryMark);
      if (known.isEmpty() || known.equals("*")) {
        known = "/";
      }
      path = known;
    }
    return known;
  }

  @Override
  public String query() {
    String known = query;
    if (known == null) {
      known = queryMark < 0 ? "" : uri.substring(queryMark + 1);
      query = known;
    }
    return known;
  }

  @Override
  public String target() {
    return uri.startsWith("/") ? uri : "/"; // for the target *
  }

  @Override
  public @Nullable String header(String name) {
    if (isForwardedFor(name)) {
      return forwardedFor.isEmpty() ? null : forwardedFor.get(0);
    }
    return request().headers().get(name);
  }

  @Override
  public @Nullable String header(String name, int index) {
    if (isForwardedFor(name)) {
      return index < forwardedFor.size() ? forwardedFor.get(index) : null;
    }
    int before = 0;
    // Netty's iterator over one name is in reverse order.
    Iterator<Map.Entry<CharSequence, CharSequence>> all =
        request().headers().iteratorCharSequence();
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> header = all.next();
      if (AsciiString.contentEqualsIgnoreCase(header.getKey(), name) && before++ == index) {
        return header.getValue().toString();
      }
    }
    return null;
  }

  private static boolean isForwardedFor(String name) {
    return name.length() == HopHeaders.X_FORWARDED_FOR.length()
        && HopHeaders.X_FORWARDED_FOR.contentEqualsIgnoreCase(name);
  }

  @Override
  public @Nullable String cookie(String name) {
    Iterator<Map.Entry<CharSequence, CharSequence>> all =
        request().headers().iteratorCharSequence();
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> header = all.next();
      if (HttpHeaderNames.COOKIE.contentEqualsIgnoreCase(header.getKey())) {
        String value = CookieHeader.value(header.getValue().toString(), name);
        if (value != null) {
          return value;
        }
      }
    }
    return null;
  }

  @Override
  public @Nullable InetSocketAddress client() {
    return client;
  }

  private HttpRequest request() {
    return requireNonNull(request, "no request under way");
  }
}
