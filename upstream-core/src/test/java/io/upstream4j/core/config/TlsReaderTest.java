package io.upstream4j.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.upstream4j.api.option.ConfigException;
import io.upstream4j.core.plugin.PluginCatalog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the problems reported for a wrong {@code tls}. */
class TlsReaderTest {
  @TempDir Path folder;

  private static String upstream(String tls) {
    return """
        upstreams:
          api:
            addrs: ["10.0.0.1:8443"]
            sni: api.internal
            tls: %s
        """
        .formatted(tls);
  }

  private List<String> problems(String yaml) throws IOException {
    Path file = Files.writeString(folder.resolve("upstreams.yaml"), yaml);
    try (PluginCatalog plugins = FakePlugins.catalog()) {
      ConfigException refused =
          catchThrowableOfType(ConfigException.class, () -> new ConfigLoader(plugins).load(file));
      return refused.problems().stream()
          .map(problem -> problem.toString().replace(folder + "/", ""))
          .toList();
    }
  }

  @Test
  void filesThatAreNotThereAreNamedWithTheirPlace() throws IOException {
    assertThat(problems(upstream("{ ca: certs/ca.pem, cert: a.pem, key: /no/a.key }")))
        .containsExactly(
            "upstreams.yaml:5:12: upstreams.api.tls.ca: certs/ca.pem: no such file (expected: a file"
                + " of PEM)",
            "upstreams.yaml:5:30: upstreams.api.tls.cert: a.pem: no such file (expected: a file of"
                + " PEM)");
  }

  @Test
  void aCertificateAndItsKeyBelongTogether() throws IOException {
    assertThat(problems(upstream("{ cert: a.pem }")))
        .containsExactly(
            "upstreams.yaml:5:12: upstreams.api.tls.cert: alone (expected: both cert and key)");
    assertThat(problems(upstream("{ key: a.key }")))
        .containsExactly(
            "upstreams.yaml:5:12: upstreams.api.tls.key: alone (expected: both cert and key)");
  }

  @Test
  void protocolsAndCiphersMustBeKnown() throws IOException {
    assertThat(problems(upstream("{ protocols: [TLSv1.1], ciphers: TLS_AES_128_GCM_SHA25 }")))
        .hasSize(2)
        .anyMatch(
            problem ->
                problem.contains("tls.protocols[0]: \"TLSv1.1\" (expected: TLSv1.2 or TLSv1.3)"))
        .anyMatch(
            problem ->
                problem.contains("tls.ciphers: \"TLS_AES_128_GCM_SHA25\"")
                    && problem.contains("TLS_AES_128_GCM_SHA256"));
  }

  @Test
  void withoutTlsOrVerificationItHasNoEffect() throws IOException {
    assertThat(
            problems(upstream("{ verify_name: other }").replace("sni: api.internal", "alpn: H1")))
        .containsExactly(
            "upstreams.yaml:5:5: upstreams.api.tls: has no effect without TLS (expected: sni as"
                + " well, which turns it on)");
    assertThat(problems(upstream("{ ca: ca.pem }\n    verify_cert: false")))
        .anyMatch(problem -> problem.contains("tls.ca: has no effect, as verify_cert is false"));
    assertThat(problems(upstream("{ verify_name: x }\n    verify_cert: false")))
        .anyMatch(problem -> problem.contains("tls.verify_name: has no effect, as no name"));
    assertThat(problems(upstream("on"))).hasSize(1).first().asString().contains("a mapping with");
  }

  @Test
  void whatCameFromElsewhereReadsNoFiles() {
    try (PluginCatalog plugins = FakePlugins.catalog()) {
      ConfigException refused =
          catchThrowableOfType(
              ConfigException.class,
              () ->
                  new ConfigLoader(plugins)
                      .loadUpstream(
                          "api",
                          "request",
                          "addrs: [\"10.0.0.1:8443\"]\nsni: a\ntls: { ca: /etc/passwd }\n"));
      assertThat(refused.problems()).hasSize(1);
      assertThat(refused.problems().get(0).toString())
          .contains("request:3:8: upstreams.api.tls.ca: files are read only for");
    }
  }
}
