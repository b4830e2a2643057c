package io.upstream4j.distribution.gateway;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.upstream4j.core.peer.HttpPeer;
import org.jspecify.annotations.Nullable;

/** Collects the access-log record of a request in progress. Confined to its event loop. */
final class AccessEntry {
  private static final int MAX_ERROR = 1_000; // it may contain a backend's text

  private final AccessSink log;
  private final ForwardHeaders heads;
  private final @Nullable HttpRequest request;
  private final @Nullable String method;
  private final @Nullable String target;
  private final long startedMillis = System.currentTimeMillis();
  private final long started = System.nanoTime();
  private @Nullable String upstream;
  private @Nullable HttpPeer peer;
  private int tries;
  private long sentBytes;
  private @Nullable String error;

  private AccessEntry(AccessSink log, ForwardHeaders heads, @Nullable HttpRequest request) {
    this.log = log;
    this.heads = heads;
    this.request = request;
    this.method = request == null ? null : request.method().name();
    this.target = request == null ? null : request.uri();
  }

  /**
   * Starts an entry when a head was read. Returns null without an access log.
   *
   * @param request null when the head could not be read
   */
  static @Nullable AccessEntry begin(
      @Nullable AccessSink log, ForwardHeaders heads, @Nullable HttpRequest request) {
    return log == null ? null : new AccessEntry(log, heads, request);
  }

  void routed(String name) {
    upstream = name;
  }

  void picked(HttpPeer chosen) {
    peer = chosen;
    tries++;
  }

  /** Records why the request failed; the first reason counts. */
  void failed(String reason) {
    if (error == null) {
      error = reason.length() > MAX_ERROR ? reason.substring(0, MAX_ERROR) : reason;
    }
  }

  void sent(long bytes) {
    sentBytes += bytes;
  }

  /**
   * Writes the record.
   *
   * @param complete whether the response was complete
   */
  void end(int status, boolean complete) {
    HttpHeaders headers = request == null ? null : request.headers();
    log.log(
        new AccessRecord(
            startedMillis,
            System.nanoTime() - started,
            heads.clientAddress(),
            method,
            target,
            request == null ? null : heads.protocol(),
            request == null ? null : heads.host(),
            status,
            sentBytes,
            complete,
            upstream,
            peer == null ? null : peer.backend().endpoint().toString(),
            tries,
            error,
            headers == null ? null : headers.get(HttpHeaderNames.REFERER),
            headers == null ? null : headers.get(HttpHeaderNames.USER_AGENT),
            headers == null ? null : headers.get(TraceParents.TRACEPARENT)));
  }
}
