package io.upstream4j.health.http;

import io.upstream4j.api.option.StatusRange;
import io.upstream4j.api.spi.HealthCheck.Healthy;
import io.upstream4j.api.spi.HealthCheck.Result;
import io.upstream4j.api.spi.HealthCheck.Unhealthy;
import io.upstream4j.api.spi.ProbeResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The expected response of a working backend.
 *
 * @param statuses the accepted statuses
 * @param text a text that the body must contain, or null
 * @param pattern a pattern that must be found in the body, or null
 */
record Expectation(List<StatusRange> statuses, @Nullable String text, @Nullable Pattern pattern) {
  Result judge(ProbeResponse response) {
    if (!hasStatus(response.status())) {
      String expected = statuses.stream().map(Object::toString).collect(Collectors.joining(", "));
      return new Unhealthy("status " + response.status() + " (expected: " + expected + ")");
    }
    if (text != null && !response.body().contains(text)) {
      return new Unhealthy("body does not contain \"" + text + "\"");
    }
    if (pattern != null && !pattern.matcher(response.body()).find()) {
      return new Unhealthy("body has nothing that matches \"" + pattern + "\"");
    }
    return new Healthy();
  }

  /**
   * Returns whether more of the body would not change the result, so that a slow rest need not be
   * awaited.
   */
  boolean isDecided(int status, ByteBuffer body) {
    if (!hasStatus(status) || (text == null && pattern == null)) {
      return true;
    }
    String soFar = StandardCharsets.UTF_8.decode(body).toString();
    return (text == null || soFar.contains(text)) && (pattern == null || isFoundForGood(soFar));
  }

  /**
   * Returns whether a match is final. One that reached the end of the input may not match with more
   * input.
   */
  @SuppressWarnings("JdkObsolete") // Matcher.hitEnd needs a Matcher
  private boolean isFoundForGood(String soFar) {
    Matcher matcher = pattern == null ? null : pattern.matcher(soFar);
    return matcher == null || (matcher.find() && !matcher.hitEnd());
  }

  private boolean hasStatus(int status) {
    return statuses.stream().anyMatch(range -> range.contains(status));
  }
}
