package io.upstream4j.core.connect;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2FrameReader;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads frames, and ends a connection that brings more than its share of those that cost much to
 * read and little to send. It counts before anything else sees a frame, as the codec is silent
 * about those of streams that have ended.
 */
final class Http2FloodGuard implements Http2FrameReader {
  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);
  // In such a window; gRPC's servers send some PINGs a second to measure the bandwidth.
  private static final int MAX_PINGS = 1_000;
  private static final int MAX_SETTINGS = 100;
  private static final int MAX_RESETS = 5_000; // beside one for each answer: RFC 9113, 8.1
  private static final int MAX_OTHERS = 10_000;
  // Of one stream with none of another between: interim responses, a head and trailers.
  private static final int MAX_HEADERS_IN_ROW = 2 * Http1Exchange.MAX_INTERIMS;
  // Answers to these that the peer has not read.
  private static final int MAX_UNREAD = 100;

  private final Http2FrameReader frames;
  private @Nullable Http2FrameListener guarded;
  private @Nullable Http2FrameListener guard;
  private long windowBegan = System.nanoTime();
  private int pings;
  private int settings;
  private int resets; // beyond one for each answer
  private int others;
  private int headersStream;
  private int headersInRow;
  private int unread;

  Http2FloodGuard(Http2FrameReader frames) {
    this.frames = frames;
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // the very listener that was wrapped
  public void readFrame(ChannelHandlerContext ctx, ByteBuf input, Http2FrameListener listener)
      throws Http2Exception {
    Http2FrameListener counting = guard;
    if (guarded != listener || counting == null) {
      counting = new Counting(listener);
      guarded = listener;
      guard = counting;
    }
    frames.readFrame(ctx, input, counting);
  }

  @Override
  public Configuration configuration() {
    return frames.configuration();
  }

  @Override
  public void close() {
    frames.close();
  }

  private void startWindow() {
    long now = System.nanoTime();
    if (now - windowBegan > WINDOW_NANOS) {
      windowBegan = now;
      pings = 0;
      settings = 0;
      resets = 0;
      others = 0;
    }
  }

  private static void check(int count, int limit, String what) throws Http2Exception {
    if (count > limit) {
      throw new Http2Exception(
          Http2Error.ENHANCE_YOUR_CALM,
          "more than " + limit + " " + what + " frames in 10 seconds");
    }
  }

  private void checkUnread(ChannelHandlerContext ctx, String what) throws Http2Exception {
    unread = ctx.channel().isWritable() ? 0 : unread + 1;
    if (unread > MAX_UNREAD) {
      throw new Http2Exception(
          Http2Error.ENHANCE_YOUR_CALM, what + " frames whose answers the peer does not read");
    }
  }

  private void checkHeaders(int id) throws Http2Exception {
    if (id == headersStream) {
      headersInRow++;
    } else {
      headersStream = id;
      headersInRow = 1;
      resets--;
    }
    if (headersInRow > MAX_HEADERS_IN_ROW) {
      throw new Http2Exception(
          Http2Error.ENHANCE_YOUR_CALM,
          "more than " + MAX_HEADERS_IN_ROW + " HEADERS frames of one stream");
    }
  }

  private final class Counting extends Http2FrameListenerDecorator {
    Counting(Http2FrameListener listener) {
      super(listener);
    }

    @Override
    public void onPingRead(ChannelHandlerContext ctx, long data) throws Http2Exception {
      startWindow();
      check(++pings, MAX_PINGS, "PING");
      checkUnread(ctx, "PING");
      super.onPingRead(ctx, data);
    }

    @Override
    public void onPingAckRead(ChannelHandlerContext ctx, long data) throws Http2Exception {
      startWindow();
      check(++pings, MAX_PINGS, "PING");
      super.onPingAckRead(ctx, data);
    }

    @Override
    public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings received)
        throws Http2Exception {
      startWindow();
      check(++settings, MAX_SETTINGS, "SETTINGS");
      checkUnread(ctx, "SETTINGS");
      super.onSettingsRead(ctx, received);
    }

    @Override
    public void onSettingsAckRead(ChannelHandlerContext ctx) throws Http2Exception {
      startWindow();
      check(++settings, MAX_SETTINGS, "SETTINGS");
      super.onSettingsAckRead(ctx);
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext ctx, int id, long errorCode)
        throws Http2Exception {
      startWindow();
      check(++resets, MAX_RESETS, "RST_STREAM");
      super.onRstStreamRead(ctx, id, errorCode);
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx, int id, Http2Headers headers, int padding, boolean endOfStream)
        throws Http2Exception {
      checkHeaders(id);
      super.onHeadersRead(ctx, id, headers, padding, endOfStream);
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx,
        int id,
        Http2Headers headers,
        int dependency,
        short weight,
        boolean exclusive,
        int padding,
        boolean endOfStream)
        throws Http2Exception {
      checkHeaders(id);
      super.onHeadersRead(ctx, id, headers, dependency, weight, exclusive, padding, endOfStream);
    }

    @Override
    public void onPriorityRead(
        ChannelHandlerContext ctx, int id, int dependency, short weight, boolean exclusive)
        throws Http2Exception {
      startWindow();
      check(++others, MAX_OTHERS, "PRIORITY");
      super.onPriorityRead(ctx, id, dependency, weight, exclusive);
    }

    @Override
    public void onUnknownFrame(
        ChannelHandlerContext ctx, byte type, int id, Http2Flags flags, ByteBuf payload)
        throws Http2Exception {
      startWindow();
      check(++others, MAX_OTHERS, "unknown");
      super.onUnknownFrame(ctx, type, id, flags, payload);
    }
  }
}
