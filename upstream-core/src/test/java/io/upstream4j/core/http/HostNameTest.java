package io.upstream4j.core.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostNameTest {
  @ParameterizedTest
  @CsvSource({
    "example.com, example.com",
    "Example.COM:8080, example.com",
    "example.com:, example.com",
    "10.0.0.1:80, 10.0.0.1",
    "[::1], ::1",
    "[2001:DB8::1]:443, 2001:db8::1",
    "under_score-1.test, under_score-1.test",
    "api.example.com., api.example.com",
    "API.example.com.:8080, api.example.com",
    "localhost., localhost",
    ".example.com, .example.com",
  })
  void aHostLosesItsPortAndItsBrackets(String text, String host) {
    assertThat(HostName.of(text)).isEqualTo(host);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":80",
        "a b",
        "a,b",
        "user@host",
        "a/b",
        "host:8o",
        "host:65536",
        "host:123456",
        "[::1",
        "[]",
        "[::1]x",
        "::1",
        "a:b:c",
        "häuser",
        "a\tb",
        "[zz::]",
        "host#x",
        "host?x",
        "a%41",
        ".",
        ".:80",
        "..",
        "a..",
        "a..b",
        "[::1]."
      })
  void whatIsNoHostIsNone(String text) {
    assertThat(HostName.of(text)).isNull();
  }
}
