package io.upstream4j.distribution.schema;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.upstream4j.api.option.Shape;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Converts shapes to JSON Schema.
 *
 * <p>All values are text for the loader but have types in YAML, so a number may be quoted, and text
 * with <code>${</code> may have any value.
 */
final class ShapeSchema {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  /** Matches the beginning of a placeholder. */
  private static final String OUTSIDE = "\\$\\{";

  private ShapeSchema() {}

  static ObjectNode of(Shape shape) {
    if (shape instanceof Shape.Text) {
      return scalar();
    }
    if (shape instanceof Shape.Whole whole) {
      ObjectNode number = JSON.objectNode().put("type", "integer");
      number.put("minimum", whole.min()).put("maximum", whole.max());
      return anyOf(number, text("^-?[0-9]{1,10}$"));
    }
    if (shape instanceof Shape.Decimal decimal) {
      ObjectNode number = JSON.objectNode().put("type", "number");
      number.put("minimum", decimal.min()).put("maximum", decimal.max());
      return anyOf(number, text("^-?[0-9]+(\\.[0-9]+)?$"));
    }
    if (shape instanceof Shape.Flag) {
      return anyOf(JSON.objectNode().put("type", "boolean"), text("^(true|false)$"));
    }
    if (shape instanceof Shape.Time) {
      return anyOf(text("^[0-9]{1,18}(ms|s|m|h|d)$|^0+$"), JSON.objectNode().put("const", 0));
    }
    if (shape instanceof Shape.Size size) {
      ObjectNode number = JSON.objectNode().put("type", "integer");
      number.put("minimum", size.min()).put("maximum", size.max());
      return anyOf(number, text("^[0-9]{1,18}(B|[kKMG]B|[KMG]iB)?$"));
    }
    if (shape instanceof Shape.Choice choice) {
      return choice(choice.words());
    }
    if (shape instanceof Shape.Texts) {
      ObjectNode texts = JSON.objectNode().put("type", "object");
      texts.set("additionalProperties", scalar());
      return texts;
    }
    if (shape instanceof Shape.ListOf list) {
      ObjectNode items = JSON.objectNode().put("type", "array");
      items.set("items", of(list.item()));
      return anyOf(of(list.item()), items);
    }
    return JSON.objectNode();
  }

  private static ObjectNode choice(List<String> words) {
    String inCapitals =
        words.stream()
            .map(word -> word.toUpperCase(Locale.ROOT))
            .filter(word -> !words.contains(word))
            .collect(Collectors.joining("|"));
    return anyOf(words(words), text(inCapitals.isEmpty() ? "^$" : "^(" + inCapitals + ")$"));
  }

  /** Text, a number or a boolean. */
  static ObjectNode scalar() {
    ObjectNode scalar = JSON.objectNode();
    scalar.putArray("type").add("string").add("number").add("boolean");
    return scalar;
  }

  static ObjectNode words(List<String> words) {
    ObjectNode some = JSON.objectNode();
    ArrayNode list = some.putArray("enum");
    words.forEach(list::add);
    return some;
  }

  /** Text that matches a pattern or has a placeholder. */
  static ObjectNode text(String pattern) {
    return JSON.objectNode().put("type", "string").put("pattern", pattern + "|" + OUTSIDE);
  }

  static ObjectNode anyOf(ObjectNode... some) {
    ObjectNode any = JSON.objectNode();
    ArrayNode list = any.putArray("anyOf");
    Stream.of(some).forEach(list::add);
    return any;
  }
}
