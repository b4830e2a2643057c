package io.upstream4j.core.http;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.VisibleText;
import io.upstream4j.api.spi.CookieHeader;
import io.upstream4j.api.spi.RequestView;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A request with its whole body, for {@code Upstream.send}. Immutable; each {@code with} method
 * returns a changed copy.
 *
 * <pre>{@code
 * UpstreamRequest.post("/orders?dry=true", "{}").withHeader("content-type", "application/json")
 * }</pre>
 */
public final class UpstreamRequest implements RequestView {
  /** The default limit of a response's body: 4 MiB. */
  public static final int DEFAULT_MAX_BODY_BYTES = 4 << 20;

  // Headers that determine the framing of a message or the use of its connection. The connection
  // sets them.
  private static final Set<String> OF_THE_CONNECTION =
      Set.of(
          "connection",
          "content-length",
          "expect",
          "http2-settings",
          "keep-alive",
          "proxy-connection",
          "transfer-encoding",
          "upgrade");

  private static final String TOKEN = "a token such as ";

  /**
   * A header.
   *
   * @param name the name, case-insensitive
   * @param value without line breaks
   */
  public record Header(String name, String value) {
    /** Checks the components. */
    public Header {
      requireNonNull(name, "name");
      requireNonNull(value, "value");
    }
  }

  private final String method;
  private final String target;
  private final List<Header> headers;
  private final ByteBuffer body;
  private final int maxBodyBytes;
  private final @Nullable InetSocketAddress client;
  private final @Nullable String host;

  private UpstreamRequest(
      String method,
      String target,
      List<Header> headers,
      ByteBuffer body,
      int maxBodyBytes,
      @Nullable InetSocketAddress client) {
    this.method = method;
    this.target = target;
    this.headers = List.copyOf(headers);
    this.body = body;
    this.maxBodyBytes = maxBodyBytes;
    this.client = client;
    String named = header("host");
    this.host = named == null ? null : HostName.of(named);
  }

  /**
   * Creates a request without a body.
   *
   * @param method such as {@code GET}; not {@code CONNECT}
   * @param target a path, with or without a query, percent-encoded; or {@code *}
   * @throws IllegalArgumentException when the method or the target is not valid
   */
  public static UpstreamRequest of(String method, String target) {
    if (!isToken(method) || method.equals("CONNECT")) {
      throw new IllegalArgumentException(
          "method: \"" + printable(method) + "\" (expected: " + TOKEN + "GET, and not CONNECT)");
    }
    if (!target.startsWith("/") && !target.equals("*")) {
      throw new IllegalArgumentException(
          "target: \"" + printable(target) + "\" (expected: a path such as /a?b=c)");
    }
    for (int i = 0; i < target.length(); i++) {
      char c = target.charAt(i);
      if (c <= ' ' || c >= 0x7f || c == '#') {
        throw new IllegalArgumentException(
            "target: character 0x"
                + Integer.toHexString(c)
                + " at "
                + i
                + " (expected: percent-encoded, and no fragment)");
      }
    }
    return new UpstreamRequest(
        method, target, List.of(), ByteBuffer.allocate(0), DEFAULT_MAX_BODY_BYTES, null);
  }

  /** Creates a {@code GET}; see {@link #of}. */
  public static UpstreamRequest get(String target) {
    return of("GET", target);
  }

  /** Creates a {@code POST} of a text in UTF-8; see {@link #of}. */
  public static UpstreamRequest post(String target, String body) {
    return of("POST", target).withBody(body);
  }

