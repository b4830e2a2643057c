package io.upstream4j.distribution.admin;

import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.upstream4j.core.Upstream;
import io.upstream4j.core.Upstreams;
import io.upstream4j.distribution.gateway.Gateway;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Routes requests to the admin address. Called on an event loop, which it never blocks: slow work
 * is done by the worker.
 */
final class AdminRoutes implements AdminResource {
  private static final List<HttpMethod> READING = List.of(HttpMethod.GET, HttpMethod.HEAD);
  private static final List<HttpMethod> POST = List.of(HttpMethod.POST);
  private static final List<HttpMethod> OF_UPSTREAM =
      List.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.PUT, HttpMethod.DELETE);
  private static final String PAGE = "/";
  private static final String THERE_ARE =
      "there are /, /events, "
          + ProbeResource.PATHS
          + ", /upstreams, /upstreams/<name> and, to POST to,"
          + " /upstreams/<name>/refresh and"
          + " /upstreams/<name>/backends/<host:port>/drain, enable, disable and weight";

  private final Upstreams upstreams;
  private final Gateway gateway;
  private final EventLog events;
  private final LongSupplier untold;
  private final AdminLimits limits;
  private final UpstreamWrites writes;
  private final BackendWrites backends;
  private final RecentLatency latency = new RecentLatency();
  private final Executor worker;
  private final ProbeResource probes;

  /**
   * @param untold returns the number of events that a webhook could not deliver
   * @param limits the limits whose refusals are reported
   * @param worker creates slow responses; may reject tasks
   */
  AdminRoutes(
      Upstreams upstreams,
      Gateway gateway,
      EventLog events,
      LongSupplier untold,
      AdminLimits limits,
      Executor worker) {
    this.upstreams = upstreams;
    this.gateway = gateway;
    this.events = events;
    this.untold = untold;
    this.limits = limits;
    this.writes = new UpstreamWrites(upstreams);
    this.backends = new BackendWrites(upstreams);
    this.worker = worker;
    this.probes =
        new ProbeResource(
            new Readiness(upstreams, gateway, System::nanoTime), upstreams, this::metrics);
  }

  /** Returns the resource with liveness, readiness and metrics. */
  ProbeResource probes() {
    return probes;
  }

  /**
   * Returns whether a request needs no token, because the response reveals nothing about the
   * upstreams. The page must be open because a browser cannot send the token before it has the page
   * that asks for it.
   */
  static boolean isOpen(HttpRequest request) {
    String path = path(request);
    return (ProbeResource.isOpen(path) || path.equals(PAGE)) && READING.contains(request.method());
  }

  static String path(HttpRequest request) {
    String uri = request.uri();
    int query = uri.indexOf('?');
    return query < 0 ? uri : uri.substring(0, query);
  }

  @Override
  public CompletionStage<Answer> answer(FullHttpRequest request) {
    if (request.decoderResult().isFailure()) {
      return now(malformed(request.decoderResult().cause()));
    }
    List<String> segments;
    try {
      segments = segments(path(request));
    } catch (IllegalArgumentException e) {
      return now(Answer.error(HttpResponseStatus.BAD_REQUEST, "the path: " + e.getMessage()));
    }
    if (segments.size() == 1) {
      return switch (segments.get(0)) {
        case "" -> when(request, READING, () -> now(page()));
        case "events" -> when(request, READING, () -> now(events(request)));
        case "upstreams" -> when(request, READING, () -> now(all()));
        default -> probe(request);
      };
    }
    return segments.get(0).equals("upstreams") ? ofUpstream(request, segments) : probe(request);
  }

  private CompletionStage<Answer> probe(FullHttpRequest request) {
    Answer answer = probes.find(request);
    return answer == null ? nowhere() : now(answer);
  }

  static Answer malformed(Throwable cause) {
    if (cause instanceof TooLongHttpLineException) {
      return Answer.error(
          HttpResponseStatus.REQUEST_URI_TOO_LONG,
          "the request line is too long (expected: at most " + Admin.MAX_LINE_BYTES + " bytes)");
    }
    if (cause instanceof TooLongHttpHeaderException) {
      return Answer.error(
          HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
          "the head is too large (expected: at most "
              + Admin.MAX_HEAD_BYTES
              + " bytes and "
              + AdminHeaders.MAX_FIELDS
              + " fields)");
    }
    return Answer.error(HttpResponseStatus.BAD_REQUEST, "the request is malformed");
  }

  private CompletionStage<Answer> ofUpstream(FullHttpRequest request, List<String> segments) {
    String name = segments.get(1);
    if (segments.size() == 2) {
      return when(request, OF_UPSTREAM, () -> ofUpstream(request, name));
    }
    if (segments.size() == 3 && segments.get(2).equals("refresh")) {
      return when(request, POST, () -> now(writes.refresh(name)));
    }
    boolean isBackend = segments.size() == 5 && segments.get(2).equals("backends");
    if (!isBackend || !BackendWrites.ACTIONS.contains(segments.get(4))) {
      return nowhere();
    }
    return when(
        request, POST, () -> backends.change(name, segments.get(3), segments.get(4), request));
  }

  private CompletionStage<Answer> ofUpstream(FullHttpRequest request, String name) {
    if (request.method().equals(HttpMethod.PUT)) {
      return later(() -> writes.put(name, request));
    }
    if (request.method().equals(HttpMethod.DELETE)) {
      return later(() -> writes.delete(name));
    }
    return now(writes.get(name));
  }

  private static List<String> segments(String path) {
    if (!path.startsWith("/")) {
      throw new IllegalArgumentException("\"" + path + "\" (expected: a path from /)");
    }
    List<String> segments = new ArrayList<>();
    for (String segment : path.substring(1).split("/", -1)) {
      // A plus in a path is literal.
      segments.add(QueryStringDecoder.decodeComponent(segment.replace("+", "%2B")));
    }
    return segments;
  }

  private static CompletionStage<Answer> when(
      FullHttpRequest request, List<HttpMethod> methods, Supplier<CompletionStage<Answer>> answer) {
    return methods.contains(request.method()) ? answer.get() : now(Answer.notAllowed(methods));
  }

  private static CompletionStage<Answer> now(Answer answer) {
    return CompletableFuture.completedFuture(answer);
  }

  private CompletionStage<Answer> later(Supplier<Answer> answer) {
    try {
      return CompletableFuture.supplyAsync(answer, worker);
    } catch (RejectedExecutionException e) {
      return now(
          Answer.error(
              HttpResponseStatus.SERVICE_UNAVAILABLE, "too much is asked at once; ask again"));
    }
  }

  private static CompletionStage<Answer> nowhere() {
    return now(Answer.error(HttpResponseStatus.NOT_FOUND, THERE_ARE));
  }

  private Answer page() {
    StatusPage page = StatusPage.get();
    return Answer.of(HttpResponseStatus.OK, StatusPage.TYPE, page.html())
        .with("Content-Security-Policy", page.policy());
  }

  /** Returns the events after a number, or all kept ones. */
  private Answer events(FullHttpRequest request) {
    List<String> after =
        new QueryStringDecoder(request.uri()).parameters().getOrDefault("after", List.of("0"));
    try {
      return Answer.json(events.since(Long.parseLong(after.get(0))));
    } catch (NumberFormatException e) {
      return Answer.error(
          HttpResponseStatus.BAD_REQUEST,
          "after: \"" + after.get(0) + "\" (expected: the number of an event)");
    }
  }

  private Answer all() {
    Collection<Upstream> all = upstreams.all();
    return Answer.json(
        StatusJson.of(
            all,
            gateway.stats(),
            untold.getAsLong(),
            () -> latency.look(all.stream().map(Upstream::live).toList(), System.nanoTime())));
  }

  private Answer metrics() {
    return Answer.of(
        Exposition.CONTENT_TYPE,
        new Exposition(
            upstreams.all(),
            new Exposition.Whole(
                gateway.stats(),
                upstreams.configStats(),
                upstreams.droppedEvents(),
                untold.getAsLong(),
                limits.refused())));
  }
}
