package io.upstream4j.distribution.gateway;

import static java.util.Objects.requireNonNull;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import io.upstream4j.core.connect.HttpStream;
import io.upstream4j.core.http.HostName;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Converts the head of a client's request for the backend, and the head of the backend's response
 * for the client. Heads are changed in place. One per client connection; confined to its event
 * loop.
 *
 * <p>The client's {@code Host} is forwarded unchanged, also over TLS: the name in the certificate
 * belongs to the connection, while the requested host belongs to the request.
 */
final class ForwardHeaders {
  private static final AsciiString HTTP = AsciiString.cached("http");
  private static final AsciiString HTTPS = AsciiString.cached("https");
  private static final AsciiString VIA_2 = AsciiString.cached("2 upstream4j");
  private static final AsciiString VIA_1_1 = AsciiString.cached("1.1 upstream4j");
  private static final AsciiString VIA_1_0 = AsciiString.cached("1.0 upstream4j");
  private static final int NO_CONTENT = 204;
  private static final int UPGRADE_REQUIRED = 426;
  private static final int MAX_LENGTH_DIGITS = 18; // always fits in 63 bits
  private static final AsciiString CLOSE = HttpHeaderValues.CLOSE;

  // A set of case-insensitive names.
  private static final HttpHeaders NO_TRAILERS =
      names(
          HttpHeaderNames.AUTHORIZATION,
          HttpHeaderNames.CONNECTION,
          HttpHeaderNames.CONTENT_ENCODING,
          HttpHeaderNames.CONTENT_LENGTH,
          HttpHeaderNames.CONTENT_RANGE,
          HttpHeaderNames.CONTENT_TYPE,
          HttpHeaderNames.COOKIE,
          HttpHeaderNames.EXPECT,
          HttpHeaderNames.HOST,
          HopHeaders.KEEP_ALIVE,
          HttpHeaderNames.PROXY_AUTHENTICATE,
          HttpHeaderNames.PROXY_AUTHORIZATION,
          AsciiString.cached("proxy-connection"),
          HttpHeaderNames.SET_COOKIE,
          HttpHeaderNames.TE,
          HttpHeaderNames.TRAILER,
          HttpHeaderNames.TRANSFER_ENCODING,
          HttpHeaderNames.UPGRADE,
          HttpHeaderNames.VIA,
          HopHeaders.X_FORWARDED_FOR,
          HopHeaders.X_FORWARDED_HOST,
          HopHeaders.X_FORWARDED_PROTO);

  private final HopHeaders hop = new HopHeaders();
  private final AsciiString clientAddress;
  private final AsciiString scheme;
  private final AsciiString received; // the version for Via of a client that does not use HTTP/1.0

  private List<String> connectionOptions = List.of();
  private List<String> forwardedFor = List.of();
  private boolean keepAlive;
  private boolean http10;
  private boolean trailersWanted;
  private @Nullable String upgrade;
  private @Nullable String host;

  private static HttpHeaders names(CharSequence... names) {
    HttpHeaders set = new DefaultHttpHeaders();
    for (CharSequence name : names) {
      set.set(name, "");
    }
    return set;
  }

  /**
   * Creates the converter of a connection.
   *
   * @param received the value of {@code Via}
   */
  private ForwardHeaders(Client client, AsciiString received) {
    this.clientAddress = AsciiString.of(client.ip());
    this.scheme = client.secure() ? HTTPS : HTTP;
    this.received = received;
  }

  /** Creates the converter of an HTTP/1 connection. */
  static ForwardHeaders http1(Client client) {
    return new ForwardHeaders(client, VIA_1_1);
  }

  /** Creates the converter of an HTTP/2 stream. */
  static ForwardHeaders http2(Client client) {
    return new ForwardHeaders(client, VIA_2);
  }

  /**
   * Reads the head of a request and converts its target to origin form.
   *
   * @return why the request is refused, or null when it is valid
   */
  @Nullable BadRequest read(HttpRequest request) {
    HttpHeaders headers = request.headers();
    hop.scan(headers);
    http10 = request.protocolVersion().equals(HttpVersion.HTTP_1_0);
    keepAlive = !http10;
    trailersWanted = false;
    upgrade = null;
    host = null;
    connectionOptions = List.of();
    forwardedFor = hop.forwardedFor ? headers.getAll(HopHeaders.X_FORWARDED_FOR) : List.of();
    BadRequest problem = checkFraming(headers);
    if (problem == null) {
      problem = readTarget(request);
    }
    if (problem == null) {
      problem = readHost(headers);
    }
    if (problem == null && hop.hasConnection()) {
      problem = readConnection(headers);
    }
    if (problem == null && hop.expect) {
      problem = readExpect(headers);
    }
    if (problem == null && hop.hasUpgrade()) {
      upgrade = readUpgrade(request);
    }
    if (hop.hasTe()) {
      trailersWanted = headers.containsValue(HttpHeaderNames.TE, HttpHeaderValues.TRAILERS, true);
    }
    return problem;
  }

