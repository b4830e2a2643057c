package io.upstream4j.api.option;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VisibleTextTest {
  @ParameterizedTest
  @ValueSource(
      ints = {
        0, 7, '\n', 0x1b, 0x7f, 0x80, 0x85, 0x9b, 0x9f, 0xad, 0x200b, 0x2028, 0x2029, 0x202e,
        0x2066, 0xd800, 0xdfff, 0xfeff, 0xfffe, 0xffff, 0x1ffff, 0xe0041
      })
  void whatSteersATerminalOrHidesIsNotVisible(int codePoint) {
    assertThat(VisibleText.isVisible(codePoint)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {' ', 'a', '~', 0xa0, 0xe4, 0x4e2d, 0x1f511})
  void lettersAndSignsOfAllScriptsAreVisible(int codePoint) {
    assertThat(VisibleText.isVisible(codePoint)).isTrue();
  }

  @Test
  void whatIsNotVisibleIsEscaped() {
    assertThat(VisibleText.escaped("größe 🔑")).isEqualTo("größe 🔑");
    assertThat(VisibleText.escaped("a\nb\u001b[2J\u009b2J\u2028\u202e\u007f\ud83d"))
        .isEqualTo("a\\nb\\u001b[2J\\u009b2J\\u2028\\u202e\\u007f\\ud83d");
    assertThat(VisibleText.escaped("\udb40\udc41")).isEqualTo("\\udb40\\udc41");
  }

  @Test
  void ofALongTextTheBeginningAndTheEndStay() {
    assertThat(VisibleText.shortened("0123456789", 10)).isEqualTo("0123456789");
    assertThat(VisibleText.shortened("0123456789x", 10)).isEqualTo("01234 … 6789x");
  }

  @Test
  void aProblemIsOneLineThatSteersNothing() {
    Problem problem = new Problem(new Location("f", 1, 1), "a\u009b", "b\u2028c\nd\u202e");

    assertThat(problem).hasToString("f:1:1: a\\u009b: b\\u2028c\\nd\\u202e");
  }
}
