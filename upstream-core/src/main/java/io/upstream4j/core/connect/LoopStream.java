package io.upstream4j.core.connect;

import static java.util.Objects.requireNonNull;

import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * A stream whose work is done on one event loop: what is called there is done at once, what is
 * called elsewhere becomes a task of the loop.
 */
abstract class LoopStream implements HttpStream {
  /** Of what other threads wrote and the loop has not come to; more waits until it has. */
  private static final int MAX_HANDED_OVER = 64 * 1024;

  /** Counted for the objects around one part. */
  private static final int PART_BYTES = 256;

  private static final AtomicIntegerFieldUpdater<LoopStream> HANDED_OVER =
      AtomicIntegerFieldUpdater.newUpdater(LoopStream.class, "handedOver");

  final EventLoop loop;
  private volatile int handedOver;
  private @Nullable Interims interims; // most responses have none

  LoopStream(EventLoop loop) {
    this.loop = loop;
  }

  @Override
  public final EventLoop eventLoop() {
    return loop;
  }

  @Override
  public final void begin(HttpRequest head, Handler told) {
    requireNonNull(told, "handler");
    long bodyLength;
    try {
      bodyLength = RequestFraming.bodyLength(head);
    } catch (IllegalArgumentException e) {
      ReferenceCountUtil.release(head);
      cancel();
      throw e;
    }
    if (loop.inEventLoop()) {
      doBegin(head, bodyLength, told);
    } else {
      execute(() -> doBegin(head, bodyLength, told), head);
    }
  }

  @Override
  public final void write(HttpContent part) {
    if (loop.inEventLoop()) {
      doWrite(part);
    } else {
      int bytes = part.content().readableBytes() + PART_BYTES;
      HANDED_OVER.addAndGet(this, bytes);
      execute(() -> take(part, bytes), part);
    }
  }

  private void take(HttpContent part, int bytes) {
    boolean wasFull = HANDED_OVER.getAndAdd(this, -bytes) > MAX_HANDED_OVER;
    doWrite(part);
    if (wasFull && handedOver <= MAX_HANDED_OVER) {
      tellWritable();
    }
  }

  @Override
  public final boolean isWritable() {
    return handedOver <= MAX_HANDED_OVER && doIsWritable();
  }

  @Override
  public final void flush() {
    if (loop.inEventLoop()) {
      doFlush();
    } else {
      execute(this::doFlush, null);
    }
  }

  @Override
  public final void read() {
    if (loop.inEventLoop()) {
      doRead();
    } else {
      execute(this::doRead, null);
    }
  }

  @Override
  public final void cancel() {
    if (loop.inEventLoop()) {
      doCancel();
    } else {
      execute(this::doCancel, null);
    }
  }

  private void execute(Runnable task, @Nullable Object message) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) {
      // The connector was closed, and the handler told so.
      ReferenceCountUtil.release(message);
    }
  }

  /**
   * Sends the head.
   *
   * @param bodyLength of {@link RequestFraming#bodyLength}
   */
  abstract void doBegin(HttpRequest head, long bodyLength, Handler told);

  /** Whether one more interim response may come. */
  final boolean admitsInterim(HttpResponse interim) {
    Interims counted = interims;
    if (counted == null) {
      counted = interims = new Interims();
    }
    return counted.admits(interim);
  }

  abstract void doWrite(HttpContent part);

  /** Whether the peer takes the request as fast as it is written. Any thread. */
  abstract boolean doIsWritable();

  /** Tells the handler that it may write more. */
  abstract void tellWritable();

  /** Whether nothing more is told to the handler. */
  abstract boolean isOver();

  /** Tells the handler a part of the response that is not the last. */
  abstract void tell(HttpObject part);

  abstract void doFlush();

  abstract void doRead();

  abstract void doCancel();
}
