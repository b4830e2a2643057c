package io.upstream4j.discovery.docker;

import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.ServerLine;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Selects containers by a label, as written in {@code addrs}: {@code key}, {@code key=value},
 * {@code key=value:8080 5}.
 *
 * @param text the label and the port, as written
 * @param key the key of the label
 * @param value the value of the label; null for any
 * @param port the port inside the containers; empty when they define it themselves
 * @param weight empty when none was written
 * @param attributes the priority and the zone, as far as they were written
 */
record Entry(
    String text,
    String key,
    @Nullable String value,
    OptionalInt port,
    OptionalInt weight,
    Attributes attributes) {
  static final String EXPECTED =
      "a label, and behind it a port and a weight if need be, such as app=web:8080 5";

  private static final Pattern LABEL =
      Pattern.compile("([A-Za-z0-9][A-Za-z0-9._/-]*)(?:=(.*?))?(?::([0-9]{1,5}))?");

  /**
   * Parses an entry.
   *
   * @throws IllegalArgumentException when the text has another form
   */
  static Entry read(String text) {
    ServerLine line = ServerLine.parse(text);
    Matcher label = LABEL.matcher(line.server());
    if (!label.matches()) {
      throw new IllegalArgumentException();
    }
    OptionalInt port = OptionalInt.empty();
    if (label.group(3) != null) {
      port = OptionalInt.of(Integer.parseInt(label.group(3)));
      if (port.getAsInt() < 1 || port.getAsInt() > 65_535) {
        throw new IllegalArgumentException("has the port " + label.group(3));
      }
    }
    return new Entry(
        line.server(), label.group(1), label.group(2), port, line.weight(), line.attributes());
  }

  /** Returns the entry for containers whose label names an upstream. */
  static Entry ofUpstream(String name) {
    return new Entry(
        Labels.NAME + "=" + name,
        Labels.NAME,
        name,
        OptionalInt.empty(),
        OptionalInt.empty(),
        Attributes.none());
  }

  boolean matches(Map<String, String> labels) {
    String found = labels.get(key);
    return found != null && (value == null || value.equals(found));
  }
}
