package io.upstream4j.core.health;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.util.concurrent.Future;
import io.upstream4j.api.spi.ProbeBytes;
import io.upstream4j.api.spi.ProbeReply;
import io.upstream4j.api.spi.ProbeReply.End;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Sends the bytes of a probe, and keeps the beginning of what comes. On the event loop, in a
 * channel that is open already.
 */
final class ProbeTalk extends ChannelInboundHandlerAdapter {
  private static final int FIRST_BYTES = 256;

  private final ProbeBytes bytes;
  private final Duration limit;
  private final CompletableFuture<ProbeReply> done;
  private ByteBuffer answer;
  private @Nullable Future<?> timer;

  ProbeTalk(ProbeBytes bytes, Duration limit, CompletableFuture<ProbeReply> done) {
    this.bytes = bytes;
    this.limit = limit;
    this.done = done;
    this.answer = ByteBuffer.allocate(Math.min(FIRST_BYTES, bytes.maxBytes()));
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // what becomes of the bytes, the answer tells
  public void handlerAdded(ChannelHandlerContext ctx) {
    timer = ctx.executor().schedule(() -> end(ctx, End.TIMED_OUT), limit.toNanos(), NANOSECONDS);
    ByteBuffer content = bytes.content();
    if (content.hasRemaining()) {
      ctx.writeAndFlush(Unpooled.wrappedBuffer(content));
    }
    ctx.read();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf part = (ByteBuf) message;
    try {
      if (!done.isDone()) {
        keep(part);
        judge(ctx);
      }
    } finally {
      part.release();
    }
  }

  private void keep(ByteBuf part) {
    int kept = Math.min(part.readableBytes(), bytes.maxBytes() - answer.position());
    if (kept > answer.remaining()) {
      int size = Math.max(answer.position() + kept, 2 * answer.capacity());
      answer = ByteBuffer.allocate(Math.min(size, bytes.maxBytes())).put(answer.flip());
    }
    int end = answer.position() + kept;
    part.readBytes(answer.limit(end));
    answer.limit(answer.capacity());
  }

  private void judge(ChannelHandlerContext ctx) {
    boolean enough;
    try {
      enough = bytes.isEnough().test(answer());
    } catch (Throwable e) {
      done.completeExceptionally(e); // a third party's code
      close(ctx);
      return;
    }
    if (enough) {
      end(ctx, End.ENOUGH);
    } else if (answer.position() == bytes.maxBytes()) {
      end(ctx, End.FULL);
    }
  }

  private ByteBuffer answer() {
    return answer.duplicate().flip().slice().asReadOnlyBuffer();
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (!done.isDone()) {
      ctx.read();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    end(ctx, End.CLOSED);
    ctx.fireChannelInactive(); // the pool counts the connection
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    // A server that takes no more may have said why: it is read up to the connection's end.
    if (!(event instanceof ChannelOutputShutdownEvent)) {
      ctx.fireUserEventTriggered(event);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    end(ctx, End.CLOSED);
  }

  private void end(ChannelHandlerContext ctx, End why) {
    if (done.complete(new ProbeReply(answer(), why))) {
      close(ctx);
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // channelInactive tells the pool
  private void close(ChannelHandlerContext ctx) {
    Future<?> armed = timer;
    if (armed != null) {
      armed.cancel(false);
    }
    ctx.close();
  }
}