  // RFC 9112, section 6.3. Netty's decoder refuses most of these itself, but what the gateway
  // forwards must not depend on how lenient its version is.
  private @Nullable BadRequest checkFraming(HttpHeaders headers) {
    if (hop.contentLengths > 1) {
      return BadRequest.malformed("several Content-Length headers");
    }
    if (hop.contentLengths == 1 && isTooLong(headers.get(HttpHeaderNames.CONTENT_LENGTH))) {
      return new BadRequest(
          HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE,
          "a Content-Length of more than " + MAX_LENGTH_DIGITS + " digits");
    }
    if (hop.impliedBody) {
      return BadRequest.malformed("a body whose length no header gives");
    }
    if (hop.transferEncodings == 0) {
      return null;
    }
    if (http10) {
      return BadRequest.malformed("HTTP/1.0 has no Transfer-Encoding");
    }
    if (hop.contentLengths > 0) {
      return BadRequest.malformed("both Content-Length and Transfer-Encoding");
    }
    if (hop.transferEncodings > 1
        || !HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(
            requireNonNull(hop.transferEncoding, "transferEncoding"))) {
      return new BadRequest(
          HttpResponseStatus.NOT_IMPLEMENTED, "a Transfer-Encoding other than chunked");
    }
    return null;
  }

  private static boolean isTooLong(@Nullable String length) {
    return length != null && length.length() > MAX_LENGTH_DIGITS;
  }

  // RFC 9112, section 3.2.
  private @Nullable BadRequest readTarget(HttpRequest request) {
    String uri = request.uri();
    HttpMethod method = request.method();
    if (method.equals(HttpMethod.CONNECT) || method.equals(HttpMethod.TRACE)) {
      return new BadRequest(HttpResponseStatus.NOT_IMPLEMENTED, method + " is not served here");
    }
    if (uri.charAt(0) == '/' || (uri.equals("*") && method.equals(HttpMethod.OPTIONS))) {
      return null;
    }
    int authority = -1;
    if (uri.regionMatches(true, 0, "http://", 0, 7)) {
      authority = 7;
    } else if (uri.regionMatches(true, 0, "https://", 0, 8)) {
      authority = 8;
    }
    if (authority < 0) {
      return BadRequest.malformed("the target is neither a path nor an http URI");
    }
    int end = authority;
    while (end < uri.length() && uri.charAt(end) != '/' && uri.charAt(end) != '?') {
      end++;
    }
    String named = uri.substring(authority, end);
    if (named.isEmpty()) {
      return BadRequest.malformed("the target names no host");
    }
    String rest = uri.substring(end);
    if (rest.isEmpty()) {
      rest = method.equals(HttpMethod.OPTIONS) ? "*" : "/";
    } else if (rest.charAt(0) == '?') {
      rest = '/' + rest;
    }
    request.setUri(rest);
    // RFC 9112, section 3.2.2: the target's host takes precedence over Host, but a missing or
    // repeated Host is still an error.
    if (hop.hosts == 1 || (http10 && hop.hosts == 0)) {
      request.headers().set(HttpHeaderNames.HOST, named);
      hop.host = named;
      hop.hosts = 1;
    }
    return null;
  }

  private @Nullable BadRequest readHost(HttpHeaders headers) {
    CharSequence value = hop.host;
    if (value == null) {
      return http10 ? null : BadRequest.malformed("no Host header");
    }
    if (hop.hosts > 1) {
      return BadRequest.malformed("several Host headers");
    }
    String text = headers.get(HttpHeaderNames.HOST);
    host = text == null ? null : HostName.of(text);
    return host == null ? BadRequest.malformed("the Host header is not a host") : null;
  }

