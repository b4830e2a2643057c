package io.upstream4j.distribution.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Parses Prometheus' text format 0.0.4, and refuses what Prometheus or {@code promtool check
 * metrics} would refuse: https://prometheus.io/docs/instrumenting/exposition_formats/ and
 * https://prometheus.io/docs/practices/naming/.
 */
final class MetricFamilies {
  /** A value with its labels after unescaping. */
  record Sample(String name, Map<String, String> labels, BigDecimal value) {}

  /** The samples after a header. */
  record Family(String name, String type, String help, List<Sample> samples) {}

  private static final Set<String> TYPES = Set.of("counter", "gauge", "histogram", "summary");
  private static final List<String> NO_BASE_UNITS =
      List.of("milliseconds", "millis", "ms", "nanoseconds", "nanos", "minutes", "hours", "kb");

  private final Map<String, Family> families = new LinkedHashMap<>();
  private final Set<String> series = new HashSet<>();

  private MetricFamilies() {}

  static Map<String, Family> read(String text) {
    assertThat(text).endsWith("\n").doesNotContain("\r");
    MetricFamilies metrics = new MetricFamilies();
    String help = null;
    Family family = null;
    for (String line : text.substring(0, text.length() - 1).split("\n", -1)) {
      if (line.startsWith("# HELP ")) {
        assertThat(help).as("a HELP without a TYPE before %s", line).isNull();
        help = line.substring("# HELP ".length());
      } else if (line.startsWith("# TYPE ")) {
        family = metrics.head(help, line);
        help = null;
      } else {
        assertThat(line).as("no comment but HELP and TYPE").doesNotStartWith("#").isNotEmpty();
        assertThat(help).as("a HELP without a TYPE before %s", line).isNull();
        metrics.sample(family, line);
      }
    }
    assertThat(help).isNull();
    metrics.families.values().forEach(MetricFamilies::check);
    return metrics.families;
  }

  private Family head(@Nullable String help, String line) {
    String[] words = line.substring("# TYPE ".length()).split(" ", -1);
    assertThat(words).as(line).hasSize(2);
    assertThat(help).as("HELP before %s", line).isNotNull().startsWith(words[0] + " ");
    Family family =
        new Family(words[0], words[1], help.substring(words[0].length() + 1), new ArrayList<>());
    assertThat(families.put(words[0], family)).as("a second head: %s", line).isNull();
    return family;
  }

  private void sample(@Nullable Family family, String line) {
    assertThat(family).as("a sample before any head: %s", line).isNotNull();
    int at = 0;
    while (at < line.length() && line.charAt(at) != '{' && line.charAt(at) != ' ') {
      at++;
    }
    String name = line.substring(0, at);
    Map<String, String> labels = new TreeMap<>();
    if (line.charAt(at) == '{') {
      at = labels(line, at + 1, labels);
    }
    assertThat(line.charAt(at)).as(line).isEqualTo(' ');
    String value = line.substring(at + 1);
    assertThat(value).as(line).matches("[0-9]+(\\.[0-9]+)?");
    assertThat(names(family)).as("not of the family above it: %s", line).contains(name);
    assertThat(series.add(name + labels)).as("twice: %s", line).isTrue();
    family.samples().add(new Sample(name, labels, new BigDecimal(value)));
  }

  /** Returns the index after the closing brace. */
  private static int labels(String line, int from, Map<String, String> labels) {
    int at = from;
    while (true) {
      int equals = line.indexOf("=\"", at);
      assertThat(equals).as(line).isPositive();
      String label = line.substring(at, equals);
      assertThat(label).as(line).matches("[a-z][a-z0-9_]*").doesNotStartWith("__");
      StringBuilder value = new StringBuilder();
      at = equals + 2;
      while (line.charAt(at) != '"') {
        char c = line.charAt(at++);
        if (c == '\\') {
          char escaped = line.charAt(at++);
          assertThat("\\\"n").as("escape in %s", line).contains(String.valueOf(escaped));
          c = escaped == 'n' ? '\n' : escaped;
        }
        value.append(c);
      }
      assertThat(labels.put(label, value.toString())).as("label twice: %s", line).isNull();
      at++;
      if (line.charAt(at) == '}') {
        return at + 1;
      }
      assertThat(line.charAt(at)).as(line).isEqualTo(',');
      at++;
    }
  }

  private static Set<String> names(Family family) {
    String name = family.name();
    return switch (family.type()) {
      case "histogram" -> Set.of(name + "_bucket", name + "_sum", name + "_count");
      case "summary" -> Set.of(name, name + "_sum", name + "_count");
      default -> Set.of(name);
    };
  }

  private static void check(Family family) {
    String name = family.name();
    assertThat(name).matches("[a-z][a-z0-9_]*").doesNotContain("__");
    assertThat(TYPES).as(name).contains(family.type());
    assertThat(family.help()).as(name).isNotBlank().doesNotContain("\\").endsWith(".");
    assertThat(name.endsWith("_total")).as(name).isEqualTo(family.type().equals("counter"));
    assertThat(name).doesNotEndWith("_count").doesNotEndWith("_sum").doesNotEndWith("_bucket");
    assertThat(name.split("_")).as(name).doesNotContainAnyElementsOf(NO_BASE_UNITS);
    assertThat(name.split("_")).as(name).doesNotContainAnyElementsOf(TYPES);
    if (family.type().equals("histogram") || family.type().equals("summary")) {
      assertThat(name).as("its unit").endsWith("_seconds");
    }
    if (family.type().equals("histogram")) {
      checkHistogram(family);
    } else {
      assertThat(family.samples()).as(name).noneMatch(s -> s.labels().containsKey("le"));
    }
    Set<Set<String>> labels = new HashSet<>();
    for (Sample sample : family.samples()) {
      if (!sample.labels().containsKey("le")) {
        labels.add(sample.labels().keySet());
      }
    }
    assertThat(labels).as("all of %s have the same labels", name).hasSizeLessThanOrEqualTo(1);
  }

  private static void checkHistogram(Family family) {
    Map<Map<String, String>, List<Sample>> buckets = new LinkedHashMap<>();
    Map<Map<String, String>, Map<String, BigDecimal>> ends = new LinkedHashMap<>();
    for (Sample sample : family.samples()) {
      Map<String, String> labels = new TreeMap<>(sample.labels());
      String bound = labels.remove("le");
      boolean isBucket = sample.name().endsWith("_bucket");
      assertThat(bound != null).as("%s", sample).isEqualTo(isBucket);
      if (isBucket) {
        buckets.computeIfAbsent(labels, key -> new ArrayList<>()).add(sample);
      } else {
        ends.computeIfAbsent(labels, key -> new TreeMap<>()).put(sample.name(), sample.value());
      }
    }
    assertThat(buckets.keySet()).as(family.name()).isEqualTo(ends.keySet());
    buckets.forEach(
        (labels, rising) -> {
          for (int i = 1; i < rising.size(); i++) {
            assertThat(bound(rising.get(i))).isGreaterThan(bound(rising.get(i - 1)));
            assertThat(rising.get(i).value()).isGreaterThanOrEqualTo(rising.get(i - 1).value());
          }
          Sample last = rising.get(rising.size() - 1);
          assertThat(last.labels()).containsEntry("le", "+Inf");
          assertThat(ends.get(labels))
              .as("%s%s", family.name(), labels)
              .containsOnlyKeys(family.name() + "_sum", family.name() + "_count")
              .containsEntry(family.name() + "_count", last.value());
        });
  }

  private static double bound(Sample bucket) {
    String bound = bucket.labels().get("le");
    return bound.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(bound);
  }
}
