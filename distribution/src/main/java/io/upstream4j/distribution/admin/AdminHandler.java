package io.upstream4j.distribution.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.upstream4j.core.Upstream;
import io.upstream4j.core.UpstreamStats;
import io.upstream4j.core.Upstreams;
import io.upstream4j.distribution.gateway.Gateway;
import java.time.Duration;
import java.util.List;
import java.util.NoSuchElementException;

/** Answers the requests of one connection to the admin address. */
final class AdminHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
  private static final String PLAIN = "text/plain; charset=utf-8";
  private static final String JSON = "application/json";

  private static final List<String> READ = List.of("/upstreams", "/metrics", "/healthz");
  private static final String UPSTREAM = "/upstreams/";
  private static final String REFRESH = "/refresh";
  private static final List<HttpMethod> READING = List.of(HttpMethod.GET, HttpMethod.HEAD);
  private static final List<HttpMethod> POST = List.of(HttpMethod.POST);

  private final Upstreams upstreams;
  private final Gateway gateway;

  AdminHandler(Upstreams upstreams, Gateway gateway) {
    this.upstreams = upstreams;
    this.gateway = gateway;
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // failures come to exceptionCaught
  protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request)
      throws InterruptedException {
    boolean head = request.method().equals(HttpMethod.HEAD);
    FullHttpResponse response = answer(request);
    response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes());
    response.headers().set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE);
    if (head) {
      response.content().clear();
    }
    if (request.decoderResult().isFailure()) {
      response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
    context.writeAndFlush(response);
  }

  private FullHttpResponse answer(FullHttpRequest request) throws InterruptedException {
    if (request.decoderResult().isFailure()) {
      return text(HttpResponseStatus.BAD_REQUEST, "the request is malformed\n");
    }
    String uri = request.uri();
    int query = uri.indexOf('?');
    String path = query < 0 ? uri : uri.substring(0, query);
    if (path.startsWith(UPSTREAM) && path.endsWith(REFRESH)) {
      return allows(request, POST) ? refresh(path) : notAllowed(POST);
    }
    if (!READ.contains(path)) {
      return text(
          HttpResponseStatus.NOT_FOUND,
          "there are " + String.join(", ", READ) + " and, to POST to, /upstreams/<name>/refresh\n");
    }
    if (!allows(request, READING)) {
      return notAllowed(READING);
    }
    if (path.equals("/upstreams")) {
      return response(
          HttpResponseStatus.OK, JSON, StatusJson.write(upstreams.all(), gateway.stats()));
    }
    if (path.equals("/metrics")) {
      List<UpstreamStats> stats = upstreams.all().stream().map(Upstream::stats).toList();
      return response(
          HttpResponseStatus.OK, Exposition.CONTENT_TYPE, Exposition.write(stats, gateway.stats()));
    }
    if (gateway.isDraining()) {
      return text(HttpResponseStatus.SERVICE_UNAVAILABLE, "draining\n");
    }
    if (!upstreams.awaitReady(Duration.ZERO)) {
      return text(
          HttpResponseStatus.SERVICE_UNAVAILABLE,
          "not ready\n" + String.join("\n", upstreams.unready()) + "\n");
    }
    return text(HttpResponseStatus.OK, "ok\n");
  }

  private FullHttpResponse refresh(String path) {
    String name = path.substring(UPSTREAM.length(), path.length() - REFRESH.length());
    try {
      upstreams.get(QueryStringDecoder.decodeComponent(name)).refresh();
    } catch (NoSuchElementException | IllegalArgumentException e) {
      return text(HttpResponseStatus.NOT_FOUND, e.getMessage() + "\n");
    }
    return text(HttpResponseStatus.ACCEPTED, "the discovery is asked again\n");
  }

  private static boolean allows(FullHttpRequest request, List<HttpMethod> methods) {
    return methods.contains(request.method());
  }

  private static FullHttpResponse notAllowed(List<HttpMethod> methods) {
    String allowed = String.join(", ", methods.stream().map(HttpMethod::name).toList());
    FullHttpResponse refusal =
        text(HttpResponseStatus.METHOD_NOT_ALLOWED, "answered are: " + allowed + "\n");
    refusal.headers().set(HttpHeaderNames.ALLOW, allowed);
    return refusal;
  }

  private static FullHttpResponse text(HttpResponseStatus status, String text) {
    return response(status, PLAIN, text.getBytes(UTF_8));
  }

  private static FullHttpResponse response(HttpResponseStatus status, String type, byte[] body) {
    FullHttpResponse response =
        new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(body));
    response.headers().set(HttpHeaderNames.CONTENT_TYPE, type);
    return response;
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // nobody waits for the end
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close(); // a connection that was reset, or idle for too long
  }
}
