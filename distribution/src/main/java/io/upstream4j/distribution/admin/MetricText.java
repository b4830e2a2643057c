package io.upstream4j.distribution.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.upstream4j.core.stats.Durations;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;

/**
 * Writes Prometheus' text format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/): a header per family, followed by
 * its samples.
 */
final class MetricText {
  private static final int NANO_DIGITS = 9;

  private final StringBuilder text = new StringBuilder(4_096);

  void head(String name, String type, String help) {
    text.append("# HELP ").append(name).append(' ').append(help).append('\n');
    text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }

  /**
   * @param labels none, or some from {@link #label}, separated by commas
   */
  void line(String name, String labels, long value) {
    line(name, labels, Long.toString(value));
  }

  private void line(String name, String labels, String value) {
    text.append(name);
    if (!labels.isEmpty()) {
      text.append('{').append(labels).append('}');
    }
    text.append(' ').append(value).append('\n');
  }

  /** Writes a histogram with one bucket per doubling, a quarter of the counted buckets. */
  void histogram(String name, String labels, Durations durations) {
    long below = 0;
    for (int i = 0; i < Durations.BUCKETS - 1; i++) {
      below += durations.counts().get(i);
      if (i % 4 == 3) {
        bucket(name, labels, seconds(Durations.boundNanos(i)), below);
      }
    }
    long count = durations.count();
    bucket(name, labels, "+Inf", count);
    sumAndCount(name, labels, durations.sumNanos(), count);
  }

  private void bucket(String name, String labels, String bound, long count) {
    line(name + "_bucket", labels + ",le=\"" + bound + "\"", count);
  }

  /** Writes the samples of a summary without quantiles. */
  void sumAndCount(String name, String labels, long sumNanos, long count) {
    line(name + "_sum", labels, seconds(sumNanos));
    line(name + "_count", labels, count);
  }

  private static String seconds(long nanos) {
    return BigDecimal.valueOf(nanos, NANO_DIGITS).stripTrailingZeros().toPlainString();
  }

  static String label(String name, String value) {
    return name
        + "=\""
        + value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n")
        + "\"";
  }

  /** Writes the text appended since the last call. */
  void moveTo(OutputStream out) throws IOException {
    out.write(text.toString().getBytes(UTF_8));
    text.setLength(0);
  }
}
