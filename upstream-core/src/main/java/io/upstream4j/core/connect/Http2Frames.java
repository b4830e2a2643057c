package io.upstream4j.core.connect;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;

/** Brings the frames of a connection to its exchanges. */
final class Http2Frames extends Http2FrameAdapter {
  private final Http2Connection connection;

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
  public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings received) {
    connection.noteRead();
    connection.settings(received.maxConcurrentStreams());
  }

  @Override
  public void onPingRead(ChannelHandlerContext ctx, long data) {
    connection.noteRead();
  }

  @Override
  public void onPingAckRead(ChannelHandlerContext ctx, long data) {
    connection.noteRead();
  }
}
