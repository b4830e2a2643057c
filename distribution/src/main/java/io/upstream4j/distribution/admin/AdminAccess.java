package io.upstream4j.distribution.admin;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.NetUtil;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Decides who may use the admin address. With a token, a request must present it; without one, only
 * programs of this machine. Web pages of other sites in a browser of this machine are refused. Such
 * a page either reaches the loopback address by its own name (DNS rebinding), which {@code Host}
 * reveals, or sends cross-origin requests, which {@code Origin} reveals.
 *
 * @param token null on the loopback interface without a token
 */
record AdminAccess(@Nullable AdminToken token) implements AdminGuard.Access {
  private static final List<HttpMethod> READING = List.of(HttpMethod.GET, HttpMethod.HEAD);

  @Override
  public @Nullable Answer refusal(HttpRequest request) {
    if (token != null) {
      return token.opens(request.headers().get(HttpHeaderNames.AUTHORIZATION))
          ? null
          : Answer.error(
                  HttpResponseStatus.UNAUTHORIZED,
                  "no token, or another one (expected: Authorization: Bearer and the token)")
              .with(HttpHeaderNames.WWW_AUTHENTICATE.toString(), "Bearer realm=\"upstream4j\"");
    }
    HttpHeaders headers = request.headers();
    List<String> hosts = headers.getAll(HttpHeaderNames.HOST);
    if (hosts.size() > 1 || (hosts.size() == 1 && !isLocal(hosts.get(0)))) {
      return Answer.error(
          HttpResponseStatus.FORBIDDEN,
          "Host: "
              + String.join(", ", hosts)
              + " (expected: localhost or a loopback address, as there is no token)");
    }
    if (!READING.contains(request.method()) && isFromElsewhere(headers, hosts)) {
      return Answer.error(
          HttpResponseStatus.FORBIDDEN,
          "sent by a page of another site (expected: no Origin, or that of this address)");
    }
    return null;
  }

  private static boolean isFromElsewhere(HttpHeaders headers, List<String> hosts) {
    String site = headers.get("Sec-Fetch-Site");
    if (site != null && !site.equals("same-origin") && !site.equals("none")) {
      return true;
    }
    List<String> origins = headers.getAll(HttpHeaderNames.ORIGIN);
    return !origins.isEmpty()
        && (origins.size() > 1
            || hosts.isEmpty()
            || !origins.get(0).equalsIgnoreCase("http://" + hosts.get(0)));
  }

  private static boolean isLocal(String host) {
    String name = host.toLowerCase(Locale.ROOT);
    if (name.startsWith("[")) {
      int end = name.indexOf(']');
      return end > 0 && isPort(name.substring(end + 1)) && isLoopback(name.substring(1, end));
    }
    int colon = name.indexOf(':');
    if (colon >= 0) {
      if (!isPort(name.substring(colon))) {
        return false;
      }
      name = name.substring(0, colon);
    }
    return name.equals("localhost") || name.endsWith(".localhost") || isLoopback(name);
  }

  private static boolean isPort(String text) {
    return text.isEmpty()
        || (text.startsWith(":") && text.chars().skip(1).allMatch(c -> c >= '0' && c <= '9'));
  }

  private static boolean isLoopback(String literal) {
    byte[] address = NetUtil.createByteArrayFromIpAddressString(literal);
    if (address == null) {
      return false;
    }
    if (address.length == 4) {
      return address[0] == 127;
    }
    for (int i = 0; i < 15; i++) {
      if (address[i] != 0) {
        return false;
      }
    }
    return address[15] == 1;
  }
}
