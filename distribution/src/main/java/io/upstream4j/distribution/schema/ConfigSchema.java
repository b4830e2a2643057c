package io.upstream4j.distribution.schema;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Shape;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.api.spi.HealthChecker;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.Plugin;
import io.upstream4j.core.config.ConfigKeys;
import io.upstream4j.core.plugin.PluginCatalog;
import io.upstream4j.core.plugin.PluginInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Generates a JSON Schema (2020-12) of configurations from the declared keys and plug-ins, for
 * completion and validation in editors.
 *
 * <p>Every valid configuration conforms to the schema. A conforming one may still be refused,
 * because a schema does not look up names or compare keys.
 */
public final class ConfigSchema {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final String NAME = "^[\\p{L}\\p{N}][\\p{L}\\p{N}._-]{0,127}$";

  private static final Set<String> OF_UPSTREAM =
      ConfigKeys.upstream().stream().map(Option::name).collect(Collectors.toSet());

  private final Map<Class<? extends Plugin>, Map<String, List<Option<?>>>> plugins;

  private ConfigSchema(Map<Class<? extends Plugin>, Map<String, List<Option<?>>>> plugins) {
    this.plugins = plugins;
  }

  /**
   * Returns the schema.
   *
   * @param catalog the plug-ins that a configuration may name
   */
  public static ObjectNode of(PluginCatalog catalog) {
    Map<Class<? extends Plugin>, Map<String, List<Option<?>>>> plugins =
        Map.of(
            DiscoveryProvider.class, new TreeMap<>(),
            LoadBalancerProvider.class, new TreeMap<>(),
            HealthChecker.class, new TreeMap<>());
    for (PluginInfo info : catalog.plugins()) {
      Map<String, List<Option<?>>> types = plugins.get(info.kind());
      if (types != null) {
        types.put(info.type(), info.options());
      }
    }
    return new ConfigSchema(plugins).root();
  }

  private ObjectNode root() {
    ObjectNode root = JSON.objectNode();
    root.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    root.put("title", "Configuration of upstream4j");
    ObjectNode properties = closed(root, ConfigKeys.top());
    root.putObject("patternProperties").set("^x-", JSON.objectNode());
    ObjectNode upstreams = (ObjectNode) properties.get("upstreams");
    upstreams.put("type", "object").put("minProperties", 1);
    upstreams.putObject("propertyNames").put("pattern", NAME);
    upstreams.set("additionalProperties", reference("upstream"));
    ObjectNode routes = (ObjectNode) properties.get("routes");
    routes.put("type", "array").set("items", reference("route"));
    ObjectNode gateway = (ObjectNode) properties.get("gateway");
    ObjectNode limits = (ObjectNode) closed(gateway, ConfigKeys.gateway()).get("limits");
    closed(limits, ConfigKeys.gatewayLimits());
    ObjectNode definitions = root.putObject("$defs");
    definitions.set("upstream", upstream());
    ObjectNode route = definitions.putObject("route");
    ObjectNode path = JSON.objectNode();
    closed(path, ConfigKeys.routePath());
    path.put("minProperties", 1).put("maxProperties", 1);
    take(
        closed(route, ConfigKeys.route()), "path", ShapeSchema.anyOf(ShapeSchema.text("^/"), path));
    ArrayNode one = route.putArray("oneOf");
    one.addObject().putArray("required").add("upstream");
    one.addObject().putArray("required").add("status");
    return root;
  }

  private ObjectNode upstream() {
    ObjectNode upstream = JSON.objectNode();
    ObjectNode properties = closed(upstream, ConfigKeys.upstream());
    take(properties, "discovery", choice(DiscoveryProvider.class, "^$"));
    take(properties, "algo", choice(LoadBalancerProvider.class, "^hash(:.+)?$"));
    take(properties, "health_check", healthCheck());
    ObjectNode retries = JSON.objectNode();
    closed(retries, ConfigKeys.retries());
    Shape number =
        ConfigKeys.retries().stream()
            .filter(option -> option.name().equals("max"))
            .map(Option::shape)
            .findFirst()
            .orElseThrow();
    take(properties, "retries", ShapeSchema.anyOf(ShapeSchema.of(number), retries));
    ObjectNode tls = JSON.objectNode();
    closed(tls, ConfigKeys.tls());
    take(properties, "tls", tls);
    return upstream;
  }

