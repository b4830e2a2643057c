package io.upstream4j.core.connect.codec;

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
 * about those of streams that have ended. Confined to the connection's event loop.
 *
 * <p><b>Control frames</b> (PING, SETTINGS, PRIORITY, WINDOW_UPDATE, RST_STREAM, GOAWAY and unknown
 * ones) are paid for by a credit. It begins full, at {@value #FULL_CREDIT}, grows by {@value
 * #CREDIT_A_SECOND} a second, and with each HEADERS or DATA frame in either direction, by more for
 * DATA that is sent: its receiver answers with a PING to measure the bandwidth (gRPC) and with
 * WINDOW_UPDATE frames, of 4 KiB in Go. A peer that works is therefore never limited, whatever its
 * rate. This is stricter than Netty, which bounds unread answers only, and than nginx, which allows
 * eight bytes of overhead for each byte of payload.
 *
 * <p><b>Bounds</b> beside it: answers that the peer does not read, empty DATA frames in a row, and
 * HEADERS of one stream in a row.
 */
public final class Http2FloodGuard implements Http2FrameReader {
  static final int FULL_CREDIT = 2_000;
  static final int CREDIT_A_SECOND = 100;
  private static final int CREDIT_OF_A_FRAME = 4;
  private static final int SENT_BYTES_PER_CREDIT = 1_024;
  private static final int COST_OF_SETTINGS = 10;
  private static final int MAX_EMPTY_DATA = 10;
  // Of one stream with none of another between: interim responses, a head and trailers.
  private static final int MAX_HEADERS_IN_ROW = 200;
  // Answers to PING and SETTINGS: 1,000 are about 200 KB with what Netty keeps for each.
  private static final int MAX_UNREAD = 1_000;

  private final Http2FrameReader frames;
  private final int maxResets;
  private final @Nullable StreamHistory history; // of a server
  private @Nullable Http2FrameListener guarded;
  private @Nullable Http2FrameListener guard;
  private long credited = System.nanoTime();
  private long credit = FULL_CREDIT;
  private long resetsBegan = credited;
  private int resets; // beyond one for each response
  private int emptyData;
  private int headersStream;
  private int headersInRow;
  private int unread;

  /**
   * Guards the reading of frames.
   *
   * @param maxResets RST_STREAM frames that may come in ten seconds, beyond one for each section of
   *     HEADERS; how a server's answers are counted (RFC 9113, 8.1)
   * @param history of the streams that a client opens; null for a client
   */
  Http2FloodGuard(Http2FrameReader frames, int maxResets, @Nullable StreamHistory history) {
    this.frames = frames;
    this.maxResets = maxResets;
    this.history = history;
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

  /** A frame of HEADERS or DATA is sent. */
  void sent(int bytes) {
    earn(CREDIT_OF_A_FRAME + bytes / SENT_BYTES_PER_CREDIT);
  }

  private void earn(int more) {
    credit = Math.min(FULL_CREDIT, credit + more);
  }

  private void pay(int price, String what) throws Http2Exception {
    credit -= price;
    if (credit < 0) {
      earnTime();
      if (credit < 0) {
        throw calmDown("more control frames (now " + what + ") than requests and data call for");
      }
    }
  }

  private void earnTime() {
    long now = System.nanoTime();
    long earned = (now - credited) * CREDIT_A_SECOND / TimeUnit.SECONDS.toNanos(1);
    if (earned > 0) {
      credited = now;
      credit = Math.min(FULL_CREDIT, credit + earned);
    }
  }

  private static Http2Exception calmDown(String reason) {
    return new Http2Exception(Http2Error.ENHANCE_YOUR_CALM, reason);
  }

  private void checkUnread(ChannelHandlerContext ctx, String what) throws Http2Exception {
    unread = ctx.channel().isWritable() ? 0 : unread + 1;
    if (unread > MAX_UNREAD) {
      throw calmDown(what + " frames whose answers the peer does not read");
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
      throw calmDown("more than " + MAX_HEADERS_IN_ROW + " HEADERS frames of one stream");
    }
    earn(CREDIT_OF_A_FRAME);
    if (history != null) {
      history.headers(id);
    }
  }

  private void checkResets(int id) throws Http2Exception {
    if (history != null) {
      history.reset(id);
    }
    long now = System.nanoTime();
    if (now - resetsBegan > TimeUnit.SECONDS.toNanos(10)) {
      resetsBegan = now;
      resets = 0;
    }
    if (++resets > maxResets) {
      throw calmDown("more than " + maxResets + " RST_STREAM frames in 10 seconds");
    }
  }

  private final class Counting extends Http2FrameListenerDecorator {
    Counting(Http2FrameListener listener) {
      super(listener);
    }

    @Override
    public int onDataRead(
        ChannelHandlerContext ctx, int id, ByteBuf data, int padding, boolean endOfStream)
        throws Http2Exception {
      if (data.isReadable() || endOfStream) {
        emptyData = 0;
        earn(CREDIT_OF_A_FRAME);
      } else if (++emptyData > MAX_EMPTY_DATA) {
        throw calmDown("more than " + MAX_EMPTY_DATA + " empty DATA frames in a row");
      }
      return super.onDataRead(ctx, id, data, padding, endOfStream);
    }

    @Override
    public void onPingRead(ChannelHandlerContext ctx, long data) throws Http2Exception {
      pay(1, "PING");
      checkUnread(ctx, "PING");
      super.onPingRead(ctx, data);
    }

    @Override
    public void onPingAckRead(ChannelHandlerContext ctx, long data) throws Http2Exception {
      pay(1, "PING");
      super.onPingAckRead(ctx, data);
    }

    @Override
    public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings received)
        throws Http2Exception {
      pay(COST_OF_SETTINGS, "SETTINGS");
      checkUnread(ctx, "SETTINGS");
      super.onSettingsRead(ctx, received);
    }

    @Override
    public void onSettingsAckRead(ChannelHandlerContext ctx) throws Http2Exception {
      pay(COST_OF_SETTINGS, "SETTINGS");
      super.onSettingsAckRead(ctx);
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext ctx, int id, long errorCode)
        throws Http2Exception {
      pay(1, "RST_STREAM");
      checkResets(id);
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
      pay(1, "PRIORITY");
      super.onPriorityRead(ctx, id, dependency, weight, exclusive);
    }

    @Override
    public void onWindowUpdateRead(ChannelHandlerContext ctx, int id, int increment)
        throws Http2Exception {
      pay(1, "WINDOW_UPDATE");
      super.onWindowUpdateRead(ctx, id, increment);
    }

    @Override
    public void onGoAwayRead(
        ChannelHandlerContext ctx, int lastStreamId, long errorCode, ByteBuf debugData)
        throws Http2Exception {
      pay(1, "GOAWAY");
      super.onGoAwayRead(ctx, lastStreamId, errorCode, debugData);
    }

    @Override
    public void onUnknownFrame(
        ChannelHandlerContext ctx, byte type, int id, Http2Flags flags, ByteBuf payload)
        throws Http2Exception {
      pay(1, "unknown");
      super.onUnknownFrame(ctx, type, id, flags, payload);
    }
  }
}
