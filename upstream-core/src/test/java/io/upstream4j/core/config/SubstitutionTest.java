package io.upstream4j.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Problems;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SubstitutionTest {
  private final Map<String, String> environment =
      Map.of("HOST", "10.0.0.1", "port_2", "8080", "ODD", "${HOST} $x");
  private final Substitution substitution = new Substitution(environment::get);
  @TempDir private Path folder;

  @Test
  void variablesOfTheEnvironmentArePutIn() {
    assertThat(substitution.apply("${HOST}:${port_2} 5")).isEqualTo("10.0.0.1:8080 5");
    assertThat(substitution.apply("$host, $, } and {")).isEqualTo("$host, $, } and {");
  }

  @Test
  void whatIsPutInIsNotLookedAtAgain() {
    assertThat(substitution.apply("<${ODD}>")).isEqualTo("<${HOST} $x>");
  }

  @Test
  void twoDollarSignsMeanTheCharactersThemselves() {
    assertThat(substitution.apply("$${HOST}")).isEqualTo("${HOST}");
    assertThat(substitution.apply("${HOST}$${${port_2}")).isEqualTo("10.0.0.1${8080");
  }

  @Test
  void aFileIsPutInWithoutTheLineBreakAtItsEnd() throws IOException {
    Path secret = Files.writeString(folder.resolve("secret"), "s3cr}t\n\n");
    assertThat(substitution.apply("<${file:" + secret + "}>")).isEqualTo("<s3cr}t\n>");
    Files.writeString(secret, "none\r\n");
    assertThat(substitution.apply("${file:" + secret + "}")).isEqualTo("none");
    Files.writeString(secret, "");
    assertThat(substitution.apply("${file:" + secret + "}")).isEmpty();
  }

  @Test
  void whatIsNotThereIsNamed() throws IOException {
    refused("${HSOT}", "${HSOT}: not set in the environment");
    refused("a ${HOST", "${ without a } behind it");
    refused("${a b}", "${a b} (expected: ${NAME} of the environment");
    refused("${}", "${} (expected: ");
    refused("${file:secret}", "${file:secret}: a relative path");
    refused("${file:" + folder + "}", "not a file");
    refused("${file:" + folder + "/none}", "/none}: no such file");
    Path big = Files.write(folder.resolve("big"), new byte[70_000]);
    refused("${file:" + big + "}", "70000 bytes (expected: at most 65536)");
    Path bytes = Files.write(folder.resolve("bytes"), new byte[] {(byte) 0xff});
    refused("${file:" + bytes + "}", "not UTF-8");
  }

  private void refused(String text, String message) {
    assertThatThrownBy(() -> substitution.apply(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aValueOfTheFileIsSubstitutedAndAMistakeHasItsPlace() throws IOException {
    Path secret = Files.writeString(folder.resolve("secret"), "blue\n");
    Problems problems = new Problems();

    Node node =
        YamlReader.read(
            "u.yaml",
            "team: ${file:" + secret + "}\n" + "other: [\"${NO_SUCH_VARIABLE_HERE}\"]\n",
            problems);

    assertThat(((Node.Mapping) node).find("team"))
        .map(Object::toString)
        .hasValueSatisfying(team -> assertThat(team).contains("blue"));
    assertThat(problems.size()).isEqualTo(1);
    assertThatThrownBy(problems::throwIfAny)
        .hasMessageContaining(
            "u.yaml:2:9: other[0]: ${NO_SUCH_VARIABLE_HERE}: not set in the environment");
  }
}
