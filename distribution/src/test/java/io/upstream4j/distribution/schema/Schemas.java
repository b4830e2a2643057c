package io.upstream4j.distribution.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import io.upstream4j.api.option.Node;
import io.upstream4j.core.config.Config;
import io.upstream4j.core.config.Route;
import io.upstream4j.core.config.RouteAction;
import java.util.List;
import java.util.regex.Pattern;

/** Validates with an independent library. */
public final class Schemas {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final Pattern WHOLE = Pattern.compile("-?(0|[1-9][0-9]{0,8})");
  private static final Pattern DECIMAL = Pattern.compile("-?[0-9]+\\.[0-9]+");

  private Schemas() {}

  /** Returns a schema after validating it against the meta-schema. */
  public static JsonSchema read(JsonNode schema) {
    JsonSchemaFactory factory = JsonSchemaFactory.getInstance(VersionFlag.V202012);
    return factory.getSchema(schema);
  }

  /** Returns the problems of a document. */
  public static List<String> validate(JsonSchema schema, JsonNode document) {
    return schema.validate(document).stream().map(ValidationMessage::toString).toList();
  }

  /**
   * Parses a configuration like an editor: resolves aliases, and gives scalars their YAML types.
   */
  public static ObjectNode document(Config config) {
    ObjectNode root = JSON.objectNode();
    ObjectNode upstreams = root.putObject("upstreams");
    config.upstreams().forEach((name, upstream) -> upstreams.set(name, json(upstream.source())));
    if (!config.routes().isEmpty()) {
      ArrayNode routes = root.putArray("routes");
      for (Route route : config.routes()) {
        ObjectNode item = routes.addObject();
        route.host().ifPresent(host -> item.put("host", host));
        switch (route.path().kind()) {
          case SEGMENTS -> item.put("path", route.path().text());
          case EXACT -> item.putObject("path").put("exact", route.path().text());
          case PREFIX -> item.putObject("path").put("prefix", route.path().text());
          case REGEX -> item.putObject("path").put("regex", route.path().text());
        }
        item.put("priority", route.priority());
        if (route.action() instanceof RouteAction.Forward forward) {
          item.put("upstream", forward.upstream());
          forward.replacePrefix().ifPresent(prefix -> item.put("replace_prefix", prefix));
        } else {
          item.put("status", ((RouteAction.Refuse) route.action()).status());
        }
      }
    }
    return root;
  }

  private static JsonNode json(Node node) {
    if (node instanceof Node.Mapping mapping) {
      ObjectNode object = JSON.objectNode();
      mapping.entries().forEach(entry -> object.set(entry.key(), json(entry.value())));
      return object;
    }
    if (node instanceof Node.Sequence list) {
      ArrayNode array = JSON.arrayNode();
      list.items().forEach(item -> array.add(json(item)));
      return array;
    }
    String text = ((Node.Scalar) node).text();
    if (text.equals("true") || text.equals("false")) {
      return JSON.booleanNode(Boolean.parseBoolean(text));
    }
    if (WHOLE.matcher(text).matches()) {
      return JSON.numberNode(Integer.parseInt(text));
    }
    return DECIMAL.matcher(text).matches()
        ? JSON.numberNode(Double.parseDouble(text))
        : JSON.textNode(text);
  }
}
