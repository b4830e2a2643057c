package io.upstream4j.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UpstreamCommandTest {
  private final Captured captured = new Captured();

  @Test
  void anUnknownCommandIsRefusedWithTheOneThatWasMeant() {
    assertThat(captured.run("srve")).isEqualTo(2);
    assertThat(captured.err().toString()).contains("srve").contains("upstream serve");
    assertThat(captured.out().toString()).isEmpty();
  }

  @Test
  void anUnknownOptionIsRefusedWithTheOneThatWasMeant() {
    assertThat(captured.run("demo", "--lisen", "127.0.0.1:0")).isEqualTo(2);
    assertThat(captured.err().toString()).contains("--lisen").contains("--listen");
  }

  @Test
  void aRequiredOptionUnderAWrongNameIsNamedToo() {
    assertThat(captured.run("serve", "--confg", "upstreams.yaml")).isEqualTo(2);
    assertThat(captured.err().toString())
        .contains("Missing required option: '--config=FILE'")
        .contains("'--confg'")
        .contains("Possible solutions: --config");
  }

  @Test
  void withoutACommandItSaysWhereHelpIs() {
    assertThat(captured.run()).isEqualTo(2);
    assertThat(captured.err().toString())
        .contains("Missing required subcommand")
        .contains("upstream --help");
  }

  @ParameterizedTest
  @ValueSource(strings = {"serve", "demo", "check", "plugins", "pick"})
  void eachCommandHasHelpAndVersion(String command) {
    assertThat(captured.run(command, "--help")).isZero();
    assertThat(captured.out().toString()).contains("Usage: upstream " + command);
    assertThat(captured.run(command, "--version")).isZero();
    assertThat(captured.out().toString()).contains("Java " + Runtime.version());
    assertThat(captured.err().toString()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "8080, HOST:PORT",
    "localhost, HOST:PORT",
    ":8080, HOST:PORT",
    "localhost:, HOST:PORT",
    "localhost:65536, port 0 to 65535",
    "::1:8080, [::1]:8080",
    "[localhost]:8080, HOST:PORT"
  })
  void aWrongAddressSaysWhatIsExpected(String address, String expected) {
    assertThat(captured.run("demo", "--listen", address)).isEqualTo(2);
    assertThat(captured.err().toString())
        .contains("'--listen'")
        .contains("\"" + address + "\" (expected: ")
        .contains(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"10", "0s", "-1s", "soon"})
  void aWrongTimeSaysWhatIsExpected(String time) {
    assertThat(captured.run("demo", "--for", time)).isEqualTo(2);
    assertThat(captured.err().toString())
        .contains("'--for'")
        .contains("(expected: 1ms to 365d, such as 500ms, 5s, 1m or 1h)");
  }

  @Test
  void aWrongFormatIsRefusedWithThoseThereAre() {
    assertThat(captured.run("plugins", "--format", "xml")).isEqualTo(2);
    assertThat(captured.err().toString())
        .contains("'--format'")
        .contains("\"xml\" (expected: table or json)");
  }

  @Test
  void aPluginFolderThatIsNotThereIsAnError(@TempDir Path folder) {
    Path missing = folder.resolve("missing");
    assertThat(captured.run("plugins", "--plugins", missing.toString())).isEqualTo(2);
    assertThat(captured.err().toString()).contains(missing + ": not a folder");
  }
}