  private @Nullable BadRequest readConnection(HttpHeaders headers) {
    List<String> values = headers.getAll(HttpHeaderNames.CONNECTION);
    if (values.size() == 1) { // the usual case
      if (HttpHeaderValues.KEEP_ALIVE.contentEqualsIgnoreCase(values.get(0))) {
        keepAlive = true;
        return null;
      }
      if (CLOSE.contentEqualsIgnoreCase(values.get(0))) {
        keepAlive = false;
        return null;
      }
    }
    connectionOptions = options(values);
    keepAlive =
        http10
            ? connectionOptions.contains("keep-alive") && !connectionOptions.contains("close")
            : !connectionOptions.contains("close");
    for (String option : connectionOptions) {
      if (isNeeded(option)) {
        return BadRequest.malformed("Connection names " + option + ", which is for all hops");
      }
    }
    return null;
  }

  /**
   * Returns the protocols that the client asks to switch to, of which the backend may choose one.
   * HTTP is removed, because requests in a tunnel of it would bypass the gateway's routes.
   */
  private @Nullable String readUpgrade(HttpRequest request) {
    HttpHeaders headers = request.headers();
    String protocols = String.join(", ", headers.getAll(HttpHeaderNames.UPGRADE));
    String lower = protocols.toLowerCase(Locale.ROOT);
    boolean isHttp = lower.contains("h2c") || lower.contains("http") || lower.contains("tls");
    return http10 || isHttp || hasBody(request) || !connectionOptions.contains("upgrade")
        ? null
        : protocols;
  }

  /** Returns whether the request asks for another protocol. */
  boolean asksForUpgrade() {
    return upgrade != null;
  }

  // Headers that determine framing or routing, which no hop may remove.
  private static boolean isNeeded(String option) {
    return option.equals("content-length")
        || option.equals("transfer-encoding")
        || option.equals("host");
  }

  private static List<String> options(List<String> values) {
    List<String> options = new ArrayList<>();
    for (String value : values) {
      int start = 0;
      while (start <= value.length()) {
        int comma = value.indexOf(',', start);
        int end = comma < 0 ? value.length() : comma;
        String option = value.substring(start, end).strip().toLowerCase(Locale.ROOT);
        if (!option.isEmpty()) {
          options.add(option);
        }
        start = end + 1;
      }
    }
    return options;
  }

  private @Nullable BadRequest readExpect(HttpHeaders headers) {
    if (http10) { // ignored (RFC 9110, section 10.1.1)
      headers.remove(HttpHeaderNames.EXPECT);
      return null;
    }
    List<String> values = headers.getAll(HttpHeaderNames.EXPECT);
    if (values.size() == 1 && HttpHeaderValues.CONTINUE.contentEqualsIgnoreCase(values.get(0))) {
      return null;
    }
    return new BadRequest(
        HttpResponseStatus.EXPECTATION_FAILED, "an Expect other than 100-continue");
  }

  /** Returns the requested host in lower case, without its port. */
  @Nullable String host() {
    return host;
  }

  /** Returns the client's IP address. */
  String clientAddress() {
    return clientAddress.toString();
  }

  /** Returns the client's version of HTTP, as in a request line. */
  String protocol() {
    return http10 ? "HTTP/1.0" : received.equals(VIA_2) ? "HTTP/2.0" : "HTTP/1.1";
  }

  /** Returns the values of {@code X-Forwarded-For} as received. */
  List<String> forwardedFor() {
    return forwardedFor;
  }

  /** Returns whether the client may send another request on the connection. */
  boolean isKeepAlive() {
    return keepAlive;
  }

  /** Returns whether the client uses HTTP/1.0. */
  boolean isHttp10() {
    return http10;
  }

  /** Returns whether the client uses HTTP/1.1. */
  boolean isHttp11() {
    return !http10 && !received.equals(VIA_2);
  }

  /** Returns whether the client accepts trailers (RFC 9110, section 10.1.4). */
  boolean takesTrailers() {
    return trailersWanted;
  }

  /** Returns whether the request has a body, including an empty one in chunks. */
  boolean hasBody(HttpRequest request) {
    return hop.transferEncodings > 0
        || (hop.contentLengths > 0
            && !"0".equals(request.headers().get(HttpHeaderNames.CONTENT_LENGTH)));
  }

