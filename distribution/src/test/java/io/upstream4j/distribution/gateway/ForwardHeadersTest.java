package io.upstream4j.distribution.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class ForwardHeadersTest {
  private final ForwardHeaders headers =
      ForwardHeaders.http1(new Client(new InetSocketAddress("192.0.2.7", 4_000), false));

  private static HttpRequest request(String method, String uri, String... namesAndValues) {
    HttpRequest request =
        new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.valueOf(method), uri);
    for (int i = 0; i < namesAndValues.length; i += 2) {
      request.headers().add(namesAndValues[i], namesAndValues[i + 1]);
    }
    return request;
  }

  private HttpRequest forwarded(String... namesAndValues) {
    HttpRequest request = request("GET", "/", namesAndValues);
    assertThat(headers.read(request)).isNull();
    headers.toBackend(request);
    return request;
  }

  @Test
  void theBackendLearnsWhoAskedAndFor() {
    HttpRequest request = forwarded("Host", "Shop.example:8080");

    assertThat(request.headers().get("Host")).isEqualTo("Shop.example:8080");
    assertThat(request.headers().get("X-Forwarded-For")).isEqualTo("192.0.2.7");
    assertThat(request.headers().get("X-Forwarded-Proto")).isEqualTo("http");
    assertThat(request.headers().get("X-Forwarded-Host")).isEqualTo("Shop.example:8080");
    assertThat(request.headers().get("Via")).isEqualTo("1.1 upstream4j");
    assertThat(headers.host()).isEqualTo("shop.example");
  }

  @Test
  void forwardedForGrowsAndTheOthersAreReplaced() {
    HttpRequest request =
        forwarded(
            "Host", "h",
            "X-Forwarded-For", "10.0.0.1",
            "X-Forwarded-For", "10.0.0.2, 10.0.0.3",
            "X-Forwarded-Proto", "https",
            "X-Forwarded-Host", "forged",
            "Via", "1.0 fred");

    assertThat(request.headers().getAll("X-Forwarded-For"))
        .containsExactly("10.0.0.1, 10.0.0.2, 10.0.0.3, 192.0.2.7");
    assertThat(request.headers().getAll("X-Forwarded-Proto")).containsExactly("http");
    assertThat(request.headers().getAll("X-Forwarded-Host")).containsExactly("h");
    assertThat(request.headers().getAll("Via")).containsExactly("1.0 fred", "1.1 upstream4j");
  }

  @Test
  void anotherProtocolIsAskedForUnlessItIsHttp() {
    assertThat(
            forwarded("Host", "h", "Connection", "Upgrade", "Upgrade", "websocket")
                .headers()
                .entries())
        .extracting(Object::toString)
        .contains("upgrade=websocket", "connection=upgrade");
    for (String http : List.of("h2c", "websocket, h2c", "HTTP/2.0", "TLS/1.0")) {
      assertThat(forwarded("Host", "h", "Connection", "Upgrade", "Upgrade", http).headers().names())
          .doesNotContain("upgrade", "connection");
    }
    assertThat(forwarded("Host", "h", "Upgrade", "websocket").headers().names())
        .as("without Connection")
        .doesNotContain("upgrade");
  }

  @Test
  void headersForOneHopGoNoFurther() {
    HttpRequest request =
        forwarded(
            "Host", "h",
            "Connection", "Keep-Alive, X-Secret",
            "connection", "upgrade",
            "X-Secret", "1",
            "Keep-Alive", "timeout=5",
            "Proxy-Connection", "keep-alive",
            "Proxy-Authorization", "Basic eA==",
            "Upgrade", "h2c",
            "TE", "gzip",
            "X-Kept", "yes");

    assertThat(request.headers().names())
        .containsExactlyInAnyOrder(
            "Host", "X-Kept", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "via");
  }

  @Test
  void onlyTheWishForTrailersIsPassedOnOfTe() {
    HttpRequest request = forwarded("Host", "h", "TE", "gzip, trailers");

    assertThat(request.headers().getAll("TE")).containsExactly("trailers");
    assertThat(request.headers().getAll("Connection")).containsExactly("te");
  }

  @Test
  void nobodyMayHaveTheFramingDropped() {
    for (String name : new String[] {"Content-Length", "transfer-encoding", "HOST"}) {
      assertThat(headers.read(request("GET", "/", "Host", "h", "Connection", "close, " + name)))
          .isNotNull();
    }
  }

  @Test
  void keepAliveFollowsVersionAndConnection() {
    forwarded("Host", "h");
    assertThat(headers.isKeepAlive()).isTrue();
    forwarded("Host", "h", "Connection", "Close");
    assertThat(headers.isKeepAlive()).isFalse();
    forwarded("Host", "h", "Connection", "foo, close");
    assertThat(headers.isKeepAlive()).isFalse();

    HttpRequest old = request("GET", "/").setProtocolVersion(HttpVersion.HTTP_1_0);
    assertThat(headers.read(old)).isNull();
    assertThat(headers.isKeepAlive()).isFalse();
    old.headers().set("Connection", "keep-alive");
    assertThat(headers.read(old)).isNull();
    assertThat(headers.isKeepAlive()).isTrue();
  }

  @Test
  void anAbsoluteTargetNamesTheHost() {
    HttpRequest request = request("GET", "http://Shop.example:81?q=1", "Host", "other");
    assertThat(headers.read(request)).isNull();
    assertThat(request.uri()).isEqualTo("/?q=1");
    assertThat(request.headers().getAll("Host")).containsExactly("Shop.example:81");
    assertThat(headers.host()).isEqualTo("shop.example");

    HttpRequest options = request("OPTIONS", "http://h", "Host", "h");
    assertThat(headers.read(options)).isNull();
    assertThat(options.uri()).isEqualTo("*");
  }

  @Test
  void anOldClientWithoutAHostForgesNone() {
    HttpRequest request =
        request("GET", "/", "X-Forwarded-Host", "forged").setProtocolVersion(HttpVersion.HTTP_1_0);
    assertThat(headers.read(request)).isNull();
    headers.toBackend(request);

    assertThat(request.headers().contains("X-Forwarded-Host")).isFalse();
    assertThat(request.headers().get("Via")).isEqualTo("1.0 upstream4j");
    assertThat(request.protocolVersion()).isEqualTo(HttpVersion.HTTP_1_1);
  }

  @Test
  void aResponseLosesItsHopHeadersToo() {
    HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
    response
        .headers()
        .add("Connection", "X-Internal, Content-Length")
        .add("X-Internal", "1")
        .add("Keep-Alive", "timeout=5")
        .add("Proxy-Authenticate", "Basic")
        .add("Upgrade", "h2c")
        .add("Content-Length", "3")
        .add("Via", "1.1 inner")
        .add("Server", "s");
    headers.toClient(response, null);

    assertThat(response.headers().names())
        .containsExactlyInAnyOrder("Content-Length", "Via", "via", "Server");
    assertThat(response.headers().getAll("Via")).containsExactly("1.1 inner", "1.1 upstream4j");
    assertThat(headers.responseHasLength()).isTrue();
  }
}
