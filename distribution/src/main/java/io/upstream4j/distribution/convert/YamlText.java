package io.upstream4j.distribution.convert;

import io.upstream4j.api.option.ConfigException;
import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Problem;
import io.upstream4j.api.option.VisibleText;
import io.upstream4j.core.config.ConfigLoader;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Writes nodes as YAML: mappings in lines, lists of texts in brackets. As much as a configuration
 * may have, as parts of what is converted may be asked for many times.
 */
final class YamlText {
  /** What reads as text in any place; other text is quoted. */
  private static final Pattern PLAIN =
      Pattern.compile(
          "[A-Za-z0-9_/.$][A-Za-z0-9_/.$%+&=?;~-]*(:[A-Za-z0-9_/.$%+&=?;~:-]*[a-z0-9])?");

  private final StringBuilder out = new StringBuilder();

  private YamlText() {}

  /**
   * The text.
   *
   * @throws ConfigException when it is longer than a configuration may be
   */
  static String of(Node.Mapping mapping) {
    YamlText text = new YamlText();
    text.entries(mapping, "");
    return text.out.toString();
  }

  private void checkLength(Location at) {
    if (out.length() > ConfigLoader.MAX_BYTES) {
      throw new ConfigException(
          List.of(
              new Problem(
                  at,
                  "",
                  "converted, more than "
                      + ConfigLoader.MAX_BYTES
                      + " characters (expected: at most that many)")));
    }
  }

  private void entries(Node.Mapping mapping, String indent) {
    for (Node.Entry entry : mapping.entries()) {
      out.append(indent).append(scalar(entry.key())).append(':');
      value(entry.value(), indent + "  ");
      checkLength(entry.location());
    }
  }

  private void value(Node node, String indent) {
    if (node instanceof Node.Mapping mapping && !mapping.entries().isEmpty()) {
      out.append('\n');
      entries(mapping, indent);
    } else if (node instanceof Node.Sequence list
        && !list.items().isEmpty()
        && list.items().stream().allMatch(Node.Mapping.class::isInstance)) {
      out.append('\n');
      for (Node item : list.items()) {
        out.append(indent).append("- ").append(flow(item)).append('\n');
        checkLength(item.location());
      }
    } else {
      out.append(' ').append(flow(node)).append('\n');
    }
  }

  private static String flow(Node node) {
    if (node instanceof Node.Mapping mapping) {
      List<String> entries =
          mapping.entries().stream()
              .map(entry -> scalar(entry.key()) + ": " + flow(entry.value()))
              .toList();
      return entries.isEmpty() ? "{}" : "{ " + String.join(", ", entries) + " }";
    }
    if (node instanceof Node.Sequence list) {
      return "[" + String.join(", ", list.items().stream().map(YamlText::flow).toList()) + "]";
    }
    return scalar(((Node.Scalar) node).text());
  }

  private static String scalar(String text) {
    String escaped = text.replace("${", "$${"); // in ours that puts something in
    if (PLAIN.matcher(escaped).matches()) {
      return escaped;
    }
    StringBuilder quoted = new StringBuilder("\"");
    escaped
        .codePoints()
        .forEach(
            c -> {
              if (c == '"' || c == '\\') {
                quoted.append('\\').appendCodePoint(c);
              } else if (VisibleText.isVisible(c)) {
                quoted.appendCodePoint(c);
              } else {
                quoted.append(String.format(c > 0xffff ? "\\U%08x" : "\\u%04x", c));
              }
            });
    return quoted.append('"').toString();
  }
}
