package io.upstream4j.distribution.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests clear-text HTTP/2 clients: curl and h2load. */
class Http2ClientTest {
  @Test
  void aRequestAndItsBodyReachABackendThatSpeaksHttp11() throws Exception {
    try (TestBackend backend =
            new TestBackend(call -> call.answer(new String(call.body(), ISO_8859_1)));
        TestGateway gateway = TestGateway.before(backend)) {
      String answer = curl(gateway, "/echo?a=b", "-d", "hello");
      assertThat(answer).startsWith("HTTP/2 200").endsWith("hello");
      TestBackend.Head head = backend.nextHead();
      assertThat(head.line()).isEqualTo("POST /echo?a=b HTTP/1.1");
      assertThat(head.header("x-forwarded-for")).isEqualTo("127.0.0.1");
    }
  }

  @Test
  void anAnswerToHeadHasNoBody() throws Exception {
    try (TestBackend backend = TestBackend.answering("hello");
        TestGateway gateway = TestGateway.before(backend)) {
      assertThat(curl(gateway, "/", "-I")).startsWith("HTTP/2 200");
    }
  }

  @Test
  void connectionHeadersAreRefused() throws Exception {
    try (TestBackend backend = TestBackend.answering("hello");
        TestGateway gateway = TestGateway.before(backend)) {
      String url = "http://127.0.0.1:" + gateway.address.getPort() + "/";
      assertThat(run("nghttp", "-H", "te: trailers", url)).contains("hello");
      for (String header :
          List.of("te: gzip", "connection: x", "transfer-encoding: chunked", "upgrade: x")) {
        assertThat(run("nghttp", "-H", header, url)).as(header).doesNotContain("hello");
      }
    }
  }

  @Test
  void aContentLengthThatIsNotTheBodysIsRefused() throws Exception {
    try (TestBackend backend = new TestBackend(call -> call.answer("" + call.body().length));
        TestGateway gateway = TestGateway.before(backend)) {
      assertThat(curl(gateway, "/", "-d", "hello", "-H", "Content-Length: 3"))
          .doesNotContain("HTTP/2 200");
    }
  }

  @Test
  void aHundredStreamsAtOnceHaveNoErrors() throws Exception {
    try (TestBackend backend = TestBackend.answering("hello");
        TestGateway gateway = TestGateway.before(backend)) {
      String report =
          run(
              "h2load",
              "-n",
              "5000",
              "-c",
              "2",
              "-m",
              "100",
              "http://127.0.0.1:" + gateway.address.getPort() + "/");
      assertThat(report).contains("5000 succeeded, 0 failed, 0 errored", "5000 2xx");
      assertThat(gateway.inFlight()).isZero();
    }
  }

  private static String curl(TestGateway gateway, String path, String... options)
      throws IOException, InterruptedException {
    return Tool.curlHttp2(gateway, path, options).text();
  }

  private static String run(String... command) throws IOException, InterruptedException {
    return Tool.run(command).text();
  }
}
