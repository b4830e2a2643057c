package io.upstream4j.discovery.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.api.option.ConfigException;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Options;
import io.upstream4j.testkit.FakePluginContext;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DnsOptionsTest {
  private static void create(Map<String, ?> options) {
    DnsProvider provider = new DnsProvider();
    provider.create(
        Options.of(provider.options(), Node.Mapping.of(options)), new FakePluginContext());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "api",
        "api.test.",
        "api.test:8080 5",
        "_http._tcp.test",
        "my_host.test",
        "10.0.0.1:80",
        "[2001:db8::1]:80 0",
        "API.Test 65535"
      })
  void anEntryIsANameWithPortAndWeight(String text) {
    assertThatCode(() -> create(Map.of("addrs", text))).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a b c",
        "api:0",
        "api:65536",
        "api:x",
        "api 65536",
        "api -1",
        "-api",
        "a..b",
        "1.2.3",
        "10.0.0.256",
        "ap!",
        "api/x",
        "[2001:db8::1",
        "2001:db8::1",
        "0.0.0.0:80",
        "[fe80::1]:80"
      })
  void whatIsNoEntryIsRefused(String text) {
    assertThatThrownBy(() -> create(Map.of("addrs", List.of(text))))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(text.isEmpty() ? "addrs[0]: nothing" : "addrs[0]: \"" + text + "\"");
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.53, 10.0.0.53:53",
    "10.0.0.53:5353, 10.0.0.53:5353",
    "2001:db8::53, [2001:db8:0:0:0:0:0:53]:53",
    "[2001:db8::53], [2001:db8:0:0:0:0:0:53]:53",
    "[2001:db8::53]:5353, [2001:db8:0:0:0:0:0:53]:5353"
  })
  void aNameServerIsAnAddressWithOrWithoutAPort(String text, String server) {
    assertThat(NameServer.readList(text)).extracting(NameServer::print).containsExactly(server);
  }

  @Test
  void severalNameServersAreAListOrHaveCommas() {
    assertThat(NameServer.readList("10.0.0.1, 10.0.0.2:54")).hasSize(2);
    create(Map.of("name", "api", "dns_server", List.of("10.0.0.1", "10.0.0.2")));
    assertThatThrownBy(() -> create(Map.of("name", "api", "dns_server", "ns.test")))
        .hasMessageContaining("dns_server: \"ns.test\" (expected: an IP address");
    assertThatThrownBy(() -> create(Map.of("name", "api", "dns_search", "a.test,,b.test")))
        .hasMessageContaining("dns_search");
  }

  @Test
  void optionsThatContradictEachOtherAreRefused() {
    assertThatThrownBy(() -> create(Map.of()))
        .hasMessage("neither addrs nor name is given (expected: one of them)");
    assertThatThrownBy(() -> create(Map.of("name", "a", "addrs", "b")))
        .hasMessage("both addrs and name are given (expected: one of them)");
    assertThatThrownBy(() -> create(Map.of("addrs", List.of())))
        .hasMessage("addrs: an empty list (expected: at least one name)");
    assertThatThrownBy(() -> create(Map.of("addrs", List.of("a", "A:80"))))
        .hasMessage("\"A:80\" is there twice (expected: each name and port once)");
    assertThatThrownBy(() -> create(Map.of("name", "_http._tcp.a:80")))
        .hasMessageStartingWith("\"_http._tcp.a:80\" has a port, but is looked up as SRV");
    assertThatThrownBy(() -> create(Map.of("name", "a 5", "record", "srv")))
        .hasMessageStartingWith("\"a\" has a weight, but is looked up as SRV");
    assertThatThrownBy(() -> create(Map.of("name", "10.0.0.1", "record", "srv")))
        .hasMessageContaining("is an address, but record is srv");
    assertThatThrownBy(() -> create(Map.of("name", "a", "record", "aaaa", "ipv4_only", true)))
        .hasMessageContaining("record is aaaa, but ipv4_only is true");
    assertThatThrownBy(() -> create(Map.of("addrs", "[2001:db8::1]", "ipv4_only", true)))
        .hasMessageContaining("is an IPv6 address, but ipv4_only is true");
    assertThatThrownBy(() -> create(Map.of("name", "a", "min_ttl", "10s", "max_ttl", "5s")))
        .hasMessageContaining("min_ttl is greater than max_ttl");
    assertThatThrownBy(
            () -> create(Map.of("name", "a", "min_ttl", "10s", "update_frequency", "5s")))
        .hasMessageContaining("update_frequency is less than min_ttl");
  }
}
