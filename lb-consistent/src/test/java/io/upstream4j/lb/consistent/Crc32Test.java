package io.upstream4j.lb.consistent;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class Crc32Test {
  private static int jdk(String text) {
    java.util.zip.CRC32 crc = new java.util.zip.CRC32();
    crc.update(text.getBytes(UTF_8));
    return (int) crc.getValue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a",
        "123456789",
        "/some/path?with=query",
        "straße",
        "ключ",
        "日本語のキー",
        "12345678ü",
        "\ud83d\ude00",
        "abcdefgh\ud83d\ude00ijklmnop",
        "\ud83d",
        "x\ude00y",
        "abcdefg\ud83d"
      })
  void aTextHasTheChecksumOfItsUtf8Bytes(String text) {
    assertThat(Crc32.value(Crc32.update(Crc32.START, text))).isEqualTo(jdk(text));
  }

  @Test
  void anyPartOfAnyTextHasTheChecksumOfItsUtf8Bytes() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int[] limits = {0x80, 0x100, 0x1000, 0x10000};
    for (int i = 0; i < 5_000; i++) {
      int limit = limits[i % limits.length];
      StringBuilder text = new StringBuilder();
      for (int length = random.nextInt(60); length > 0; length--) {
        text.append((char) random.nextInt(random.nextInt(8) == 0 ? limit : 0x80));
      }
      int from = random.nextInt(text.length() + 1);
      int to = from + random.nextInt(text.length() - from + 1);
      assertThat(Crc32.value(Crc32.update(Crc32.START, text.toString(), from, to)))
          .as("seed %d, \"%s\" from %d to %d", seed, text, from, to)
          .isEqualTo(jdk(text.substring(from, to)));
    }
  }

  @Test
  void aTextOfOctetsHasTheChecksumOfItsCharacters() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 2_000; i++) {
      byte[] octets = new byte[random.nextInt(40)];
      random.nextBytes(octets);
      java.util.zip.CRC32 crc = new java.util.zip.CRC32();
      crc.update(octets);
      String text = "\u00e4" + new String(octets, ISO_8859_1) + "z";
      assertThat(Crc32.value(Crc32.updateOctets(Crc32.START, text, 1, text.length() - 1)))
          .as("seed %d, \"%s\"", seed, text)
          .isEqualTo((int) crc.getValue());
    }
    assertThat(Crc32.value(Crc32.updateOctets(Crc32.START, "a\u0141", 0, 2))).isEqualTo(jdk("a?"));
  }

  @Test
  void capitalLettersCountAsSmallOnesWhereAsked() {
    String text = "API.Example.COM-ÄZ";
    int lower = Crc32.value(Crc32.updateLowerCase(Crc32.START, text));
    assertThat(lower).isEqualTo(jdk("api.example.com-ÄZ"));
    assertThat(lower).isNotEqualTo(jdk(text.toUpperCase(Locale.ROOT)));
  }

  @Test
  void aNumberCountsAsFourBytesTheLowestFirst() {
    int number = 0x80ff_0102;
    int bytewise = Crc32.update(Crc32.START, 0x02);
    bytewise = Crc32.update(bytewise, 0x01);
    bytewise = Crc32.update(bytewise, 0xff);
    bytewise = Crc32.update(bytewise, 0x80);
    assertThat(Crc32.updateLittleEndian(Crc32.START, number)).isEqualTo(bytewise);
  }
}
