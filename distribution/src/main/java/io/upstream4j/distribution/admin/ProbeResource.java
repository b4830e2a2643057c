package io.upstream4j.distribution.admin;

import com.fasterxml.jackson.core.JsonGenerator;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.upstream4j.core.LiveUpstream;
import io.upstream4j.core.Upstream;
import io.upstream4j.core.Upstreams;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Liveness, readiness and metrics for orchestrators, load balancers and Prometheus. Read-only. */
final class ProbeResource implements AdminResource {
  private static final List<HttpMethod> READING = List.of(HttpMethod.GET, HttpMethod.HEAD);
  private static final String LIVE = "/livez";
  private static final String READY = "/readyz";

  /** The former name of {@link #READY}, which is still served. */
  private static final String HEALTH = "/healthz";

  private static final String UPSTREAMS = READY + "/upstreams";
  private static final String METRICS = "/metrics";
  private static final Set<String> OPEN = Set.of(LIVE, READY, HEALTH);

  /** The paths for messages. */
  static final String PATHS =
      String.join(", ", HEALTH, LIVE, METRICS, READY, UPSTREAMS, UPSTREAMS + "/<name>");

  private final Readiness readiness;
  private final Upstreams upstreams;
  private final Supplier<Answer> metrics;

  ProbeResource(Readiness readiness, Upstreams upstreams, Supplier<Answer> metrics) {
    this.readiness = readiness;
    this.upstreams = upstreams;
    this.metrics = metrics;
  }

  /** Returns whether the response reveals nothing about the upstreams. */
  static boolean isOpen(String path) {
    return OPEN.contains(path);
  }

  @Override
  public CompletionStage<Answer> answer(FullHttpRequest request) {
    if (request.decoderResult().isFailure()) {
      return CompletableFuture.completedFuture(
          AdminRoutes.malformed(request.decoderResult().cause()));
    }
    Answer answer = find(request);
    return CompletableFuture.completedFuture(
        answer != null ? answer : Answer.error(HttpResponseStatus.NOT_FOUND, "there are " + PATHS));
  }

  /** Returns the response, or null when there is nothing at the path. */
  @Nullable Answer find(HttpRequest request) {
    String path = AdminRoutes.path(request);
    Supplier<Answer> answer =
        switch (path) {
          case LIVE -> () -> Answer.text(HttpResponseStatus.OK, "ok\n");
          case READY, HEALTH -> this::readiness;
          case UPSTREAMS -> this::ofUpstreams;
          case METRICS -> metrics;
          default -> path.startsWith(UPSTREAMS + "/") ? () -> ofUpstream(path) : null;
        };
    if (answer == null) {
      return null;
    }
    return READING.contains(request.method()) ? answer.get() : Answer.notAllowed(READING);
  }

  private Answer readiness() {
    return switch (readiness.state()) {
      case READY -> Answer.text(HttpResponseStatus.OK, "ok\n");
      case STARTING -> Answer.text(HttpResponseStatus.SERVICE_UNAVAILABLE, "starting\n");
      case DRAINING -> Answer.text(HttpResponseStatus.SERVICE_UNAVAILABLE, "draining\n");
    };
  }

  /** Returns the state of each upstream. The status is always 200. */
  private Answer ofUpstreams() {
    Iterator<Upstream> all = upstreams.all().iterator();
    return Answer.json(
        JsonText.pieces(
            new JsonText.Parts() {
              private boolean begun;

              @Override
              public boolean next(JsonGenerator json) throws IOException {
                if (!begun) {
                  begun = true;
                  json.writeArrayFieldStart("upstreams");
                }
                if (!all.hasNext()) {
                  json.writeEndArray();
                  return false;
                }
                LiveUpstream upstream = all.next().live();
                Optional<String> reason = upstream.unreadiness();
                json.writeStartObject();
                json.writeStringField("name", upstream.name());
                json.writeBooleanField("ready", reason.isEmpty());
                json.writeStringField("reason", reason.orElse(null));
                json.writeEndObject();
                return true;
              }
            }));
  }

  private Answer ofUpstream(String path) {
    String name;
    try {
      // A plus in a path is literal.
      String escaped = path.substring(UPSTREAMS.length() + 1).replace("+", "%2B");
      name = QueryStringDecoder.decodeComponent(escaped);
    } catch (IllegalArgumentException e) {
      return Answer.error(HttpResponseStatus.BAD_REQUEST, "the path: " + e.getMessage());
    }
    Upstream upstream;
    try {
      upstream = upstreams.get(name);
    } catch (NoSuchElementException e) {
      return UpstreamWrites.missing(e);
    }
    Optional<String> reason = upstream.live().unreadiness();
    return Answer.json(
        reason.isEmpty() ? HttpResponseStatus.OK : HttpResponseStatus.SERVICE_UNAVAILABLE,
        json -> {
          json.writeStringField("name", name);
          json.writeBooleanField("ready", reason.isEmpty());
          json.writeStringField("reason", reason.orElse(null));
        });
  }
}
