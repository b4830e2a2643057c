package io.upstream4j.distribution.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class NettyRequestViewTest {
  private final InetSocketAddress client = new InetSocketAddress("127.0.0.1", 4711);
  private final NettyRequestView view = new NettyRequestView(client);

  private HttpRequest show(String uri) {
    HttpRequest request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, uri);
    view.show(request, "h", List.of());
    return request;
  }

  @Test
  void theTargetIsSplitAtTheFirstQuestionMark() {
    show("/a/b?c=d?e");
    assertThat(view.path()).isEqualTo("/a/b");
    assertThat(view.query()).isEqualTo("c=d?e");

    show("/a");
    assertThat(view.path()).isEqualTo("/a");
    assertThat(view.query()).isEmpty();

    show("*");
    assertThat(view.path()).isEqualTo("/");
    assertThat(view.target()).isEqualTo("/");

    show("/a?");
    assertThat(view.target()).isEqualTo("/a?");
    assertThat(view.query()).isEmpty();
  }

  @Test
  void headersAreFoundInAnyCaseAndByTheirPlace() {
    HttpRequest request = show("/");
    request.headers().add("X-User", "one").add("x-user", "two");

    assertThat(view.header("x-USER")).isEqualTo("one");
    assertThat(view.header("X-User", 1)).isEqualTo("two");
    assertThat(view.header("X-User", 2)).isNull();
    assertThat(view.header("absent")).isNull();
  }

  @Test
  void forwardedForIsSeenAsItWasReceived() {
    HttpRequest request = show("/");
    request.headers().set("X-Forwarded-For", "10.0.0.1, 127.0.0.1");
    assertThat(view.header("X-Forwarded-For")).isNull();

    view.show(request, "h", List.of("10.0.0.1", "10.0.0.2"));
    assertThat(view.header("x-forwarded-for")).isEqualTo("10.0.0.1");
    assertThat(view.header("X-Forwarded-For", 1)).isEqualTo("10.0.0.2");
    assertThat(view.header("X-Forwarded-For", 2)).isNull();
  }

  @Test
  void cookiesAreFoundByTheirWholeName() {
    HttpRequest request = show("/");
    request.headers().add("Cookie", "xsid=no; sid=\"a b\";theme=dark ; empty=");
    request.headers().add("Cookie", "other=1; sid=late");

    assertThat(view.cookie("sid")).isEqualTo("\"a b\"");
    assertThat(view.cookie("theme")).isEqualTo("dark ");
    assertThat(view.cookie("empty")).isEmpty();
    assertThat(view.cookie("other")).isEqualTo("1");
    assertThat(view.cookie("SID")).isEqualTo("\"a b\"");
    assertThat(view.cookie("si")).isNull();
    assertThat(view.cookie("id")).isNull();
  }

  @Test
  void theRestIsAsReceived() {
    show("/");
    assertThat(view.method()).isEqualTo("GET");
    assertThat(view.host()).isEqualTo("h");
    assertThat(view.client()).isEqualTo(client);
  }
}
