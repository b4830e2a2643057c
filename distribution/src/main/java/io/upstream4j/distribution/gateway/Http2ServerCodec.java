package io.upstream4j.distribution.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.CodecException;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2Settings;
import io.upstream4j.core.config.GatewayLimits;
import io.upstream4j.core.connect.codec.Http2Codec;
import java.lang.System.Logger;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP/2 codec of a client connection. It answers a connection error with GOAWAY and a stream
 * error with RST_STREAM (RFC 9113, section 5.4). Input after a connection error is read and
 * dropped, because closing at once would lose the GOAWAY.
 */
final class Http2ServerCodec extends Http2Codec {
  private static final int LEAST_WINDOW = 65_535; // RFC 9113, section 6.9.2
  private static final int GREATEST_WINDOW = 1 << 30;
  private static final int UNLIMITED = Integer.MAX_VALUE; // Http2Client limits resets instead
  private static final int NO_LIMIT_MILLIS = -1;

  private static final Logger LOG = System.getLogger(Http2ServerCodec.class.getName());

  private final Http2Client owner;
  private boolean failed;

  Http2ServerCodec(Http2Client owner, GatewayLimits limits, Http2FrameListener listener) {
    super(
        parts(
            true,
            new Http2Settings()
                .maxConcurrentStreams(limits.http2Streams())
                .initialWindowSize(limits.http2WindowBytes())
                .connectProtocolEnabled(true) // WebSockets (RFC 8441)
                .maxHeaderListSize(limits.headerBytes()),
            limits.headerFields(),
            UNLIMITED,
            listener),
        connectionWindow(limits));
    this.owner = owner;
    gracefulShutdownTimeoutMillis(NO_LIMIT_MILLIS); // the gateway has its own
  }

  /** Returns a window that is large enough for streams with slow backends not to use it up. */
  private static int connectionWindow(GatewayLimits limits) {
    long all = (long) limits.http2WindowBytes() * limits.http2Streams();
    return (int) Math.max(LEAST_WINDOW, Math.min(all, GREATEST_WINDOW));
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    if (failed) {
      in.skipBytes(in.readableBytes());
    } else {
      super.decode(ctx, in, out);
    }
  }

  @Override
  protected void onStreamError(
      ChannelHandlerContext ctx,
      boolean outbound,
      Throwable cause,
      Http2Exception.StreamException failure) {
    if (failure.error() == Http2Error.STREAM_CLOSED && wasReset(failure.streamId())) {
      return;
    }
    super.onStreamError(ctx, outbound, cause, failure);
    owner.streamFailed();
  }

  @Override
  protected void onConnectionError(
      ChannelHandlerContext ctx,
      boolean outbound,
      Throwable cause,
      @Nullable Http2Exception failure) {
    Http2Error error = failure == null ? Http2Error.INTERNAL_ERROR : failure.error();
    boolean ours = cause instanceof RuntimeException && !(cause instanceof CodecException);
    if (failure == null && ours) {
      LOG.log(Logger.Level.ERROR, "a client's connection of HTTP/2 failed", cause);
    }
    String detail = failure == null ? "the gateway failed" : String.valueOf(failure.getMessage());
    fail(ctx, error == Http2Error.NO_ERROR ? Http2Error.INTERNAL_ERROR : error, detail);
  }

  /** Sends GOAWAY with the error and a reason, and ends the connection. */
  void fail(ChannelHandlerContext ctx, Http2Error error, String detail) {
    if (failed) {
      return;
    }
    failed = true;
    ChannelFuture said =
        goAway(
            ctx,
            connection().remote().lastStreamCreated(),
            error.code(),
            ByteBufUtil.writeUtf8(ctx.alloc(), detail),
            ctx.newPromise());
    ctx.flush();
    owner.failed(said);
  }
}
