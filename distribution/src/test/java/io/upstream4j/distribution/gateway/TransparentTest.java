package io.upstream4j.distribution.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests a gateway that forwards to the requested host, over real sockets. */
@Timeout(60)
class TransparentTest {
  private static TestGateway gateway(int port, String options) throws InterruptedException {
    return TestGateway.of(
        """
        upstreams:
          any:
            algo: { transparent: { ports: [%d], %s } }
        """
            .formatted(port, options));
  }

  private static RawClient.Response get(TestGateway gateway, String host) throws Exception {
    try (RawClient client = gateway.connect()) {
      client.send("GET /path HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
      return client.receive();
    }
  }

  @Test
  void aRequestGoesToTheHostThatItNames() throws Exception {
    try (TestBackend backend = new TestBackend(call -> call.answer("here"));
        TestGateway gateway =
            gateway(
                backend.port(), "allow: localhost, allow_networks: [\"127.0.0.0/8\", \"::1\"]")) {
      RawClient.Response response = get(gateway, "localhost:" + backend.port());
      assertThat(response.status()).isEqualTo(200);
      assertThat(response.body()).isEqualTo("here");
      assertThat(backend.nextHead().header("host")).isEqualTo("localhost:" + backend.port());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "127.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]"})
  void noHostLeadsToThisMachineUnlessItsNetworkIsAllowed(String host) throws Exception {
    try (TestBackend backend =
            new TestBackend(
                call -> {
                  throw new AssertionError("was reached as " + host);
                });
        TestGateway gateway = gateway(backend.port(), "allow: \"*\"")) {
      RawClient.Response response = get(gateway, host + ":" + backend.port());
      assertThat(response.status()).isEqualTo(403);
      assertThat(response.body()).contains("the host's address is not allowed");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"other.test", "localhost.evil.test"})
  void aHostThatIsNotAllowedIsRefused(String host) throws Exception {
    try (TestGateway gateway = gateway(80, "allow: [localhost, \"*.example.com\"]")) {
      RawClient.Response response = get(gateway, host);
      assertThat(response.status()).isEqualTo(503);
      // The reason is only in the access log, because clients need not know which hosts are
      // allowed.
      assertThat(response.body()).isEqualTo("no backend takes this request\n");
    }
  }

  @Test
  void aPortThatIsNotAllowedIsRefused() throws Exception {
    try (TestGateway gateway = gateway(80, "allow: localhost")) {
      RawClient.Response response = get(gateway, "localhost:22");
      assertThat(response.status()).isEqualTo(503);
      assertThat(response.body()).isEqualTo("no backend takes this request\n");
    }
  }
}
