package io.upstream4j.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ListenAddressTest {
  @ParameterizedTest
  @CsvSource({
    "0.0.0.0:8080, 0.0.0.0, 8080, 127.0.0.1:8080",
    "localhost:0, localhost, 0, localhost:0",
    "[::]:65535, ::, 65535, [::1]:65535",
    "[::1]:1, ::1, 1, [::1]:1"
  })
  void anAddressIsReadPrintedAndMadeReachable(String text, String host, int port, String local) {
    ListenAddress address = ListenAddress.parse(text);
    assertThat(address.host()).isEqualTo(host);
    assertThat(address.port()).isEqualTo(port);
    assertThat(address).hasToString(text);
    assertThat(address.local()).hasToString(local);
  }
}
