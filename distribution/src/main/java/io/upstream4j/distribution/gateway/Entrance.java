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
 * Lets the clients of one listener in while there are places; the rest wait in the kernel's queue.
 * In the listener's pipeline, confined to its event loop but for {@link #wake}.
 *
 * <p>That a client wants to enter is known only once it was accepted. It is held here, not
 * registered with any loop, until an idle connection was closed for it or another has ended; none
 * is accepted meanwhile.
 */
final class Entrance extends ChannelInboundHandlerAdapter {
  /**
   * What a transport may have accepted already when it is told to stop: one (epoll), 16 (NIO), or
   * as many as came at once (io_uring). Some 2 KiB each; more are closed.
   */
  private static final int MAX_HELD = 64;

  /**
   * While no connection ends, which would free a descriptor: other parts of the process use them,
   * too.
   */
  private static final long LACK_MILLIS = 1_000;

  /** After another failure of one client: so long that a lasting one is no busy loop. */
  private static final long FAILED_MILLIS = 50;

  private final Admission admission;
  private final int units;
  private final Queue<Channel> held = new ArrayDeque<>(2);
  private final AtomicBoolean woken = new AtomicBoolean();
  private @Nullable ChannelHandlerContext context;
  private @Nullable Future<?> pause; // after a failure to accept
  private boolean lacking; // a descriptor or memory
  private boolean waiting;

  /**
   * Creates it for a listener.
   *
   * @param units what each of its clients counts
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
      letHeldIn(); // a place may have become free before this listener counted itself in
    } else {
      admission.counters().refused.increment();
      client.unsafe().closeForcibly();
    }
  }

  private void letIn(Channel client) {
    client.closeFuture().addListener(closed -> admission.leave(units));
    context().fireChannelRead(client);
  }

  /** Nobody is accepted from now on. */
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

  /** A place may be free. Any thread. */
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
    endPause(); // what has ended had a descriptor
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

  /** Not passed on, or Netty would pause a second for any failure, and start again by itself. */
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
   * Whether it is descriptors or memory of which there is no more: a connection less would help.
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
