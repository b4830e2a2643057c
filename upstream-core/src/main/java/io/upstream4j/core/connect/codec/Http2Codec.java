package io.upstream4j.core.connect.codec;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DecoratingHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionDecoder;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2FrameWriter;
import io.netty.handler.codec.http2.DefaultHttp2LocalFlowController;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2PromisedRequestVerifier;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import org.jspecify.annotations.Nullable;

/**
 * Netty's side of an HTTP/2 connection, with bounds on what a peer may make it do, for a client and
 * for a server. Netty keeps some of them for servers only, and lacks others: {@link
 * Http2FloodGuard} and {@link BoundedFields} have those.
 *
 * <p>Each stream's window bounds what is kept for a caller that does not read. The connection's
 * window is filled again at once, or one such caller would stop all the others.
 */
public abstract class Http2Codec extends Http2ConnectionHandler {
  // Frames that continue a head, below 8 KiB each: Netty's own default.
  private static final int MAX_SMALL_CONTINUATIONS = 16;

  // What one stream may send before another has its turn: Netty's own, of 1 KiB, makes sixteen
  // frames of one. The priorities of RFC 7540 are ignored, as RFC 9113 has deprecated them.
  private static final int DATA_CHUNK_BYTES = 16 * 1024;

  private final int connectionWindow;
  private final @Nullable StreamHistory history;

  /**
   * Creates it.
   *
   * @param parts made for the same settings
   * @param connectionWindow how many bytes of all streams may be on their way; from 65,535
   */
  protected Http2Codec(Parts parts, int connectionWindow) {
    super(parts.decoder(), parts.encoder(), parts.settings());
    this.connectionWindow = connectionWindow;
    this.history = parts.history();
    parts.decoder().frameListener(parts.listener());
  }

  /** The two halves of a codec, which Netty's constructor wants to have. */
  protected record Parts(
      Http2ConnectionDecoder decoder,
      Http2ConnectionEncoder encoder,
      Http2Settings settings,
      Http2FrameListener listener,
      @Nullable StreamHistory history) {}

  /**
   * Makes the parts of a codec.
   *
   * @param server whether it is a server's
   * @param settings sent first; the most bytes of a head are among them
   * @param maxFields of one head or trailer section; the rest is dropped, see {@link
   *     BoundedFields#isExceededIn}
   * @param maxResets see {@link Http2FloodGuard}
   * @param listener told of the frames
   */
  protected static Parts parts(
      boolean server,
      Http2Settings settings,
      int maxFields,
      int maxResets,
      Http2FrameListener listener) {
    DefaultHttp2Connection connection = new DefaultHttp2Connection(server, 0);
    connection
        .local()
        .flowController(
            new DefaultHttp2LocalFlowController(
                connection, DefaultHttp2LocalFlowController.DEFAULT_WINDOW_UPDATE_RATIO, true));
    UniformStreamByteDistributor turns = new UniformStreamByteDistributor(connection);
    turns.minAllocationChunk(DATA_CHUNK_BYTES);
    connection.remote().flowController(new DefaultHttp2RemoteFlowController(connection, turns));
    Long maxStreams = settings.maxConcurrentStreams();
    if (maxStreams != null) {
      // At once, not when the peer has acknowledged the settings, which it may never do.
      connection.remote().maxActiveStreams((int) Math.min(maxStreams, Integer.MAX_VALUE));
    }
    StreamHistory history = server ? new StreamHistory(connection) : null;
    Http2FloodGuard guard =
        new Http2FloodGuard(
            new DefaultHttp2FrameReader(
                new BoundedFields.Decoder(maxFields, settings.maxHeaderListSize()),
                MAX_SMALL_CONTINUATIONS),
            maxResets,
            history);
    Http2ConnectionEncoder encoder =
        new Encoder(
            new DefaultHttp2ConnectionEncoder(connection, new DefaultHttp2FrameWriter()), guard);
    DefaultHttp2ConnectionDecoder decoder =
        new DefaultHttp2ConnectionDecoder(
            connection,
            encoder,
            guard,
            Http2PromisedRequestVerifier.ALWAYS_VERIFY,
            true,
            true,
            true,
            server);
    return new Parts(decoder, encoder, settings, listener, history);
  }

  /**
   * Whether a stream is closed that this side reset: frames of it that were on their way are no
   * error of the peer (RFC 9113, 5.1).
   */
  protected final boolean wasReset(int id) {
    return history != null && history.wasReset(id);
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
            connection().connectionStream(), connectionWindow - Http2CodecUtil.DEFAULT_WINDOW_SIZE);
  }

  /** Tells the guard what is sent, and keeps to itself how much memory a peer may have. */
  private static final class Encoder extends DecoratingHttp2ConnectionEncoder {
    private final Http2FloodGuard guard;

    Encoder(Http2ConnectionEncoder encoder, Http2FloodGuard guard) {
      super(encoder);
      this.guard = guard;
    }

    /** A table of compressed fields is as large as the peer allows, but not larger than usual. */
    @Override
    public void remoteSettings(Http2Settings settings) throws Http2Exception {
      Long table = settings.headerTableSize();
      if (table != null && table > Http2CodecUtil.DEFAULT_HEADER_TABLE_SIZE) {
        settings.headerTableSize(Http2CodecUtil.DEFAULT_HEADER_TABLE_SIZE);
      }
      super.remoteSettings(settings);
    }

    @Override
    public ChannelFuture writeData(
        ChannelHandlerContext ctx,
        int id,
        ByteBuf data,
        int padding,
        boolean endOfStream,
        ChannelPromise promise) {
      guard.sent(data.readableBytes());
      return super.writeData(ctx, id, data, padding, endOfStream, promise);
    }

    @Override
    public ChannelFuture writeHeaders(
        ChannelHandlerContext ctx,
        int id,
        Http2Headers headers,
        int padding,
        boolean endOfStream,
        ChannelPromise promise) {
      guard.sent(0);
      return super.writeHeaders(ctx, id, headers, padding, endOfStream, promise);
    }
  }
}
