package io.upstream4j.api.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class IpAddressTest {
  private static @Nullable IpAddress parse(String text) {
    return IpAddress.parse(text, 0, text.length());
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.1, 10.0.0.1",
    "255.255.255.255, 255.255.255.255",
    "0.0.0.0, 0.0.0.0",
    "::, ::",
    "::1, ::1",
    "1::, 1::",
    "2001:DB8:0:0:0:0:0:1, 2001:db8::1",
    "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
    "2001:0:0:1:0:0:0:1, 2001:0:0:1::1",
    "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
    "1:2:3:4:5:6:7::, 1:2:3:4:5:6:7:0",
    "::2:3:4:5:6:7:8, 0:2:3:4:5:6:7:8",
    "::ffff:10.0.0.1, 10.0.0.1",
    "64:ff9b::192.0.2.1, 64:ff9b::c000:201",
    "1:2:3:4:5:6:1.2.3.4, 1:2:3:4:5:6:102:304",
  })
  void anAddressIsPrintedInItsCanonicalForm(String text, String canonical) {
    assertThat(parse(text)).hasToString(canonical);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "01.2.3.4",
        "1.2.3.4 ",
        "a.b.c.d",
        "1..2.3",
        ":",
        ":::",
        "1:",
        ":1",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1::2::3",
        "12345::",
        "1:2:3:4:5:6:7:8::",
        "::1.2.3",
        "1:2:3:4:5:6:7:1.2.3.4",
        "fe80::1%eth0",
        "[::1]",
        "g::",
        "::\uff11",
        "::1:"
      })
  void whatIsNoAddressIsNull(String text) {
    assertThat(parse(text)).isNull();
  }

  @Test
  void anyAddressIsReadAndPrintedAsTheJdkReadsIt() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 2_000; i++) {
      byte[] bytes = new byte[i % 4 == 0 ? 4 : 16];
      random.nextBytes(bytes);
      for (int zero = random.nextInt(bytes.length); zero > 0; zero--) {
        bytes[random.nextInt(bytes.length)] = 0;
      }
      InetAddress jdk = InetAddress.getByAddress(bytes);
      IpAddress address = IpAddress.of(jdk);
      assertThat(parse(jdk.getHostAddress())).as("seed %d", seed).isEqualTo(address);
      assertThat(parse(address.toString())).as("seed %d", seed).isEqualTo(address);
      assertThat(InetAddress.getByName(address.toString())).as("seed %d", seed).isEqualTo(jdk);
    }
  }

  @Test
  void onlyThePartThatIsAskedForIsRead() {
    assertThat(IpAddress.parse("for=10.0.0.1;", 4, 12)).hasToString("10.0.0.1");
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.255.0.1, 11.0.0.0",
    "10.1.2.3, 10.1.2.3, 10.1.2.4",
    "0.0.0.0/0, 255.1.2.3, ::1",
    "fd00::/8, fdff::1, fe00::1",
    "2001:db8::/64, 2001:db8::ffff:1:2:3, 2001:db8:0:1::",
    "2001:db8::8/125, 2001:db8::f, 2001:db8::10",
    "::/0, 1.2.3.4, ",
  })
  void aNetworkContainsWhatSharesItsPrefix(
      String network, String inside, @Nullable String outside) {
    assertThat(Network.parse(network).contains(address(inside))).isTrue();
    if (outside != null) {
      assertThat(Network.parse(network).contains(address(outside))).isFalse();
    }
  }

  private static IpAddress address(String text) {
    IpAddress address = parse(text);
    if (address == null) {
      throw new IllegalArgumentException(text);
    }
    return address;
  }

  @ParameterizedTest
  @CsvSource({"10.0.0.0/8, 10.0.0.0/8", "10.1.2.3, 10.1.2.3/32", "::/0, ::/0", "::1, ::1/128"})
  void aNetworkIsPrintedAsItIsConfigured(String text, String printed) {
    assertThat(Network.parse(text)).hasToString(printed);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "::/129", "host/8"})
  void whatIsNoNetworkIsAnError(String text) {
    assertThatThrownBy(() -> Network.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(expected: ");
  }

  @Test
  void bitsBeyondThePrefixAreAnErrorThatShowsTheNetwork() {
    assertThatThrownBy(() -> Network.parse("10.1.2.3/8"))
        .hasMessage("has bits beyond its prefix (expected: 10.0.0.0/8)");
  }
}
