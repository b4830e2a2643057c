package io.upstream4j.api.spi;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RequestPortTest {
  private record HostOnly(@Nullable String hostHeader) implements RequestView {
    @Override
    public String method() {
      return "GET";
    }

    @Override
    public @Nullable String host() {
      return null;
    }

    @Override
    public String path() {
      return "/";
    }

    @Override
    public String query() {
      return "";
    }

    @Override
    public @Nullable String header(String name) {
      return name.equals("host") ? hostHeader : null;
    }

    @Override
    public @Nullable String cookie(String name) {
      return null;
    }

    @Override
    public @Nullable InetSocketAddress client() {
      return null;
    }
  }

  @ParameterizedTest
  @CsvSource({
    "a.example:8080, 8080",
    "a.example:00080, 80",
    "[2001:db8::1]:443, 443",
    "a:65535, 65535",
    "a:65536, 0",
    "a:99999999999, 0",
    "a:000000443, 0",
    "a.example, 0",
    "a.example:, 0",
    "'', 0",
    ", 0",
    "8080, 0",
    "10.0.0.1, 0",
    "[2001:db8::1], 0",
  })
  void thePortIsWhatStandsBehindTheHost(@Nullable String host, int port) {
    assertThat(new HostOnly(host).port()).isEqualTo(port);
  }
}
