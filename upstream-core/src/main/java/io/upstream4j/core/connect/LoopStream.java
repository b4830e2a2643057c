package io.upstream4j.core.connect;

import static java.util.Objects.requireNonNull;

import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.util.ReferenceCountUtil;
import io.upstream4j.core.connect.memory.MemoryAccount;
import io.upstream4j.core.peer.PeerException.Failure;
import java.lang.System.Logger;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * A stream whose work is done on one event loop: what is called there is done at once, what is
 * called elsewhere becomes a task of the loop.
 */
abstract class LoopStream implements HttpStream {
  private static final Logger LOG = System.getLogger(LoopStream.class.getName());

  /** Of what other threads wrote and the loop has not come to; more waits until it has. */
  private static final int MAX_HANDED_OVER = 64 * 1024;

  /** Counted for the objects around one part. */
  private static final int PART_BYTES = 256;

  private static final AtomicIntegerFieldUpdater<LoopStream> HANDED_OVER =
      AtomicIntegerFieldUpdater.newUpdater(LoopStream.class, "handedOver");

  final EventLoop loop;
  private volatile int handedOver;
  @Nullable Handler handler; // from begin on
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

  /** Who is charged for what waits. */
  final @Nullable MemoryAccount account() {
    Handler told = handler;
    return told == null ? null : told.account();
  }

  /** Tells the handler a part of the response that is not the last. */
  final void tell(HttpObject part) {
    try {
      requireNonNull(handler).onPart(part);
    } catch (RuntimeException e) {
      handlerFailed(e);
    }
  }

  /** Tells the handler that all is told that was read. */
  final void tellReadComplete() {
    try {
      requireNonNull(handler).onReadComplete();
    } catch (RuntimeException e) {
      handlerFailed(e);
    }
  }

  /** Tells the handler that it may write more. */
  final void tellWritable() {
    Handler told = handler;
    if (takesRequest() && told != null) {
      try {
        told.onWritable();
      } catch (RuntimeException e) {
        handlerFailed(e);
      }
    }
  }

  /**
   * Ends the exchange, here: other exchanges may share the connection, and what was kept for the
   * handler may be delivered by a task, outside of the pipeline.
   */
  private void handlerFailed(RuntimeException e) {
    logFailureOfHandler(e);
    fail(Failure.INTERNAL, "the exchange's handler failed: " + e);
  }

  final void logFailureOfHandler(RuntimeException e) {
    LOG.log(Logger.Level.ERROR, peer() + ": an exchange's handler failed", e);
  }

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

  /** Whether nothing more is told to the handler. */
  abstract boolean isOver();

  /** Whether more of the request may be written. */
  abstract boolean takesRequest();

  abstract void fail(Failure kind, String detail);

  abstract void doFlush();

  abstract void doRead();

  abstract void doCancel();
}