  /**
   * Returns a copy with an additional header. Without {@code host}, the upstream's {@code sni} is
   * sent, or else the backend's address.
   *
   * @param name the name, case-insensitive
   * @param value without line breaks; only characters up to U+00FF can be sent
   * @throws IllegalArgumentException when the header is not valid, is a second {@code host}, or is
   *     one that the connection sets, such as {@code content-length}
   */
  public UpstreamRequest withHeader(String name, String value) {
    if (!isToken(name)) {
      throw new IllegalArgumentException(
          "header: \"" + printable(name) + "\" (expected: " + TOKEN + "accept)");
    }
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if ((c < ' ' && c != '\t') || c == 0x7f || c > 0xff) {
        throw new IllegalArgumentException(
            "header "
                + name
                + ": character 0x"
                + Integer.toHexString(c)
                + " at "
                + i
                + " (expected: no control characters, and none above 0xff)");
      }
    }
    String lower = name.toLowerCase(Locale.ROOT);
    if (OF_THE_CONNECTION.contains(lower)
        || (lower.equals("te") && !value.equalsIgnoreCase("trailers"))) {
      throw new IllegalArgumentException(
          "header " + name + ": the connection's to decide on (expected: left out)");
    }
    if (lower.equals("host")) {
      checkHost(value);
    }
    List<Header> more = new ArrayList<>(headers);
    more.add(new Header(name, value));
    return new UpstreamRequest(method, target, more, body, maxBodyBytes, client);
  }

  private void checkHost(String value) {
    if (HostName.of(value) == null) {
      throw new IllegalArgumentException(
          "header host: \""
              + printable(value)
              + "\" (expected: a name or an IP address, with or without a port)");
    }
    if (header("host") != null) {
      throw new IllegalArgumentException("header host: a second one (expected: one)");
    }
  }

  /**
   * Returns a copy with this body, encoded as UTF-8. Add a {@code content-type} header yourself.
   */
  public UpstreamRequest withBody(String text) {
    return withBody(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Returns a copy with this body. The bytes are not copied and must not change while the request
   * is in use, because it may be sent several times.
   */
  public UpstreamRequest withBody(ByteBuffer bytes) {
    return new UpstreamRequest(
        method, target, headers, bytes.asReadOnlyBuffer(), maxBodyBytes, client);
  }

  /**
   * Returns a copy with another limit of the response's body, which is kept in memory.
   *
   * @param bytes from 0
   */
  public UpstreamRequest withMaxBodyBytes(int bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("maxBodyBytes: " + bytes + " (expected: from 0)");
    }
    return new UpstreamRequest(method, target, headers, body, bytes, client);
  }

  /** Returns a copy with a client's address, for strategies that use it. */
  public UpstreamRequest withClient(InetSocketAddress address) {
    return new UpstreamRequest(
        method, target, headers, body, maxBodyBytes, requireNonNull(address, "address"));
  }

  private static boolean isToken(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean letterOrDigit =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (!letterOrDigit && "!#$%&'*+-.^_`|~".indexOf(c) < 0) { // RFC 9110, section 5.6.2
        return false;
      }
    }
    return !text.isEmpty();
  }

  private static String printable(String text) {
    return VisibleText.escaped(VisibleText.shortened(text, 200));
  }

  @Override
  public String method() {
    return method;
  }

  @Override
  public String target() {
    return target;
  }

  /** Returns all headers in order. */
  public List<Header> headers() {
    return headers;
  }

  /** Returns a new view of the body, positioned at its beginning. */
  public ByteBuffer body() {
    return body.duplicate();
  }

  /** Returns the limit of the response's body, in bytes. */
  public int maxBodyBytes() {
    return maxBodyBytes;
  }

  @Override
  public @Nullable String host() {
    return host;
  }

  @Override
  public String path() {
    int mark = target.indexOf('?');
    String path = mark < 0 ? target : target.substring(0, mark);
    return path.equals("*") ? "/" : path;
  }

  @Override
  public String query() {
    int mark = target.indexOf('?');
    return mark < 0 ? "" : target.substring(mark + 1);
  }

  @Override
  public @Nullable String header(String name) {
    return header(name, 0);
  }

  @Override
  public @Nullable String header(String name, int index) {
    int before = 0;
    for (Header header : headers) {
      if (header.name().equalsIgnoreCase(name) && before++ == index) {
        return header.value();
      }
    }
    return null;
  }

  @Override
  public @Nullable String cookie(String name) {
    for (Header header : headers) {
      if (header.name().equalsIgnoreCase("cookie")) {
        String value = CookieHeader.value(header.value(), name);
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

  /** Returns the method and the target. */
  @Override
  public String toString() {
    return method + " " + target;
  }
}
