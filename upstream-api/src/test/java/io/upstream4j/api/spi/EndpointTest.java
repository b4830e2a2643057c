package io.upstream4j.api.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EndpointTest {
  @Test
  void aPortThatIsNotNamedIsTheDefault() {
    assertThat(Endpoint.parse("api.internal", 80)).isEqualTo(new Endpoint("api.internal", 80));
    assertThat(Endpoint.parse("10.0.0.1:8080", 80)).isEqualTo(new Endpoint("10.0.0.1", 8080));
    assertThat(Endpoint.parse("[2001:db8::1]", 443)).isEqualTo(new Endpoint("2001:db8::1", 443));
    assertThat(Endpoint.parse("[fe80::1%eth0]:1", 443)).isEqualTo(new Endpoint("fe80::1%eth0", 1));
  }

  @Test
  void anIpv6AddressIsPrintedInBrackets() {
    assertThat(new Endpoint("::1", 7777)).hasToString("[::1]:7777");
    assertThat(new Endpoint("localhost", 1)).hasToString("localhost:1");
  }

  @Test
  void whatIsNoEndpointIsRefused() {
    for (String text :
        List.of(
            "",
            ":80",
            "a:",
            "a:b",
            "a:0",
            "a:65536",
            "a:-1",
            "a:+1",
            "a:123456",
            "a:٣",
            "::1",
            "a:80:90",
            "[::1",
            "[::1]:",
            "[::1]80",
            "[::1]]:80",
            "[a]:80",
            "[]:80",
            "a b:80",
            "a\n:80",
            "http://a",
            "a/b:80",
            "user@a:80",
            "a,b",
            "a?b")) {
      assertThatThrownBy(() -> Endpoint.parse(text, 80))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("(expected: ");
    }
  }

  @Test
  void portsHaveBounds() {
    assertThatThrownBy(() -> new Endpoint("a", 0)).hasMessage("port: 0 (expected: 1 to 65535)");
    assertThatThrownBy(() -> new Endpoint("a", 65_536))
        .hasMessage("port: 65536 (expected: 1 to 65535)");
    assertThatThrownBy(() -> new Endpoint("[::1]", 80))
        .hasMessage("host: \"[::1]\" (expected: a host name or an IP address, without brackets)");
  }

  @Test
  void hostsHaveABound() {
    assertThat(new Endpoint("h".repeat(255), 80).host()).hasSize(255);
    assertThatThrownBy(() -> new Endpoint("h".repeat(256), 80))
        .hasMessage("host: 256 characters (expected: at most 255)");
  }

  @Test
  void whateverIsPrintedIsReadAgain() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    String letters = "abcz019.-_:%éß";
    for (int i = 0; i < 50_000; i++) {
      StringBuilder host = new StringBuilder();
      for (int length = 1 + random.nextInt(20); length > 0; length--) {
        host.append(letters.charAt(random.nextInt(letters.length())));
      }
      Endpoint endpoint = new Endpoint(host.toString(), 1 + random.nextInt(65_535));
      assertThat(Endpoint.parse(endpoint.toString(), 1 + random.nextInt(65_535)))
          .as("seed %d", seed)
          .isEqualTo(endpoint);
    }
  }

  @Test
  void whateverIsWrittenIsReadOrRefused() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    String letters = "ab1:[]. %/-\u0000é";
    for (int i = 0; i < 50_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int length = random.nextInt(8); length > 0; length--) {
        text.append(letters.charAt(random.nextInt(letters.length())));
      }
      try {
        Endpoint endpoint = Endpoint.parse(text.toString(), 80);
        assertThat(Endpoint.parse(endpoint.toString(), 81))
            .as("seed %d: %s", seed, text)
            .isEqualTo(endpoint);
      } catch (IllegalArgumentException e) {
        assertThat(e).as("seed %d: %s", seed, text).hasMessageContaining("(expected: ");
      }
    }
  }

  @Test
  void aSocketHasAPathAndNoPort() {
    Endpoint socket = Endpoint.unix("/run/app.sock");
    assertThat(socket).hasToString("unix:/run/app.sock");
    assertThat(socket.socketPath()).contains("/run/app.sock");
    assertThat(new Endpoint("unix", 80).socketPath()).isEmpty();
    assertThatThrownBy(() -> new Endpoint("unix:/run/app.sock", 80))
        .hasMessage("port: 80 (expected: 0, as a socket has none)");
    assertThatThrownBy(() -> Endpoint.unix("/" + "a".repeat(107)))
        .hasMessageContaining("of at most 107 bytes");
    assertThatThrownBy(() -> Endpoint.unix("/run/a b")).hasMessageContaining("without white space");
  }
}
