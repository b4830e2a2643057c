package io.upstream4j.discovery.docker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StopSignalTest {
  @ParameterizedTest
  @CsvSource({
    "28, 28",
    "SIGWINCH, 28",
    "winch, 28",
    "SIGUSR1, 10",
    "SigTerm, 15",
    "HUP, 1",
    "SYS, 31",
    "SIGRTMIN, 34",
    "SIGRTMIN+3, 37",
    "RTMAX-1, 63",
    "'', 0",
    "SIG, 0",
    "SIGNONE, 0",
    "-15, 0",
    "999, 0",
  })
  void signalsAreReadAsEnginesAndImagesWriteThem(String text, int number) {
    assertThat(StopSignal.number(text)).isEqualTo(number);
  }
}
