package io.upstream4j.distribution.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaId;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SpecVersion.VersionFlag;
import io.upstream4j.api.option.ConfigException;
import io.upstream4j.api.option.Option;
import io.upstream4j.core.config.ConfigKeys;
import io.upstream4j.core.config.ConfigLoader;
import io.upstream4j.core.plugin.PluginCatalog;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigSchemaTest {
  /** JSON that is also YAML, except for quotes; these parse what is valid in both. */
  private static final JsonMapper FLOW =
      JsonMapper.builder()
          .enable(JsonReadFeature.ALLOW_SINGLE_QUOTES, JsonReadFeature.ALLOW_UNQUOTED_FIELD_NAMES)
          .build();

  private final PluginCatalog plugins = PluginCatalog.find(List.of(), List.of());
  private final JsonNode schema = ConfigSchema.of(plugins);
  private final JsonSchema reader = Schemas.read(schema);

  @AfterEach
  void closePlugins() {
    plugins.close();
  }

  private static String file(String upstream) {
    return upstream.startsWith("{ upstreams")
        ? upstream
        : "{ upstreams: { any: " + upstream + " } }";
  }

  @Test
  void itIsASchemaItself() {
    JsonSchema ofSchemas =
        JsonSchemaFactory.getInstance(VersionFlag.V202012)
            .getSchema(SchemaLocation.of(SchemaId.V202012));
    assertThat(Schemas.validate(ofSchemas, schema)).isEmpty();
  }

  @Test
  void everyKeyIsInItWithItsHelpAndDefault() {
    JsonNode keys = schema.at("/$defs/upstream/properties");
    for (Option<?> option : ConfigKeys.upstream()) {
      assertThat(keys.path(option.name()).path("description").asText())
          .as(option.name())
          .startsWith(option.help());
    }
    assertThat(keys.size()).isEqualTo(ConfigKeys.upstream().size());
    assertThat(keys.at("/read_timeout/default").textValue()).isEqualTo("1m");
    assertThat(keys.at("/max_connections/default").intValue()).isEqualTo(1_024);
    assertThat(keys.at("/verify_cert/default").booleanValue()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{ addrs: ['10.0.0.1:80'] }",
        "{ addrs: '10.0.0.1:80' }",
        "{ addrs: ['10.0.0.1:80'], connection_timeout: '500ms', grace: 0, retries: 3 }",
        "{ addrs: ['10.0.0.1:80'], retries: { max: 1, budget_percent: '20' } }",
        "{ addrs: ['10.0.0.1:80'], max_connections: '12', tcp_recv_buf: '64KiB' }",
        "{ addrs: ['10.0.0.1:80'], tcp_recv_buf: 4096, slow_start: '1m', slow_start_aggression: 2 }",
        "{ addrs: ['10.0.0.1:80'], algo: 'hash:cookie:sid', all_down: 'IGNORE_HEALTH' }",
        "{ addrs: ['10.0.0.1:80'], algo: 'hash', sni: 'a.example', alpn: 'H2H1' }",
        "{ addrs: ['10.0.0.1:80'], algo: { consistent: { key: 'url', points: 100 } } }",
        "{ addrs: ['10.0.0.1:80'], algo: { random: '' }, health_check: 'none' }",
        "{ addrs: ['10.0.0.1:80'], health_check: 'http://api/up?check_frequency=5s' }",
        "{ addrs: ['10.0.0.1:80'], health_check: { http: { path: '/up' }, success: 2 } }",
        "{ discovery: { dns: { name: 'api.internal' } }, backend_failure_status_code: 500 }",
        "{ addrs: ['api.internal'], discovery: 'dns', update_frequency: '5s' }",
        "{ upstreams: { a: { addrs: ['[::1]:80'] } }, routes: [{ upstream: 'a', host: '*.b.c' }] }",
        "{ upstreams: { a: { addrs: ['[::1]:80'] } }, 'x-mine': [1, { two: 3 }] }",
      })
  void whatIsLoadedPasses(String text) throws Exception {
    new ConfigLoader(plugins).load("file", file(text));
    assertThat(Schemas.validate(reader, FLOW.readTree(file(text)))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{ addrs: ['10.0.0.1:80'], conection_timeout: '3s' }",
        "{ addrs: ['10.0.0.1:80'], connection_timeout: 3 }",
        "{ addrs: ['10.0.0.1:80'], connection_timeout: '3 s' }",
        "{ addrs: ['10.0.0.1:80'], connection_timeout: ['3s'] }",
        "{ addrs: ['10.0.0.1:80'], max_connections: 0 }",
        "{ addrs: ['10.0.0.1:80'], max_connections: 'many' }",
        "{ addrs: ['10.0.0.1:80'], sni: 'a.example', verify_cert: 'yes' }",
        "{ addrs: ['10.0.0.1:80'], tcp_recv_buf: '64kbit' }",
        "{ addrs: ['10.0.0.1:80'], alpn: 'h3' }",
        "{ addrs: ['10.0.0.1:80'], all_down: 'ignore' }",
        "{ addrs: { a: 1 } }",
        "{ addrs: ['10.0.0.1:80'], algo: 'roundrobin' }",
        "{ addrs: ['10.0.0.1:80'], algo: { consistent: {}, random: {} } }",
        "{ addrs: ['10.0.0.1:80'], algo: { consistent: { kee: 'url' } } }",
        "{ addrs: ['10.0.0.1:80'], algo: { consistent: { points: 0 } } }",
        "{ addrs: ['10.0.0.1:80'], algo: { transparent: {} } }",
        "{ addrs: ['10.0.0.1:80'], algo: [] }",
        "{ addrs: ['10.0.0.1:80'], health_check: 'ftp://api/up' }",
        "{ addrs: ['10.0.0.1:80'], health_check: { success: 2 } }",
        "{ addrs: ['10.0.0.1:80'], health_check: { http: {}, tcp: {} } }",
        "{ addrs: ['10.0.0.1:80'], health_check: { http: {}, sucess: 2 } }",
        "{ addrs: ['10.0.0.1:80'], health_check: { http: { path: [] } } }",
        "{ addrs: ['10.0.0.1:80'], retries: { maximum: 1 } }",
        "{ addrs: ['10.0.0.1:80'], retries: 101 }",
        "{ upstreams: { 'a b': { addrs: ['[::1]:80'] } } }",
        "{ upstreams: { a: { addrs: ['[::1]:80'] } }, routes: [{ host: 'a.b' }] }",
        "{ upstreams: { a: { addrs: ['[::1]:80'] } }, routes: { host: 'a.b' } }",
        "{ upstreams: { a: { addrs: ['[::1]:80'] } }, upstream: 1 }",
      })
  void aMistakeThatIsNotLoadedDoesNotPass(String text) throws Exception {
    assertThatThrownBy(() -> new ConfigLoader(plugins).load("file", file(text)))
        .isInstanceOf(ConfigException.class);
    assertThat(Schemas.validate(reader, FLOW.readTree(file(text)))).isNotEmpty();
  }
}
