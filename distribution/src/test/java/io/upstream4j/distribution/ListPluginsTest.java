package io.upstream4j.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListPluginsTest {
  private final Captured captured = new Captured();

  @Test
  void eachIsListedUnderTheKeyOfTheConfiguration() {
    assertThat(captured.run("plugins")).isZero();
    assertThat(captured.out().toString())
        .containsPattern("\nalgo +round_robin ")
        .containsPattern("\ndiscovery +static +addrs")
        .containsPattern("\nhealth_check +http +")
        .containsPattern("\nhealth_check +tcp +");
    assertThat(captured.err().toString()).isEmpty();
  }

  @Test
  void optionsAreListedWithDefaultsAndHelp() {
    assertThat(captured.run("plugins", "--options")).isZero();
    assertThat(captured.out().toString())
        .containsPattern("\ndiscovery static\n +OPTION +DEFAULT +VALUES +MEANING\n")
        .containsPattern("\n +addrs +\\(required\\) +a list of");
  }

  @Test
  void jsonHasEverything() throws Exception {
    assertThat(captured.run("plugins", "--format", "json")).isZero();
    JsonNode json = new ObjectMapper().readTree(captured.out().toString());
    assertThat(json.get("problems")).isEmpty();
    assertThat(json.get("plugins"))
        .anySatisfy(
            plugin -> {
              assertThat(plugin.get("key").textValue()).isEqualTo("discovery");
              assertThat(plugin.get("type").textValue()).isEqualTo("static");
              assertThat(plugin.at("/options/0/name").textValue()).isEqualTo("addrs");
              assertThat(plugin.at("/options/0/required").booleanValue()).isTrue();
            });
  }

  @Test
  void aJarThatCannotBeLoadedIsNamedAndTheOthersAreListed(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("broken.jar"), "not a jar");
    assertThat(captured.run("plugins", "--plugins", folder.toString())).isEqualTo(1);
    assertThat(captured.err().toString()).contains("broken.jar");
    assertThat(captured.out().toString()).containsPattern("\nalgo +round_robin ");
  }
}
