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
 * What the response of a backend that works is like.
 *
 * @param statuses one of which it must have
 * @param text what the body must contain, if anything
 * @param pattern what must be found in it, if anything
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

  /** Whether more of the body would not change the judgement, as that may be long in coming. */
  boolean isDecided(int status, ByteBuffer body) {
    if (!hasStatus(status) || (text == null && pattern == null)) {
      return true;
    }
    String soFar = StandardCharsets.UTF_8.decode(body).toString();
    return (text == null || soFar.contains(text)) && (pattern == null || isFoundForGood(soFar));
  }

  /** A match that looked beyond the end of what there is may be none when there is more. */
  @SuppressWarnings("JdkObsolete") // whether more input could change the match is what it tells
  private boolean isFoundForGood(String soFar) {
    Matcher matcher = pattern == null ? null : pattern.matcher(soFar);
    return matcher == null || (matcher.find() && !matcher.hitEnd());
  }

  private boolean hasStatus(int status) {
    return statuses.stream().anyMatch(range -> range.contains(status));
  }
}
