package io.upstream4j.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class GatewayLimitsTest {
  private static final String UPSTREAMS = "upstreams: { api: { addrs: ['10.0.0.1:8080'] } }\n";

  private static GatewayLimits limits(String gateway) {
    return ConfigLoaderTest.load(UPSTREAMS + gateway).gateway().limits();
  }

  private static List<String> problems(String gateway) {
    return ConfigLoaderTest.problems(UPSTREAMS + gateway);
  }

  @Test
  void withoutASectionTheDefaultsHold() {
    assertThat(limits("")).isEqualTo(GatewayLimits.DEFAULT);
    assertThat(limits("gateway: {}\n")).isEqualTo(GatewayLimits.DEFAULT);
    assertThat(limits("gateway: { limits: {} }\n")).isEqualTo(GatewayLimits.DEFAULT);
  }

  @Test
  void allAreRead() {
    GatewayLimits limits =
        limits(
            """
            gateway:
              limits:
                memory: 1GiB
                connections: 20000
                header_fields: 100
                header_size: 32KiB
                request_line_size: 8KiB
                h2_streams: 250
                h2_stream_window: 1MiB
            """);

    assertThat(limits.memoryBytes()).hasValue(1L << 30);
    assertThat(limits.connections()).hasValue(20_000);
    assertThat(limits.headerFields()).isEqualTo(100);
    assertThat(limits.headerBytes()).isEqualTo(32 << 10);
    assertThat(limits.requestLineBytes()).isEqualTo(8 << 10);
    assertThat(limits.http2Streams()).isEqualTo(250);
    assertThat(limits.http2WindowBytes()).isEqualTo(1 << 20);
  }

  @Test
  void mistakesAreToldWithTheirPlaces() {
    assertThat(problems("gateway: 5\n"))
        .singleElement()
        .asString()
        .startsWith("u.yaml:2:10: gateway: ")
        .endsWith(
            "(expected: a mapping with limits, escaped_slashes, above_root or forwarded_path)");
    assertThat(problems("gateway: { limit: {} }\n"))
        .singleElement()
        .asString()
        .contains("gateway.limit: unknown option; did you mean \"limits\"?");
    assertThat(problems("gateway: { limits: { memory: 64k, header_fields: 0 } }\n"))
        .hasSize(2)
        .anySatisfy(text -> assertThat(text).contains("gateway.limits.memory: \"64k\" (expected: "))
        .anySatisfy(text -> assertThat(text).contains(":50: gateway.limits.header_fields: \"0\""));
    assertThat(problems("gateway: { limits: { header_size: 8KiB } }\n"))
        .containsExactly(
            "u.yaml:2:22: gateway.limits.header_size: header_size is less than request_line_size:"
                + " 8192 and 16384 bytes (expected: at least as much, since it includes the request"
                + " line)");
  }
}
