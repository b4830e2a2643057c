package io.upstream4j.api.spi;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AddressFilterTest {
  private static boolean permits(String address, String... allowed) {
    AddressFilter filter = new AddressFilter(Stream.of(allowed).map(Network::parse).toList());
    return filter.permits(
        Objects.requireNonNull(IpAddress.parse(address, 0, address.length()), address));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "128.0.0.0",
        "169.253.1.1",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.1.1",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2a00::1",
        "64:ff9b::808:808",
        "2002:808:808::1"
      })
  void publicAddressesPass(String address) {
    assertThat(permits(address)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "192.0.0.8",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.9",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::10.0.0.1",
        "fe80::1",
        "fec0::1",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "100::1",
        "2001:db8::1",
        "2001::1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2002:7f00:1::1",
        "2002:a9fe:a9fe::",
        "3fff::1",
        "4000::1"
      })
  void localPrivateAndReservedAddressesDoNot(String address) {
    assertThat(permits(address)).isFalse();
  }

  @Test
  void aNetworkThatIsAllowedPassesInEveryForm() {
    assertThat(permits("10.1.2.3", "10.1.0.0/16")).isTrue();
    assertThat(permits("::ffff:10.1.2.3", "10.1.0.0/16")).isTrue();
    assertThat(permits("64:ff9b::a01:203", "10.1.0.0/16")).isTrue();
    assertThat(permits("10.2.2.3", "10.1.0.0/16")).isFalse();
    assertThat(permits("fd00::1", "10.0.0.0/8", "fd00::/8")).isTrue();
    assertThat(permits("::1", "::/0")).isTrue();
  }

  @Test
  void filtersAreEqualWhenTheyAllowTheSame() {
    assertThat(new AddressFilter(List.of(Network.parse("10.0.0.0/8"))))
        .isEqualTo(new AddressFilter(List.of(Network.parse("10.0.0.0/8"))))
        .isNotEqualTo(new AddressFilter(List.of()));
  }
}