  /** Sets the schema of a key whose value is read elsewhere. */
  private static void take(ObjectNode properties, String key, ObjectNode schema) {
    ((ObjectNode) properties.get(key)).setAll(schema);
  }

  private ObjectNode choice(Class<? extends Plugin> kind, String shortForm) {
    Map<String, List<Option<?>>> types = plugins.getOrDefault(kind, Map.of());
    ObjectNode mapping = JSON.objectNode().put("type", "object");
    ObjectNode properties = mapping.putObject("properties");
    types.forEach((type, options) -> properties.set(type, optionsOf(options)));
    mapping.put("additionalProperties", false).put("minProperties", 1).put("maxProperties", 1);
    return ShapeSchema.anyOf(
        ShapeSchema.words(List.copyOf(types.keySet())), ShapeSchema.text(shortForm), mapping);
  }

  /** A type, with the keys that every health check has. */
  private ObjectNode healthCheck() {
    Map<String, List<Option<?>>> types = plugins.getOrDefault(HealthChecker.class, Map.of());
    ObjectNode mapping = JSON.objectNode();
    ObjectNode properties = closed(mapping, ConfigKeys.healthCheck());
    ArrayNode one = mapping.putArray("oneOf");
    types.forEach(
        (type, options) -> {
          properties.set(type, optionsOf(options));
          one.addObject().putArray("required").add(type);
        });
    List<String> words = new ArrayList<>(types.keySet());
    words.add("none");
    return ShapeSchema.anyOf(
        ShapeSchema.words(words), ShapeSchema.text("^(tcp|http|https|grpc)://.+$"), mapping);
  }

  /** The options under a type; null stands for none. */
  private static ObjectNode optionsOf(List<Option<?>> options) {
    ObjectNode mapping = JSON.objectNode();
    closed(mapping, options);
    return ShapeSchema.anyOf(
        JSON.objectNode().put("type", "null"), ShapeSchema.words(List.of("")), mapping);
  }

  /** Restricts a schema to a mapping with these keys. Returns the schemas of the keys. */
  private static ObjectNode closed(ObjectNode schema, List<Option<?>> options) {
    schema.put("type", "object");
    ObjectNode properties = schema.putObject("properties");
    ArrayNode required = JSON.arrayNode();
    for (Option<?> option : options) {
      properties.set(option.name(), option(option));
      // Options that a discovery requires may also be in the upstream.
      if (option.isRequired() && !OF_UPSTREAM.contains(option.name())) {
        required.add(option.name());
      }
    }
    schema.put("additionalProperties", false);
    if (!required.isEmpty()) {
      schema.set("required", required);
    }
    return properties;
  }

  private static ObjectNode option(Option<?> option) {
    ObjectNode schema = ShapeSchema.of(option.shape());
    schema.put("description", option.help() + " (" + option.expected() + ")");
    option.defaultText().ifPresent(text -> putDefault(schema, option.shape(), text));
    return schema;
  }

  private static void putDefault(ObjectNode schema, Shape shape, String text) {
    if (shape instanceof Shape.Whole) {
      schema.put("default", Integer.parseInt(text));
    } else if (shape instanceof Shape.Decimal) {
      schema.put("default", Double.parseDouble(text));
    } else if (shape instanceof Shape.Flag) {
      schema.put("default", Boolean.parseBoolean(text));
    } else if (!(shape instanceof Shape.ListOf)) { // a list's text is for people
      schema.put("default", text);
    }
  }

  private static ObjectNode reference(String name) {
    return JSON.objectNode().put("$ref", "#/$defs/" + name);
  }
}
