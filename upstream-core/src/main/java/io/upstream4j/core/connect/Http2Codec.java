package io.upstream4j.core.connect;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionDecoder;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2FrameWriter;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2LocalFlowController;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Settings;
import io.upstream4j.core.peer.Http2Options;
import org.jspecify.annotations.Nullable;

/**
 * Netty's side of an HTTP/2 connection, with bounds on what a peer may make it do. Netty leaves
 * some of them off for clients ({@link Http2FloodGuard} has those), and has others of its own: two
 * empty DATA frames in a row.
 *
 * <p>Each stream's window bounds what is kept for a caller that does not read. The connection's
 * window is filled again at once, or one such caller would stop all the others.
 */
final class Http2Codec extends Http2ConnectionHandler {
  private static final int MAX_HEADERS = 64 * 1024;
  private static final int MAX_SMALL_CONTINUATIONS = 16;
  // How long the last words may take when a connection is closed.
  private static final int GOODBYE_MILLIS = 200;

  private final Http2Connection owner;
  private final Http2Options options;

  private Http2Codec(
      Http2Connection owner,
      Http2Options options,
      Http2ConnectionDecoder decoder,
      Http2ConnectionEncoder encoder,
      Http2Settings settings) {
    super(decoder, encoder, settings);
    this.owner = owner;
    this.options = options;
  }

  static Http2Codec create(
      Http2Connection owner, Http2Options options, Http2FrameAdapter listener) {
    return new Builder(owner, options, listener).build();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
    super.handlerAdded(ctx);
    if (ctx.channel().isActive()) {
      widen();
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) throws Exception {
    super.channelActive(ctx);
    widen();
    flush(ctx);
  }

  private void widen() throws Http2Exception {
    connection()
        .local()
        .flowController()
        .incrementWindowSize(
            connection().connectionStream(),
            options.connectionWindowBytes() - Http2CodecUtil.DEFAULT_WINDOW_SIZE);
  }

  @Override
  protected void onStreamError(
      ChannelHandlerContext ctx,
      boolean outbound,
      Throwable cause,
      Http2Exception.StreamException failure) {
    owner.streamFailed(failure.streamId(), message(failure));
    super.onStreamError(ctx, outbound, cause, failure);
  }

  @Override
  protected void onConnectionError(
      ChannelHandlerContext ctx,
      boolean outbound,
      Throwable cause,
      @Nullable Http2Exception failure) {
    owner.connectionFailed(message(failure == null ? cause : failure));
    Http2Exception known =
        failure != null && failure.error() != Http2Error.NO_ERROR
            ? failure
            : new Http2Exception(Http2Error.INTERNAL_ERROR, cause.getMessage(), cause);
    super.onConnectionError(ctx, outbound, cause, known);
  }

  private static String message(Throwable cause) {
    return String.valueOf(cause.getMessage());
  }

  private static final class Builder
      extends AbstractHttp2ConnectionHandlerBuilder<Http2Codec, Builder> {
    private final Http2Connection owner;
    private final Http2Options options;

    Builder(Http2Connection owner, Http2Options options, Http2FrameAdapter listener) {
      this.owner = owner;
      this.options = options;
      DefaultHttp2Connection connection = new DefaultHttp2Connection(false, 0);
      connection
          .local()
          .flowController(
              new DefaultHttp2LocalFlowController(
                  connection, DefaultHttp2LocalFlowController.DEFAULT_WINDOW_UPDATE_RATIO, true));
      Http2ConnectionEncoder encoder =
          new DefaultHttp2ConnectionEncoder(connection, new DefaultHttp2FrameWriter());
      // Netty takes what is given a codec for a server, and its limit for resets is that of one.
      decoderEnforceMaxRstFramesPerWindow(0, 0);
      codec(
          new DefaultHttp2ConnectionDecoder(
              connection,
              encoder,
              new Http2FloodGuard(
                  new DefaultHttp2FrameReader(
                      new DefaultHttp2HeadersDecoder(true, MAX_HEADERS), MAX_SMALL_CONTINUATIONS))),
          encoder);
      frameListener(listener);
      initialSettings(
          new Http2Settings()
              .pushEnabled(false)
              .initialWindowSize(options.streamWindowBytes())
              .maxHeaderListSize(MAX_HEADERS));
      gracefulShutdownTimeoutMillis(GOODBYE_MILLIS);
    }

    @Override
    protected Http2Codec build() {
      return super.build();
    }

    @Override
    protected Http2Codec build(
        Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
      return new Http2Codec(owner, options, decoder, encoder, settings);
    }
  }
}
