package io.upstream4j.core.config;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Recognises configurations in formats other than YAML. */
final class OtherFormats {
  private static final Pattern XML = Pattern.compile("<[?!a-zA-Z].*");
  private static final Pattern HCL = Pattern.compile("\\w+ \"[^\"]*\" \\{.*");
  private static final Pattern NGINX =
      Pattern.compile(
          "(upstream|server|http|events|stream|location)\\b[^:{]*\\{.*"
              + "|(include|worker_processes|user|pid|error_log)\\s[^:]*;\\s*");
  private static final Pattern BLOCK = Pattern.compile("[^\"'\\[\\]{}]*[^:\\s] \\{");
  private static final Pattern HAPROXY =
      Pattern.compile("(global|defaults|(frontend|backend|listen) [\\w.-]+)\\s*");
  private static final Pattern SECTION = Pattern.compile("\\[\\[?[\\w.\"' -]+]]?\\s*(#.*)?");
  private static final Pattern TOML =
      Pattern.compile("[\\w.\"-]+ *= *([\"'\\[{].*|true|false|[0-9_+-]+(\\.[0-9]+)?)\\s*(#.*)?");
  private static final Pattern PROPERTIES = Pattern.compile("[\\w.\\[\\]-]+ *=.*");

  /** The number of lines in which the first relevant line must be. */
  private static final int MAX_LINES = 200;

  private OtherFormats() {}

  /**
   * Returns a message for a text that is not a YAML mapping, or empty when it resembles no known
   * format.
   */
  static Optional<String> problem(String text) {
    List<String> lines =
        text.lines()
            .limit(MAX_LINES)
            .map(String::strip)
            .filter(line -> !line.isEmpty() && !line.startsWith("#"))
            .limit(2)
            .toList();
    String first = lines.isEmpty() ? "" : lines.get(0);
    if (first.length() > 1_000) {
      return Optional.empty();
    }
    if (XML.matcher(first).matches()) {
      return Optional.of("this is XML (expected: YAML or JSON)");
    }
    if (HCL.matcher(first).matches()) {
      return Optional.of("this is HCL (expected: YAML or JSON)");
    }
    if (NGINX.matcher(first).matches()) {
      return Optional.of(
          "this looks like nginx (expected: YAML; \"upstream convert --from nginx\" converts it)");
    }
    if (BLOCK.matcher(first).matches()) {
      return Optional.of("this looks like a format with blocks in braces (expected: YAML or JSON)");
    }
    if (HAPROXY.matcher(first).matches()) {
      return Optional.of(
          "this looks like HAProxy (expected: YAML; \"upstream convert --from haproxy\" converts it)");
    }
    // A section alone is also a YAML list.
    String entry = SECTION.matcher(first).matches() && lines.size() > 1 ? lines.get(1) : first;
    if (TOML.matcher(entry).matches()
        || (!entry.equals(first) && SECTION.matcher(entry).matches())) {
      return Optional.of(
          "this is TOML (expected: YAML; \"upstream convert\" converts the TOML of pingap)");
    }
    if (PROPERTIES.matcher(entry).matches()) {
      return Optional.of("this looks like a properties or INI file (expected: YAML)");
    }
    return Optional.empty();
  }
}
