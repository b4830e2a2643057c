package io.upstream4j.distribution.gateway;

import static java.util.Objects.requireNonNull;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import io.upstream4j.core.connect.OpenFiles;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Admits the clients of one listener while there are places; others wait in the kernel's queue.
 * Handler in the listener's pipeline, confined to its event loop except for {@link #wake}.
 *
 * <p>A waiting client is only noticed once it was accepted. It is kept here without being
 * registered with an event loop until a place is free, and no further clients are accepted
 * meanwhile.
 */
final class Entrance extends ChannelInboundHandlerAdapter {
  /**
   * A transport may have accepted several clients before it is told to stop: 1 (epoll), 16 (NIO) or
   * all that are ready (io_uring). Each takes about 2 KiB; clients above the limit are closed.
   */
  private static final int MAX_HELD = 64;

  /**
   * The pause after running out of descriptors. Ends early when a connection ends; other parts of
   * the process also release descriptors.
   */
  private static final long LACK_MILLIS = 1_000;

  /**
   * The pause after another failure to accept, so that a lasting failure does not cause a busy
   * loop.
   */
  private static final long FAILED_MILLIS = 50;

  private final Admission admission;
  private final int units;
  private final Queue<Channel> held = new ArrayDeque<>(2);
  private final AtomicBoolean woken = new AtomicBoolean();
  private @Nullable ChannelHandlerContext context;
  private @Nullable Future<?> pause; // after a failure to accept
  private boolean lacking; // of a descriptor or of memory
  private boolean waiting;

  /**
   * Creates the entrance of a listener.
   *
   * @param units the units of each of its clients
   */
  Entrance(Admission admission, int units) {
    this.admission = admission;
    this.units = units;
  }

  private ChannelHandlerContext context() {
    return requireNonNull(context, "context");
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
    admission.add(this);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    Channel client = (Channel) message;
    if (held.isEmpty() && admission.enter(units)) {
      letIn(client);
    } else if (held.size() < MAX_HELD) {
      held.add(client);
      admission.limitReached();
      stop();
      admission.makeRoom();
      letHeldIn(); // a place may have become free before this listener counted itself as waiting
    } else {
      admission.counters().refused.increment();
      client.unsafe().closeForcibly();
    }
  }

  private void letIn(Channel client) {
    client.closeFuture().addListener(closed -> admission.leave(units));
    context().fireChannelRead(client);
  }

  /** Stops accepting clients. */
  private void stop() {
    if (!waiting) {
      waiting = true;
      admission.counters().acceptPauses.increment();
      admission.beginWaiting();
      context().channel().config().setAutoRead(false);
    }
  }

  private void letHeldIn() {
    while (!held.isEmpty() && admission.enter(units)) {
      admission.roomMade();
      letIn(held.remove());
    }
    if (held.isEmpty() && pause == null && waiting) {
      waiting = false;
      admission.endWaiting();
      context().channel().config().setAutoRead(true);
    }
  }

  /** Called by any thread when a place may be free. */
  void wake() {
    if (woken.compareAndSet(false, true)) {
      Channel listener = context().channel();
      if (!listener.eventLoop().isShuttingDown()) {
        listener.eventLoop().execute(this::goOn);
      }
    }
  }

  private void goOn() {
    woken.set(false);
    endPause(); // an ended connection has released a descriptor
    letHeldIn();
  }

  private void endPause() {
    Future<?> due = pause;
    if (due != null) {
      pause = null;
      due.cancel(false);
    }
    if (lacking) {
      lacking = false;
      admission.roomMade();
    }
  }

  /**
   * Does not propagate the exception. Netty would pause for one second after any failure, and
   * resume by itself.
   */
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    boolean lack = isLack(cause);
    admission.acceptFailed(
        OpenFiles.ranOut(cause) ? OpenFiles.ranOutText() : String.valueOf(cause.getMessage()));
    stop();
    endPause();
    pause =
        ctx.executor()
            .schedule(this::goOn, lack ? LACK_MILLIS : FAILED_MILLIS, TimeUnit.MILLISECONDS);
    if (lack) {
      lacking = true;
      admission.makeRoom();
    }
  }

  /**
   * Returns whether the process ran out of descriptors or memory, so that closing a connection
   * would help.
   */
  private static boolean isLack(Throwable cause) {
    String message = String.valueOf(cause.getMessage());
    return OpenFiles.ranOut(cause)
        || cause instanceof OutOfMemoryError
        || message.contains("Cannot allocate memory")
        || message.contains("No buffer space available");
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    admission.remove(this);
    endPause();
    for (Channel client : held) {
      admission.roomMade();
      client.unsafe().closeForcibly();
    }
    held.clear();
    if (waiting) {
      waiting = false;
      admission.endWaiting();
    }
    ctx.fireChannelInactive();
  }
}
