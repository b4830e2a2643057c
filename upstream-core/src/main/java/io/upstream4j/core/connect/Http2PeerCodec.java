package io.upstream4j.core.connect;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2Settings;
import io.upstream4j.core.connect.codec.Http2Codec;
import io.upstream4j.core.peer.Http2Options;
import io.upstream4j.core.peer.ResponseLimits;
import org.jspecify.annotations.Nullable;

/** The codec of a connection to a peer; it reports what fails to the connection. */
final class Http2PeerCodec extends Http2Codec {
  // A server that does not want the rest of a request resets its stream: RFC 9113, 8.1.
  private static final int MAX_RESETS = 5_000;
  // How long the last words may take when a connection is closed.
  private static final int GOODBYE_MILLIS = 200;

  private final Http2Connection owner;

  Http2PeerCodec(
      Http2Connection owner,
      Http2Options options,
      ResponseLimits responses,
      Http2FrameListener listener) {
    super(
        parts(
            false,
            new Http2Settings()
                .pushEnabled(false)
                .initialWindowSize(options.streamWindowBytes())
                .maxHeaderListSize(responses.bytes()),
            responses.fields(),
            MAX_RESETS,
            listener),
        options.connectionWindowBytes());
    this.owner = owner;
    gracefulShutdownTimeoutMillis(GOODBYE_MILLIS);
  }

  @Override
  protected void onStreamError(
      ChannelHandlerContext ctx,
      boolean outbound,
      Throwable cause,
      Http2Exception.StreamException failure) {
    if (failure.error() == Http2Error.STREAM_CLOSED
        && connection().stream(failure.streamId()) == null) {
      return; // on its way when this side gave the stream up: RFC 9113, 5.1
    }
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
}