  /** Converts the head that was {@linkplain #read read} for the backend. */
  void toBackend(HttpRequest request) {
    HttpHeaders headers = request.headers();
    hop.strip(headers, connectionOptions);
    if (trailersWanted) {
      headers.set(HttpHeaderNames.TE, HttpHeaderValues.TRAILERS);
      headers.set(HttpHeaderNames.CONNECTION, HttpHeaderNames.TE); // RFC 9110, section 10.1.4
    }
    if (upgrade != null) {
      headers.set(HttpHeaderNames.UPGRADE, upgrade);
      headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE);
    }
    if (forwardedFor.isEmpty()) {
      headers.add(HopHeaders.X_FORWARDED_FOR, clientAddress);
    } else {
      headers.set(
          HopHeaders.X_FORWARDED_FOR, String.join(", ", forwardedFor) + ", " + clientAddress);
    }
    headers.set(HopHeaders.X_FORWARDED_PROTO, scheme);
    CharSequence asked = hop.host;
    if (asked != null) {
      headers.set(HopHeaders.X_FORWARDED_HOST, asked);
    } else if (hop.forwardedHost) {
      headers.remove(HopHeaders.X_FORWARDED_HOST);
    }
    headers.add(HttpHeaderNames.VIA, http10 ? VIA_1_0 : received);
    if (http10) {
      request.setProtocolVersion(HttpVersion.HTTP_1_1);
    }
  }

  /**
   * Converts the head of a backend's response, including interim ones, for the client. The caller
   * decides the framing and whether the connection stays open.
   *
   * @param stream the stream of the response, if it still exists
   */
  void toClient(HttpResponse response, @Nullable HttpStream stream) {
    HttpHeaders headers = response.headers();
    hop.scan(headers);
    int status = response.status().code();
    String offered = status == UPGRADE_REQUIRED && hop.hasUpgrade() ? offered(headers) : null;
    List<String> options = List.of();
    if (hop.hasConnection()) {
      options = options(headers.getAll(HttpHeaderNames.CONNECTION));
      options.removeIf(ForwardHeaders::isNeeded);
    }
    hop.strip(headers, options);
    if (offered != null) { // RFC 9110, section 15.5.22
      headers.set(HttpHeaderNames.UPGRADE, offered);
      headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE);
    }
    if (status < 200 || status == NO_CONTENT) { // RFC 9110, 8.6; RFC 9112, 6.1
      headers.remove(HttpHeaderNames.CONTENT_LENGTH);
      headers.remove(HttpHeaderNames.TRANSFER_ENCODING);
    }
    headers.add(HttpHeaderNames.VIA, via(response.protocolVersion(), stream));
    response.setProtocolVersion(HttpVersion.HTTP_1_1);
  }

  private static String offered(HttpHeaders headers) {
    return String.join(", ", headers.getAll(HttpHeaderNames.UPGRADE));
  }

  private static CharSequence via(HttpVersion version, @Nullable HttpStream stream) {
    if (stream != null && stream.isHttp2()) {
      return VIA_2;
    }
    return switch (version.minorVersion()) {
      case 0 -> VIA_1_0;
      case 1 -> VIA_1_1;
      default -> "1." + version.minorVersion() + " upstream4j";
    };
  }

  /**
   * Converts the head of a {@code 101} response like {@link #toClient}, but keeps the selected
   * protocol.
   */
  void upgradeToClient(HttpResponse response, @Nullable HttpStream stream) {
    String granted = response.headers().get(HttpHeaderNames.UPGRADE);
    toClient(response, stream);
    if (granted != null) {
      response.headers().set(HttpHeaderNames.UPGRADE, granted);
    }
    response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE);
  }

  /** Returns whether the response last passed to {@link #toClient} has a length. */
  boolean responseHasLength() {
    return hop.contentLengths > 0 && hop.transferEncodings == 0;
  }

  /**
   * Removes fields from trailers that are allowed only in a head (RFC 9110, section 6.5.1). A
   * server that merges trailers into the head would otherwise take them for fields that the gateway
   * has checked or set.
   */
  static void stripTrailers(HttpHeaders trailers) {
    List<CharSequence> wrong = null;
    Iterator<Map.Entry<CharSequence, CharSequence>> entries = trailers.iteratorCharSequence();
    while (entries.hasNext()) {
      CharSequence name = entries.next().getKey();
      if (NO_TRAILERS.contains(name)) {
        wrong = wrong == null ? new ArrayList<>() : wrong;
        wrong.add(name);
      }
    }
    if (wrong != null) {
      wrong.forEach(trailers::remove);
    }
  }
}
