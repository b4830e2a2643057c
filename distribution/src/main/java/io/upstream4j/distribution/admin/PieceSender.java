package io.upstream4j.distribution.admin;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufOutputStream;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Sends a response whose body is created in pieces: the worker creates a piece, the connection's
 * event loop sends it, and the next piece is created once the connection accepts more. A body of
 * one piece is sent with its length. Confined to that loop, except for creating pieces.
 *
 * <p>The memory is bounded by what a connection may hold before writing pauses ({@link
 * Admin#MAX_UNSENT_BYTES}) and one piece: a few hundred kilobytes, however large the body is and
 * however slowly it is read.
 */
final class PieceSender {
  /** The size of a piece, which one unit of the body may exceed. */
  static final int PIECE_BYTES = 32 * 1024;

  /** Receives the result, on the connection's event loop. */
  interface End {
    /** Called when all was written. */
    void sent();

    /** Called when nothing was written, so that another response can be sent. */
    void failed(Throwable cause);
  }

  private static final Logger LOG = System.getLogger(PieceSender.class.getName());

  private final ChannelHandlerContext context;
  private final Executor worker;
  private final Answer answer;
  private final Pieces pieces;
  private final HttpVersion version;
  private final End end;
  private boolean making;
  private boolean begun;
  private boolean ended;

  /**
   * Creates a sender, without starting it.
   *
   * @param worker may reject tasks
   * @param version the version of the request
   * @param end not called when the connection ends first
   */
  PieceSender(
      ChannelHandlerContext context, Executor worker, Answer answer, HttpVersion version, End end) {
    this.context = context;
    this.worker = worker;
    this.answer = answer;
    this.pieces = requireNonNull(answer.pieces(), "pieces");
    this.version = version;
    this.end = end;
  }

  /**
   * Creates the next piece, unless one is being created or the connection accepts no more for now.
   */
  void proceed() {
    assert context.executor().inEventLoop();
    if (making || ended || !context.channel().isWritable() || !context.channel().isActive()) {
      return;
    }
    making = true;
    try {
      worker.execute(this::make);
    } catch (RejectedExecutionException e) {
      fail(e);
    }
  }

  private void make() {
    ByteBuf piece = context.alloc().buffer(PIECE_BYTES);
    boolean more = true;
    try (ByteBufOutputStream out = new ByteBufOutputStream(piece)) {
      while (more && piece.readableBytes() < PIECE_BYTES) {
        more = pieces.next(out);
      }
    } catch (IOException | RuntimeException e) {
      piece.release();
      onLoop(() -> fail(e), null);
      return;
    }
    boolean last = !more;
    onLoop(() -> send(piece, last), piece);
  }

  private void onLoop(Runnable step, @Nullable ByteBuf piece) {
    try {
      context.executor().execute(step);
    } catch (RejectedExecutionException e) { // the loop and its connections have terminated
      if (piece != null) {
        piece.release();
      }
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // a failure closes the connection
  private void send(ByteBuf piece, boolean last) {
    making = false;
    ended = last;
    if (!begun && last) {
      context.write(answer.whole(piece));
    } else {
      if (!begun) {
        context.write(answer.head(version));
      }
      context.write(new DefaultHttpContent(piece)); // released if the connection has ended
      if (last) {
        context.write(LastHttpContent.EMPTY_LAST_CONTENT);
      }
    }
    begun = true;
    context.flush();
    if (last) {
      end.sent();
    } else {
      proceed();
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the connection ends
  private void fail(Exception cause) {
    ended = true;
    if (!begun) {
      end.failed(cause);
    } else if (context.channel().isActive()) { // only closing shows that data is missing
      LOG.log(Level.ERROR, "an admin response failed", cause);
      context.close();
    }
  }
}
