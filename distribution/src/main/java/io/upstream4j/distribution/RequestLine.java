package io.upstream4j.distribution;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.upstream4j.api.spi.CookieHeader;
import io.upstream4j.api.spi.IpAddress;
import io.upstream4j.api.spi.RequestView;
import io.upstream4j.core.http.HostName;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A request written in one line: a path or a URL, followed by headers, such as {@code /a?x=1
 * x-user: 7 cookie: sid=3; theme=dark}.
 *
 * <p>A word that ends in a colon begins a header, whose value extends to the next one.
 * {@code @client: 10.0.0.7}, which is not a valid header name, sets the client's address.
 */
final class RequestLine implements RequestView {
  private static final String CLIENT = "@client";
  private static final String EXPECTED =
      " (expected: a path or a URL, then headers as name: value, such as /a?x=1 x-user: 7)";

  private static final Pattern EDGES = Pattern.compile("^[ \t]+|[ \t]+\\z");

  private record Header(String name, String value) {}

  private final @Nullable String host;
  private final String target;
  private final String path;
  private final String query;
  private final List<Header> headers;
  private final @Nullable InetSocketAddress client;

  private RequestLine(
      @Nullable String host,
      String target,
      List<Header> headers,
      @Nullable InetSocketAddress client) {
    int mark = target.indexOf('?');
    this.host = host;
    this.target = target;
    this.path = mark < 0 ? target : target.substring(0, mark);
    this.query = mark < 0 ? "" : target.substring(mark + 1);
    this.headers = List.copyOf(headers);
    this.client = client;
  }

  /**
   * Parses a line.
   *
   * @throws IllegalArgumentException when the line is not valid; the message says why
   */
  static RequestLine parse(String line) {
    // Splits only at spaces and tabs, because other white space, such as U+2003, may be part of a
    // key.
    String[] words = EDGES.matcher(line).replaceAll("").split("[ \t]+", -1);
    String first = words[0];
    if (first.isEmpty()) {
      throw new IllegalArgumentException("an empty line" + EXPECTED);
    }
    if (first.indexOf('#') >= 0) {
      throw new IllegalArgumentException(
          "\"" + first + "\": no client sends a fragment to a server (expected: without #)");
    }
    List<Header> headers = new ArrayList<>();
    String target = first;
    int scheme = schemeLength(first);
    if (scheme > 0) {
      int end = authorityEnd(first, scheme);
      target = first.startsWith("/", end) ? first.substring(end) : "/" + first.substring(end);
      headers.add(new Header("host", first.substring(scheme, end)));
    } else if (!first.startsWith("/")) {
      throw new IllegalArgumentException("\"" + first + "\"" + EXPECTED);
    }
    readHeaders(words, headers);
    InetSocketAddress client = client(headers);
    headers.removeIf(header -> header.name().equals(CLIENT));
    return new RequestLine(host(headers), target, headers, client);
  }

  private static int schemeLength(String url) {
    for (String scheme : new String[] {"http://", "https://"}) {
      if (url.regionMatches(true, 0, scheme, 0, scheme.length())) {
        return scheme.length();
      }
    }
    return 0;
  }

  private static int authorityEnd(String url, int from) {
    int end = from;
    while (end < url.length() && url.charAt(end) != '/' && url.charAt(end) != '?') {
      end++;
    }
    return end;
  }

  private static void readHeaders(String[] words, List<Header> headers) {
    int at = 1;
    while (at < words.length) {
      String name = words[at];
      if (!isName(name)) {
        throw new IllegalArgumentException("\"" + name + "\"" + EXPECTED);
      }
      StringBuilder value = new StringBuilder();
      for (at++; at < words.length && !isName(words[at]); at++) {
        value.append(value.isEmpty() ? "" : " ").append(words[at]);
      }
      headers.add(new Header(name.substring(0, name.length() - 1), value.toString()));
    }
  }

  /** Returns whether a word is a token (RFC 9110, section 5.6.2) and a colon. */
  private static boolean isName(String word) {
    String name = word.endsWith(":") ? word.substring(0, word.length() - 1) : "";
    return name.equals(CLIENT)
        || (!name.isEmpty()
            && name.chars()
                .allMatch(
                    c ->
                        c < 0x80
                            && (Character.isLetterOrDigit(c)
                                || "!#$%&'*+-.^_`|~".indexOf(c) >= 0)));
  }

  private static @Nullable InetSocketAddress client(List<Header> headers) {
    String text = value(headers, CLIENT, 0);
    if (text == null) {
      return null;
    }
    IpAddress address = IpAddress.parse(text, 0, text.length());
    if (address == null) {
      throw new IllegalArgumentException(CLIENT + ": \"" + text + "\" (expected: an IP address)");
    }
    try {
      return new InetSocketAddress(InetAddress.getByName(address.toString()), 1);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(CLIENT + ": \"" + text + "\": " + e.getMessage(), e);
    }
  }

  private static @Nullable String host(List<Header> headers) {
    String text = value(headers, "host", 0);
    if (text == null) {
      return null;
    }
    if (value(headers, "host", 1) != null) {
      throw new IllegalArgumentException("two hosts (expected: in the URL or as host: name)");
    }
    String host = HostName.of(text);
    if (host == null) {
      throw new IllegalArgumentException(
          "host: \"" + text + "\" (expected: a name or an IP address, with or without a port)");
    }
    return host;
  }

  private static @Nullable String value(List<Header> headers, String name, int index) {
    int before = 0;
    for (Header header : headers) {
      if (header.name().equalsIgnoreCase(name) && before++ == index) {
        return header.value();
      }
    }
    return null;
  }

  @Override
  public String method() {
    return "GET";
  }

  @Override
  public @Nullable String host() {
    return host;
  }

  @Override
  public String target() {
    return target;
  }

  @Override
  public String path() {
    return path;
  }

  @Override
  public String query() {
    return query;
  }

  @Override
  public @Nullable String header(String name) {
    return header(name, 0);
  }

  @Override
  public @Nullable String header(String name, int index) {
    String value = value(headers, requireNonNull(name, "name"), index);
    return value == null ? null : asSent(value);
  }

  /** Encodes a value as a client sends it: in UTF-8, with one character per byte. */
  private static String asSent(String text) {
    return new String(text.getBytes(UTF_8), ISO_8859_1);
  }

  @Override
  public @Nullable String cookie(String name) {
    for (Header header : headers) {
      if (header.name().equalsIgnoreCase("cookie")) {
        String value = CookieHeader.value(asSent(header.value()), name);
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
}
