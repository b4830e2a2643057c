package io.upstream4j.core.connect;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Brings the frames of a connection to its exchanges, and counts those that may come in floods. */
final class Http2Frames extends Http2FrameAdapter {
  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);
  // In such a window; gRPC's servers send some PINGs a second to measure the bandwidth.
  private static final int MAX_PINGS = 1_000;
  private static final int MAX_SETTINGS = 100;
  private static final int MAX_OTHERS = 10_000;

  private final Http2Connection connection;
  private long windowBegan = System.nanoTime();
  private int pings;
  private int settings;
  private int others;

  Http2Frames(Http2Connection connection) {
    this.connection = connection;
  }

  @Override
  public int onDataRead(
      ChannelHandlerContext ctx, int id, ByteBuf data, int padding, boolean endOfStream) {
    connection.noteRead();
    int length = data.readableBytes();
    Http2Exchange exchange = connection.exchange(id);
    if (exchange == null || exchange.receivedData(data, endOfStream)) {
      return length + padding;
    }
    return padding;
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx,
      int id,
      Http2Headers headers,
      int streamDependency,
      short weight,
      boolean exclusive,
      int padding,
      boolean endOfStream) {
    onHeadersRead(ctx, id, headers, padding, endOfStream);
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext ctx, int id, Http2Headers headers, int padding, boolean endOfStream) {
    connection.noteRead();
    Http2Exchange exchange = connection.exchange(id);
    if (exchange != null) {
      exchange.receivedHeaders(headers, endOfStream);
    }
  }

  @Override
  public void onRstStreamRead(ChannelHandlerContext ctx, int id, long errorCode) {
    connection.noteRead();
    Http2Exchange exchange = connection.exchange(id);
    if (exchange != null) {
      exchange.reset(errorCode);
    }
  }

  @Override
  public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings received)
      throws Http2Exception {
    startWindow();
    check(++settings, MAX_SETTINGS, "SETTINGS");
    connection.settings(received.maxConcurrentStreams());
  }

  @Override
  public void onPingRead(ChannelHandlerContext ctx, long data) throws Http2Exception {
    startWindow();
    check(++pings, MAX_PINGS, "PING");
  }

  @Override
  public void onPingAckRead(ChannelHandlerContext ctx, long data) throws Http2Exception {
    startWindow();
    check(++pings, MAX_PINGS, "PING");
  }

  @Override
  public void onPriorityRead(
      ChannelHandlerContext ctx, int id, int dependency, short weight, boolean exclusive)
      throws Http2Exception {
    startWindow();
    check(++others, MAX_OTHERS, "PRIORITY");
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // the connection is being closed
  public void onUnknownFrame(
      ChannelHandlerContext ctx, byte type, int id, Http2Flags flags, ByteBuf payload) {
    startWindow();
    if (++others > MAX_OTHERS) {
      connection.connectionFailed("too many frames of an unknown type");
      connection.close();
    }
  }

  private void startWindow() {
    connection.noteRead();
    long now = System.nanoTime();
    if (now - windowBegan > WINDOW_NANOS) {
      windowBegan = now;
      pings = 0;
      settings = 0;
      others = 0;
    }
  }

  private static void check(int count, int limit, String what) throws Http2Exception {
    if (count > limit) {
      throw Http2Exception.connectionError(
          Http2Error.ENHANCE_YOUR_CALM,
          "more than %s %s frames in 10 seconds",
          (@Nullable Object) limit,
          what);
    }
  }
}
