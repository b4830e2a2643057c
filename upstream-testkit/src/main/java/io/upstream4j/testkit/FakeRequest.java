package io.upstream4j.testkit;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.spi.CookieHeader;
import io.upstream4j.api.spi.RequestView;
import java.net.InetSocketAddress;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A request for tests. Immutable; each {@code with} method returns a changed copy.
 *
 * @param method such as {@code GET}
 * @param host without a port, or null
 * @param path without the query
 * @param query without the question mark; may be empty
 * @param headers case-insensitive names to values, each in order
 * @param cookies case-insensitive names to values, in addition to those in {@code Cookie} headers
 * @param client the client's address, or null
 */
public record FakeRequest(
    String method,
    @Nullable String host,
    String path,
    String query,
    Map<String, List<String>> headers,
    Map<String, String> cookies,
    @Nullable InetSocketAddress client)
    implements RequestView {
  /** Checks and copies the components. */
  public FakeRequest {
    requireNonNull(method, "method");
    requireNonNull(path, "path");
    requireNonNull(query, "query");
    Map<String, List<String>> anyCase = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    headers.forEach((name, values) -> anyCase.put(name, List.copyOf(values)));
    headers = Collections.unmodifiableMap(anyCase);
    Map<String, String> cookiesOfAnyCase = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    cookiesOfAnyCase.putAll(cookies);
    cookies = Collections.unmodifiableMap(cookiesOfAnyCase);
  }

  /** Returns {@code GET path} for the host {@code test}, without headers, cookies or client. */
  public static FakeRequest get(String path) {
    return new FakeRequest("GET", "test", path, "", Map.of(), Map.of(), null);
  }

  /** Returns a copy with another method. */
  public FakeRequest withMethod(String value) {
    return new FakeRequest(value, host, path, query, headers, cookies, client);
  }

  /** Returns a copy with another host, or without one. */
  public FakeRequest withHost(@Nullable String value) {
    return new FakeRequest(method, value, path, query, headers, cookies, client);
  }

  /** Returns a copy with another path. */
  public FakeRequest withPath(String value) {
    return new FakeRequest(method, host, value, query, headers, cookies, client);
  }

  /** Returns a copy with another query, without the question mark. */
  public FakeRequest withQuery(String value) {
    return new FakeRequest(method, host, path, value, headers, cookies, client);
  }

  /** Returns a copy with a header added or replaced; it occurs once per value. */
  public FakeRequest withHeader(String name, String... values) {
    Map<String, List<String>> more = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    more.putAll(headers);
    more.put(name, List.of(values));
    return new FakeRequest(method, host, path, query, more, cookies, client);
  }

  /** Returns a copy with a cookie added or replaced. */
  public FakeRequest withCookie(String name, String value) {
    Map<String, String> more = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    more.putAll(cookies);
    more.put(name, value);
    return new FakeRequest(method, host, path, query, headers, more, client);
  }

  /** Returns a copy with another client, or without one. */
  public FakeRequest withClient(@Nullable InetSocketAddress value) {
    return new FakeRequest(method, host, path, query, headers, cookies, value);
  }

  @Override
  public @Nullable String header(String name) {
    return header(name, 0);
  }

  @Override
  public @Nullable String header(String name, int index) {
    List<String> values = headers.get(name);
    return values == null || index >= values.size() ? null : values.get(index);
  }

  @Override
  public @Nullable String cookie(String name) {
    String value = cookies.get(name);
    for (int i = 0; value == null && header("cookie", i) != null; i++) {
      value = CookieHeader.value(requireNonNull(header("cookie", i)), name);
    }
    return value;
  }
}
