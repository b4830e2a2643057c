package io.upstream4j.discovery.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.testkit.FakePluginContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DockerProviderTest {
  private static DockerDiscovery create(Map<String, ?> options, Map<String, String> environment) {
    DockerProvider provider = new DockerProvider(environment);
    return (DockerDiscovery)
        provider.create(
            Options.of(provider.options(), Node.Mapping.of(options)), new FakePluginContext());
  }

  private static DockerDiscovery create(Map<String, ?> options) {
    return create(options, Map.of());
  }

  @Test
  void aLabelMayHaveAValueAPortAndAWeight() {
    List<Entry> entries =
        create(Map.of("addrs", List.of("app", "app=web:8080 5", "com.example/role=a=b"))).entries();
    assertThat(entries).extracting(Entry::key).containsExactly("app", "app", "com.example/role");
    assertThat(entries).extracting(Entry::value).containsExactly(null, "web", "a=b");
    assertThat(entries.get(1).port()).hasValue(8080);
    assertThat(entries.get(1).weight()).hasValue(5);
    assertThat(entries.get(0).matches(Map.of("app", "anything"))).isTrue();
    assertThat(entries.get(1).matches(Map.of("app", "anything"))).isFalse();
    assertThat(entries.get(1).matches(Map.of("app", "web"))).isTrue();
  }

  @Test
  void withoutLabelsContainersSayWhichUpstreamTheyBelongTo() {
    Entry entry = create(Map.of()).entries().get(0);
    String upstream = new FakePluginContext().upstream();
    assertThat(entry.matches(Map.of("upstream4j.name", upstream))).isTrue();
    assertThat(entry.matches(Map.of("upstream4j.name", "another"))).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "addrs | app:0 | has the port 0",
        "addrs | app=web:99999 | has the port 99999",
        "addrs | =web | (expected: a label",
        "addrs | app web | has \"web\" behind the server (expected: a weight, 0 to 65535",
        "docker_host | npipe:////./pipe/docker | (expected: unix:///path/to/docker.sock or",
        "docker_host | tcp://engine | (expected: unix:///path",
        "docker_host | tcp://engine:70000 | (expected: unix:///path",
        "docker_host | /var/run/docker.sock | (expected: unix:///path",
        "address | both | (expected: container, published)",
        "update_frequency | 10ms | (expected: "
      })
  void aWrongOptionIsAnError(String option, String value, String message) {
    Object given = option.equals("addrs") ? List.of(value) : value;
    assertThatThrownBy(() -> create(Map.of(option, given)))
        .hasMessageContaining(option)
        .hasMessageContaining(message);
  }

  @Test
  void theDocumentationListsEachOptionAsTheCodeDeclaresIt() throws Exception {
    String doc = Files.readString(Path.of("..", "docs", "docker.md"));
    String options = doc.substring(doc.indexOf("## Options"));
    List<String> rows = options.lines().filter(line -> line.startsWith("| `")).toList();
    assertThat(rows)
        .containsExactlyElementsOf(
            new DockerProvider(Map.of()).options().stream().map(DockerProviderTest::row).toList());
  }

  private static String row(Option<?> option) {
    return "| `"
        + option.name()
        + "` | "
        + option.help()
        + " | "
        + option.expected()
        + " | "
        + option.defaultText().map(text -> "`" + text + "`").orElse("")
        + " |";
  }

  @Test
  void optionsThatContradictEachOtherAreAnError() {
    assertThatThrownBy(() -> create(Map.of("addrs", List.of())))
        .hasMessageContaining("addrs: an empty list (expected: at least one label)");
    assertThatThrownBy(() -> create(Map.of("addrs", List.of("app=web", "app=web 5"))))
        .hasMessageContaining("\"app=web\" is there twice");
    assertThatThrownBy(() -> create(Map.of("docker_cert_path", "/certs")))
        .hasMessageContaining("unix:///var/run/docker.sock has no TLS");
  }

  @Test
  void theEnvironmentIsThatOfDockersOwnClient() {
    Map<String, String> environment = Map.of("DOCKER_HOST", "tcp://10.9.0.1:2376");
    assertThat(create(Map.of(), environment).placement().engineHost()).isEqualTo("10.9.0.1");
    assertThat(
            create(Map.of("docker_host", "unix:///run/other.sock"), environment)
                .placement()
                .engineHost())
        .isEqualTo("127.0.0.1");
    assertThatThrownBy(() -> create(Map.of(), Map.of("DOCKER_HOST", "ssh://engine")))
        .hasMessageContaining("DOCKER_HOST is \"ssh://engine\" (expected: unix:///");
  }
}
